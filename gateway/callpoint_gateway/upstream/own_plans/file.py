"""The gateway's copy of the site's own action plans: it tells them also without the console.

SQLite with a rollback journal, as the file of the plans that a district gives.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from callpoint_gateway.upstream.own_plans.plan import OwnPlan
from callpoint_gateway.upstream.own_plans.questions import Version

#: Its name in the state directory.
FILE: Final = "own-plans.db"
_BUSY_S: Final = 5.0
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS plans (
  kind TEXT NOT NULL, profile TEXT NOT NULL, version INTEGER NOT NULL, from_ms INTEGER NOT NULL,
  steps TEXT NOT NULL, PRIMARY KEY (kind, profile, version)) STRICT
"""


class OwnPlansFile:
    """Reads and writes the file. sqlite3.Error: it cannot be used; OSError as well."""

    def __init__(self, file: Path) -> None:
        """``file`` need not be there."""
        self._file = file

    def read(self) -> list[OwnPlan]:
        """Return every version, also of earlier plans; none if there is no file.

        What this version of the program cannot read is left out: the console tells it again.
        """
        if not self._file.exists():
            return []
        uri = f"{self._file.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_S)) as opened:
            rows = opened.execute(
                "SELECT kind, profile, version, from_ms, steps FROM plans "
                "ORDER BY kind, profile, version"
            ).fetchall()
        return [plan for row in rows if (plan := _plan(row)) is not None]

    def keep(self, plan: OwnPlan) -> None:
        """Keep a version, in place of one with the same number."""
        row = (*plan.key, plan.from_ms, msgspec.json.encode(plan.steps).decode())
        with closing(self._opened()) as opened, opened:
            opened.execute("INSERT OR REPLACE INTO plans VALUES (?, ?, ?, ?, ?)", row)

    def forget(self, plans: Iterable[OwnPlan]) -> None:
        """Remove versions."""
        with closing(self._opened()) as opened, opened:
            opened.executemany(
                "DELETE FROM plans WHERE kind = ? AND profile = ? AND version = ?",
                [plan.key for plan in plans],
            )

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=_BUSY_S)
        try:
            connection.execute("PRAGMA synchronous = EXTRA")
            connection.execute(_TABLE)
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def version_of(plan: OwnPlan) -> Version:
    """Return a version without its steps."""
    return Version(plan.kind, plan.profile, plan.version, plan.from_ms, plan.digest)


def _plan(row: tuple[Any, ...]) -> OwnPlan | None:
    kind, profile, version, from_ms, steps = row
    try:
        return msgspec.convert(
            {
                "kind": kind,
                "profile": profile,
                "version": version,
                "from_ms": from_ms,
                "steps": msgspec.json.decode(steps),
            },
            OwnPlan,
        )
    except (msgspec.ValidationError, msgspec.DecodeError):
        return None
