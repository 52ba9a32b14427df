"""Whether an alarm point works, as a resident may know it: no alarm and no history is in it."""

from enum import StrEnum

import msgspec

from callpoint_console.live.snapshot import Snapshot
from callpoint_console.site_map import SiteMap
from callpoint_protocol import names


class Works(StrEnum):
    """Whether an alarm point works; the values are keys of ``words.points``."""

    YES = "point.works"
    MENDED = "point.mended"  # a device of it is silent, in trouble, or in maintenance
    CLOSED = "point.closed"  # nobody receives its alarms now
    UNKNOWN = "point.unknown"


class Condition(msgspec.Struct, frozen=True):
    """The condition of an alarm point; ``since_ms`` and ``tested_ms`` are Unix ms if known."""

    works: Works
    since_ms: int | None
    tested_ms: int | None


def condition(place: str, site: SiteMap, snapshot: Snapshot | None) -> Condition:
    """Return the condition of a place (its id)."""
    if snapshot is None:
        return Condition(Works.UNKNOWN, None, None)
    devices = {sensed.device for sensed in site.devices.values() if sensed.place == place}
    tested = [ms for name, ms in snapshot.proofs.tested_ms.items() if name in devices]
    tested_ms = max(tested, default=None)
    if snapshot.gateway is False:
        return Condition(Works.CLOSED, None, tested_ms)
    situation = snapshot.situation
    broken = [missed.since_ms for missed in situation.missed if missed.device in devices]
    broken += [
        trouble.since_ms
        for trouble in situation.troubles
        # With a low battery it still works.
        if trouble.device in devices and trouble.kind != names.BATTERY
    ]
    broken += [
        None
        for inhibit in situation.inhibits
        if inhibit.maintenance and (inhibit.device in devices or inhibit.place == place)
    ]
    if not broken:
        return Condition(Works.YES, None, tested_ms)
    since = [ms for ms in broken if ms is not None]
    return Condition(Works.MENDED, min(since, default=None), tested_ms)
