"""The plans of a site with every version: who wrote it and when. Version 0 came with the package.

All versions are in memory as well, so that a look at a plan never waits for the disk.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from callpoint_console.database import Database, Subject
from callpoint_console.given_book import GivenBook
from callpoint_console.plans import Plan, ShippedPlans
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration.alarms import PRIORITIES
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.upstream.given_plans import GivenPlan, smallest
from callpoint_protocol import names

PLANS: Final = Subject(
    "plans",
    (
        """
CREATE TABLE plans (
  kind TEXT NOT NULL,
  profile TEXT NOT NULL,
  version INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  who TEXT NOT NULL,
  steps TEXT NOT NULL,
  PRIMARY KEY (kind, profile, version)) STRICT;
""",
    ),
)
_ALL: Final = "SELECT kind, profile, version, at_ms, who, steps FROM plans ORDER BY version"
_CODES: Final = {name: code for code, name in names.KINDS.items()}
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(tuple[PlanStep, ...]).decode


class PlanKey(NamedTuple):
    """What a plan is for: a kind of alarm, and the profile of the place."""

    kind: int
    profile: Profile


class Version(NamedTuple):
    """A version of a plan: when it came into force (Unix ms), and who wrote it."""

    plan: Plan
    at_ms: int
    who: str


class Changed(NamedTuple):
    """A line of the difference of two versions. ``sign``: +, - or a blank for both."""

    sign: str
    step: PlanStep


class Outdated(Exception):
    """Somebody else has written a version meanwhile."""


class PlanBook:
    """The plans of one site. Any thread may look at one; one thread writes."""

    def __init__(
        self,
        database: Database,
        register: Register,
        clock: Clock,
        given: GivenBook | None = None,
    ) -> None:
        """Read every version from a database that has the subject ``PLANS``.

        ``given``: the plans of a district.
        """
        self._database, self._register, self._clock = database, register, clock
        self._given = given
        self._shipped = ShippedPlans(register)
        self._versions = _versions(database.read(lambda c: c.execute(_ALL).fetchall()))

    def plan_for(self, kind: int, place: str, at_ms: int | None = None) -> Plan:
        """Return the plan for an alarm of a kind at a place (its id), opened at a moment.

        It is the version that was in force then (Unix ms); None: the newest. What was written at
        this site goes before what a district gives to the smallest area of the place, and that
        before what was shipped.
        """
        key = PlanKey(kind, self._shipped.profile_of(place))
        known = self._register.place(place)
        grid = known.grid if known else ()
        found = chosen(key, self._versions.get(key, ()), self._all_given(), grid, at_ms)
        return self._shipped.plan(*key) if found is None else found

    def _all_given(self) -> tuple[GivenPlan, ...]:
        return self._given.plans() if self._given else ()

    def given(self, key: PlanKey) -> list[GivenPlan]:
        """Return what a district gives for this kind and profile now, largest areas first."""
        found = [
            plan
            for plan in self._all_given()
            if plan.kind == key.kind and plan.profile in (None, key.profile) and plan.holds(None)
        ]
        return sorted(found, key=lambda plan: (len(plan.area), plan.area))

    def versions(self, key: PlanKey) -> list[Version]:
        """Return every version of a plan, the newest first; the last is version 0."""
        shipped = Version(self._shipped.plan(*key), 0, "")
        return [*reversed(self._versions.get(key, ())), shipped]

    def written(self) -> list[tuple[PlanKey, tuple[Version, ...]]]:
        """Return each plan that was written here with its versions, the oldest first."""
        return sorted(self._versions.items())

    def save(self, key: PlanKey, steps: Sequence[PlanStep], who: str, after: int) -> Version:
        """Write a further version, which is in force at once; ``after``: the number of the last.

        ``steps`` have no mistakes (``plan_check``). Outdated: another version was written since.
        """
        last = self.versions(key)[0]
        number = last.plan.version + 1
        if last.plan.version != after:
            raise Outdated
        # Also when the clock was set back: versions follow each other.
        at_ms = max(self._clock.wall_ms(), last.at_ms)
        row = (names.KINDS[key.kind], key.profile, number, at_ms, who)
        content = _encode(list(steps)).decode()

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO plans VALUES (?, ?, ?, ?, ?, ?)", (*row, content))

        self._database.write(write)
        version = Version(Plan(tuple(steps), number), at_ms, who)
        self._versions[key] = (*self._versions.get(key, ()), version)
        return version

    def back_to(self, key: PlanKey, number: int, who: str, after: int) -> Version:
        """Write the steps of an older version as the newest. KeyError: there is no such version.

        Outdated: as ``save``.
        """
        steps = {each.plan.version: each.plan.step for each in self.versions(key)}[number]
        return self.save(key, steps, who, after)

    def without(self) -> list[PlanKey]:
        """Return what may raise an alarm on this site and has no plan."""
        return [key for key in keys_of(self._register) if not self.versions(key)[0].plan.step]


def chosen(
    key: PlanKey,
    versions: Sequence[Version],
    given: Sequence[GivenPlan],
    grid: tuple[str, ...],
    at_ms: int | None,
) -> Plan | None:
    """Return the plan for a place of a grid that was in force at a moment; None: as shipped.

    ``versions``: what the site has written for the key, the oldest first; ``given``: what a
    district gives; ``at_ms``: as for ``PlanBook.plan_for``.
    """
    for version in reversed(versions):
        if at_ms is None or version.at_ms <= at_ms:
            return version.plan
    found = smallest(given, key.kind, grid, key.profile, at_ms)
    return None if found is None else Plan(found.steps, given=found.area)


def difference(before: Plan, after: Plan) -> list[Changed]:
    """Return the steps of both plans in order, each with what became of it."""
    old, new = list(before.step), list(after.step)
    found: list[Changed] = []
    for tag, i, i_end, j, j_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found += [Changed(" ", step) for step in new[j:j_end]]
            continue
        found += [Changed("-", step) for step in old[i:i_end]]
        found += [Changed("+", step) for step in new[j:j_end]]
    return found


def keys_of(register: Register) -> list[PlanKey]:
    """Return each kind that a zone of the site may raise, with the profile of its place."""
    found = set()
    for device in register.device_ids():
        for number in register.zones(device):
            place, zone = register.place_of(device, number), register.zone(device, number)
            if place and zone and (kind := _CODES[zone.kind]) in PRIORITIES:
                found.add(PlanKey(kind, place.profile))
    return sorted(found, key=lambda each: (list(Profile).index(each.profile), each.kind))


def missing_in(file: Path, register: Register) -> list[PlanKey]:
    """Return what ``PlanBook.without`` does, and only read the console's file for it.

    Where there is no such file, or this user may not read it, the plans of the package count.
    """
    rows: list[tuple[object, ...]] = []
    try:
        connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
        try:
            rows = connection.execute(_ALL).fetchall()
        finally:
            connection.close()
    except sqlite3.Error:
        pass
    newest = {key: each[-1].plan for key, each in _versions(rows).items()}
    shipped = ShippedPlans(register)
    return [key for key in keys_of(register) if not newest.get(key, shipped.plan(*key)).step]


def _versions(rows: Sequence[tuple[object, ...]]) -> dict[PlanKey, tuple[Version, ...]]:
    found: dict[PlanKey, tuple[Version, ...]] = {}
    for key, version in _read(rows):
        found[key] = (*found.get(key, ()), version)
    return found


def _read(rows: Sequence[tuple[object, ...]]) -> Iterator[tuple[PlanKey, Version]]:
    for kind, profile, number, at_ms, who, steps in rows:
        key = PlanKey(_CODES[str(kind)], Profile(str(profile)))
        plan = Plan(_decode(str(steps)), int(str(number)))
        yield key, Version(plan, int(str(at_ms)), str(who))
