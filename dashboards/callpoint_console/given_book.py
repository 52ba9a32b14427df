"""The plans that a district gives to this site: read from the gateway's file when it changes."""

import logging
import sqlite3
from pathlib import Path

from callpoint_gateway.upstream.given_plans import FILE, GivenPlan, read

log = logging.getLogger(__name__)


class GivenBook:
    """Reads the gateway's file of given plans. Any thread may look."""

    def __init__(self, state_dir: Path) -> None:
        """The file need not be there, and may come later."""
        self._file = state_dir / FILE
        self._seen: tuple[int, int] | None = None
        self._plans: tuple[GivenPlan, ...] = ()

    def plans(self) -> tuple[GivenPlan, ...]:
        """Return every plan, also those of before; those read last if the file cannot be read."""
        try:
            found = self._file.stat()
            seen = found.st_mtime_ns, found.st_size
            if seen != self._seen:
                self._plans = read(self._file)
                self._seen = seen
        except FileNotFoundError:
            self._plans, self._seen = (), None
        except (sqlite3.Error, OSError) as error:
            log.warning("the plans of the district cannot be read: %s", error)
        return self._plans
