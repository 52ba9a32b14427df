"""Each plan is drilled once a year in each building that has its devices; what is due, and proof.

The proof is an exercise of the journal with the mark DRILL that has ended and in which a device of
the building took part with that kind of alarm.
"""

from functools import lru_cache
from typing import Final

import msgspec

from callpoint_console.plan_book import PlanKey
from callpoint_console.site_map import SiteMap, Spot
from callpoint_gateway.configuration.alarms import PRIORITIES
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.journal.entries import Entry, ExerciseBody, Mark, Stage
from callpoint_protocol import names

DAY_MS: Final = 86_400_000
#: A drill holds for a year, and is asked for a month before it is over.
EVERY_MS: Final = 365 * DAY_MS
SOON_MS: Final = 30 * DAY_MS
_CODES: Final = {name: code for code, name in names.KINDS.items()}


class Drill(msgspec.Struct, frozen=True):
    """A drill that has ended. ``exercise``: the position of its start in the journal.

    ``points`` (devices and places) and ``kinds`` took part; empty: all.
    """

    exercise: int
    from_ms: int
    until_ms: int
    who: str
    points: tuple[str, ...]
    kinds: tuple[int, ...]


class DrillLog:
    """The drills of a journal whose entries are given in order."""

    def __init__(self) -> None:
        """Begin without any."""
        self.drills: tuple[Drill, ...] = ()
        self._begun: dict[int, int] = {}  # by position: when it began

    def take(self, entry: Entry) -> None:
        """Look at an entry of any type."""
        body = entry.body
        if not isinstance(body, ExerciseBody) or body.mark is not Mark.DRILL:
            return
        if body.stage is Stage.START:
            self._begun[entry.position] = entry.recorded_ms
        elif body.stage is Stage.END and entry.about in self._begun:
            points, kinds = tuple(body.points), tuple(body.kinds)
            begun = entry.about, self._begun.pop(entry.about)
            self.drills = (*self.drills, Drill(*begun, entry.recorded_ms, body.who, points, kinds))


class Drilled(msgspec.Struct, frozen=True):
    """A plan in a building: the ids of the devices there and of their places."""

    key: PlanKey
    building: Spot
    places: tuple[str, ...]
    ids: tuple[str, ...]


class Due(msgspec.Struct, frozen=True):
    """When the next drill of a plan in a building is due.

    ``due_ms``: Unix ms, or None as there was none yet. ``places``: the ids of those it is about.
    """

    kind: str
    profile: Profile
    building: Spot
    places: tuple[str, ...]
    last: Drill | None
    due_ms: int | None

    def overdue(self, now_ms: int) -> bool:
        """Say whether the drill should have been by now."""
        return self.due_ms is None or self.due_ms <= now_ms

    def asked_for(self, now_ms: int) -> bool:
        """Say whether it is time to plan it."""
        return self.overdue(now_ms + SOON_MS)


@lru_cache(4)
def drilled(site: SiteMap) -> tuple[Drilled, ...]:
    """Return every plan with every building whose devices may raise its kind of alarm."""
    found: dict[tuple[PlanKey, Spot], tuple[set[str], set[str]]] = {}
    for name in site.devices:
        device, building = site.device(name), site.building_of(name)
        for zone in device.zone if device and building else ():
            assert device is not None
            assert building is not None
            kind, place = _CODES[zone.kind], zone.place or device.place
            if kind in PRIORITIES:
                key = PlanKey(kind, site.profile_of(place))
                places, devices = found.setdefault((key, building), (set(), set()))
                places.add(place)
                devices |= {name, place}
    profiles, buildings = list(Profile), list(site.buildings)
    return tuple(
        Drilled(key, building, tuple(sorted(places)), tuple(sorted(ids)))
        for (key, building), (places, ids) in sorted(
            found.items(),
            key=lambda item: (
                profiles.index(item[0][0].profile),
                item[0][0].kind,
                buildings.index(item[0][1]),
            ),
        )
    )


def due_drills(site: SiteMap, drills: tuple[Drill, ...]) -> list[Due]:
    """Return when each plan is due in each building, by the drills of the journal."""
    found = []
    for each in drilled(site):
        proofs = [drill for drill in drills if _proves(drill, each)]
        last = max(proofs, key=lambda drill: drill.until_ms, default=None)
        due_ms = last.until_ms + EVERY_MS if last else None
        kind, profile = names.KINDS[each.key.kind], each.key.profile
        found.append(Due(kind, profile, each.building, each.places, last, due_ms))
    return found


def _proves(drill: Drill, each: Drilled) -> bool:
    return (not drill.kinds or each.key.kind in drill.kinds) and (
        not drill.points or not set(drill.points).isdisjoint(each.ids)
    )
