"""The action plans that a district gives to the areas of a site, in a file of the state directory.

The gateway writes the file; the site's console reads it. A plan that is replaced or taken back is
kept for the alarms that began with it. SQLite with a rollback journal: who may read the file needs
no right to write beside it.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from callpoint_gateway.alarms.plan_steps import PlanStep, digest_of
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.host.clock import Clock
from callpoint_protocol import names

#: Its name in the state directory.
FILE: Final = "district-plans.db"
#: Plans in force at most, and plans of before that are kept at most, the latest.
MOST: Final = 500
MOST_PAST: Final = 500
_BUSY_S: Final = 5.0
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS plans (
  number INTEGER PRIMARY KEY, area TEXT NOT NULL, kind TEXT NOT NULL, profile TEXT NOT NULL,
  steps TEXT NOT NULL, digest TEXT NOT NULL, who TEXT NOT NULL, origin TEXT NOT NULL,
  from_ms INTEGER NOT NULL, until_ms INTEGER) STRICT
"""
_COLUMNS: Final = "area, kind, profile, steps, digest, who, origin, from_ms, until_ms"
_IN_FORCE: Final = "area = ? AND kind = ? AND profile = ? AND origin = ? AND until_ms IS NULL"
_CODES: Final = {name: code for code, name in names.KINDS.items()}
_steps: Final = msgspec.json.Decoder(tuple[PlanStep, ...]).decode


class GivenPlan(msgspec.Struct, frozen=True):
    """A plan for a kind of alarm at places of an area, with this profile or, with None, any.

    ``origin``: the tier that gives it, such as ``district``, or ``c1.district`` for the city above
    it; no tier changes the plans of another. It is in force from ``from_ms`` until ``until_ms``
    (Unix ms), None: now.
    """

    area: tuple[str, ...]
    kind: int
    profile: Profile | None
    steps: tuple[PlanStep, ...]
    digest: str
    who: str
    origin: str
    from_ms: int
    until_ms: int | None

    def covers(self, grid: tuple[str, ...], profile: Profile) -> bool:
        """Say whether it is for a place of this grid and profile."""
        within = grid[: len(self.area)] == self.area
        return within and self.profile in (None, profile)

    def holds(self, at_ms: int | None) -> bool:
        """Say whether it is in force at a moment (Unix ms); None: now."""
        if at_ms is None:
            return self.until_ms is None
        return self.from_ms <= at_ms and (self.until_ms is None or at_ms < self.until_ms)


class TooMany(Exception):
    """The site has as many plans as there may be."""


def smallest(
    plans: Sequence[GivenPlan],
    kind: int,
    grid: tuple[str, ...],
    profile: Profile,
    at_ms: int | None,
) -> GivenPlan | None:
    """Return the plan of the smallest area for an alarm at a place; None: no area has one.

    In one area, a plan for the profile goes before one for every profile, and that of the nearer
    tier before one of the tier above.
    """
    found = [
        plan
        for plan in plans
        if plan.kind == kind and plan.covers(grid, profile) and plan.holds(at_ms)
    ]
    return max(
        found,
        key=lambda plan: (len(plan.area), plan.profile is not None, -plan.origin.count(".")),
        default=None,
    )


def read(file: Path) -> tuple[GivenPlan, ...]:
    """Return every plan of a file, also those of before. sqlite3.Error: it cannot be read.

    A file that is not there has none. What a later version wrote and this one cannot read is left
    out.
    """
    if not file.exists():
        return ()
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as opened:
        rows = opened.execute(f"SELECT {_COLUMNS} FROM plans ORDER BY number").fetchall()
    return tuple(plan for row in rows if (plan := _plan(row)) is not None)


def _plan(row: tuple[Any, ...]) -> GivenPlan | None:
    area, kind, profile, steps, digest, who, origin, from_ms, until_ms = row
    try:
        return GivenPlan(
            msgspec.json.decode(area, type=tuple[str, ...]),
            _CODES[kind],
            Profile(profile) if profile else None,
            _steps(steps),
            digest,
            who,
            origin,
            from_ms,
            until_ms,
        )
    except (KeyError, ValueError, msgspec.DecodeError):
        return None


class GivenPlansFile:
    """Writes the file. sqlite3.Error: it cannot be used; OSError as well."""

    def __init__(self, file: Path, clock: Clock, most: int = MOST) -> None:
        """``file`` need not be there. ``most``: plans in force at most."""
        self.most = most
        self._file = file
        self._clock = clock

    def in_force(self, origin: str) -> list[GivenPlan]:
        """Return the plans in force that a tier has given."""
        plans = read(self._file)
        return [plan for plan in plans if plan.until_ms is None and plan.origin == origin]

    def give(
        self,
        area: tuple[str, ...],
        kind: int,
        profile: Profile | None,
        steps: Sequence[PlanStep],
        who: str,
        origin: str,
    ) -> GivenPlan:
        """Put a plan into force instead of the one before; nothing if it is the same.

        TooMany: there is no room for another one.
        """
        digest, now_ms = digest_of(steps), self._clock.wall_ms()
        with closing(self._opened()) as opened, opened:
            key = _key(area, kind, profile, origin)
            before = _find(opened, key)
            if before is not None and before.digest == digest:
                return before
            count = opened.execute("SELECT count(*) FROM plans WHERE until_ms IS NULL").fetchone()
            if before is None and count[0] >= self.most:
                raise TooMany
            _end(opened, key, now_ms)
            opened.execute(
                "INSERT INTO plans (area, kind, profile, origin, steps, digest, who, from_ms) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*key, _text(steps), digest, who, now_ms),
            )
            opened.execute(
                "DELETE FROM plans WHERE until_ms IS NOT NULL AND number NOT IN (SELECT number "
                "FROM plans WHERE until_ms IS NOT NULL ORDER BY until_ms DESC LIMIT ?)",
                (MOST_PAST,),
            )
        return GivenPlan(area, kind, profile, tuple(steps), digest, who, origin, now_ms, None)

    def take_back(
        self, area: tuple[str, ...], kind: int, profile: Profile | None, origin: str
    ) -> GivenPlan | None:
        """Put a plan of a tier out of force and return it; None: there is none."""
        key = _key(area, kind, profile, origin)
        with closing(self._opened()) as opened, opened:
            before = _find(opened, key)
            if before is not None:
                _end(opened, key, self._clock.wall_ms())
        return before

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=_BUSY_S)
        try:
            connection.execute("PRAGMA synchronous = EXTRA")
            connection.execute(_TABLE)
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def _find(opened: sqlite3.Connection, key: tuple[str, str, str, str]) -> GivenPlan | None:
    row = opened.execute(f"SELECT {_COLUMNS} FROM plans WHERE {_IN_FORCE}", key).fetchone()
    return None if row is None else _plan(row)


def _end(opened: sqlite3.Connection, key: tuple[str, str, str, str], now_ms: int) -> None:
    opened.execute(f"UPDATE plans SET until_ms = ? WHERE {_IN_FORCE}", (now_ms, *key))


def _key(
    area: tuple[str, ...], kind: int, profile: Profile | None, origin: str
) -> tuple[str, str, str, str]:
    of = profile.value if profile else ""
    return msgspec.json.encode(area).decode(), names.KINDS[kind], of, origin


def _text(steps: Sequence[PlanStep]) -> str:
    return msgspec.json.encode(list(steps)).decode()
