"""What a work order is about: a fault, a silent device, a trouble, an alarm, a device, a place.

A matter has a key that stays the same when the fault comes again: ``fault/centre/police``,
``missed/button-3``, ``trouble/button-3/1/7/0`` (zone, kind, detail). That of an alarm has its
number.
"""

from typing import Final

import msgspec

from callpoint_console.site_map import SiteMap
from callpoint_console.words.page_words import PageWords
from callpoint_gateway.alarms.situation import Situation, Trouble
from callpoint_protocol import names

FAULT: Final = "fault"
MISSED: Final = "missed"
TROUBLE: Final = "trouble"
ALARM: Final = "alarm"
DEVICE: Final = "device"
PLACE: Final = "place"
#: Matters of these end by themselves: the gateway says when.
_ENDING: Final = (FAULT, MISSED, TROUBLE)


class Matter(msgspec.Struct, frozen=True, kw_only=True):
    """One matter. ``place``: the id of its place, or the text of an area; "" for the whole site.

    ``since_ms``: since when it lasts (Unix ms); None if that is not known. ``gone``: it is over.
    """

    key: str
    device: str = ""
    zone: int = 0
    kind: int = 0
    place: str = ""
    since_ms: int | None = None
    gone: bool = False

    @property
    def sort(self) -> str:
        """What sort of matter it is: ``FAULT`` to ``PLACE``."""
        return self.key.partition("/")[0]

    @property
    def ends(self) -> bool:
        """Whether the gateway says when it is over."""
        return self.sort in _ENDING


def matters_of(situation: Situation, site: SiteMap) -> dict[str, Matter]:
    """Return by its key every fault that lasts, every silent device and trouble."""
    found = [
        Matter(key=fault_key(fault.source), since_ms=fault.since_ms) for fault in situation.faults
    ]
    found += [
        Matter(
            key=missed_key(missed.device),
            device=missed.device,
            place=site.place_of(missed.device),
            since_ms=missed.since_ms,
        )
        for missed in situation.missed
    ]
    found += [
        Matter(
            key=trouble_key(trouble),
            device=trouble.device,
            zone=trouble.zone,
            kind=trouble.kind,
            place=site.place_of(trouble.device),
            since_ms=trouble.since_ms,
        )
        for trouble in situation.troubles
    ]
    return {matter.key: matter for matter in found}


def find_matter(key: str, situation: Situation, site: SiteMap) -> Matter | None:
    """Return what a key means now; None: it is over, or there is no such device or place."""
    sort, _, rest = key.partition("/")
    if sort == ALARM:
        alarm = next((each for each in situation.alarms if str(each.alarm) == rest), None)
        if alarm is None:
            return None
        return Matter(
            key=key,
            device=alarm.device,
            zone=alarm.zone,
            kind=alarm.kind,
            place=alarm.place or site.place_of(alarm.device),
            since_ms=alarm.opened_ms,
        )
    if sort == DEVICE and rest in site.devices:
        return Matter(key=key, device=rest, place=site.place_of(rest))
    if sort == PLACE and rest and site.has(site.spot_named(rest)):
        return Matter(key=key, place=rest)
    return matters_of(situation, site).get(key)


def fault_key(source: str) -> str:
    """Return the key of a fault of a supervised part."""
    return f"{FAULT}/{source}"


def missed_key(device: str) -> str:
    """Return the key of a device that sends nothing."""
    return f"{MISSED}/{device}"


def trouble_key(trouble: Trouble) -> str:
    """Return the key of a trouble that a device reported."""
    # The detail of a battery is its voltage.
    detail = 0 if trouble.kind == names.BATTERY else trouble.detail
    return f"{TROUBLE}/{trouble.device}/{trouble.zone}/{trouble.kind}/{detail}"


def alarm_key(alarm: int) -> str:
    """Return the key of an alarm."""
    return f"{ALARM}/{alarm}"


def matter_text(matter: Matter, words: PageWords) -> str:
    """Return what a matter is, without where."""
    rest = matter.key.partition("/")[2]
    match matter.sort:
        case "fault":
            return words.fault(rest)
        case "missed":
            return words("work.missed")
        case "trouble":
            return words.event(matter.kind, names.TROUBLE, int(rest.rpartition("/")[2]))
        case "alarm":
            return words("work.alarm", kind=words.kind(matter.kind), alarm=rest)
        case "device":
            return words("work.device")
    return words("work.place")
