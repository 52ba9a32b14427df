"""Notices what has changed of the sites whose pages are open: one query for all of them.

One thread looks several times a second, however many sites there are.
"""

import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple

import psycopg

from callpoint_district.database import Database
from callpoint_gateway.host.ending import ended
from callpoint_gateway.host.printable import one_line

LOOK_S: Final = 0.15
AGAIN_S: Final = 1.0
#: A database that has not answered for so long is frozen, in seconds.
FROZEN_S: Final = 20.0

log = logging.getLogger(__name__)


class Standing(NamedTuple):
    """How far a gateway's journal is kept, which register it has told, and whether it is heard.

    One that is out of service is not. ``notes``: how many notes it has not taken yet.
    ``retired_ms``: since when it is out of service (Unix ms), None if it is in service.
    """

    epoch: str
    position: int
    register: str
    heard: bool
    notes: int
    retired_ms: int | None


class Watch:
    """Looks at watched gateways. Any thread may call it."""

    def __init__(self, database: Database) -> None:
        """``start`` begins to look."""
        self._database = database
        self._lock, self._looking = threading.Lock(), threading.Lock()
        self._watched: Counter[str] = Counter()
        self._standings: Mapping[str, Standing] = {}
        self._asked_s = math.inf  # since when the database is asked
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="district-watch", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """End the thread; it is not waited for while the database is frozen (``host.ending``)."""
        self._over.set()
        ended(self._thread)

    def watch(self, gateway: str) -> None:
        """Look at a gateway from now on, until ``leave`` was called as often."""
        with self._lock:
            self._watched[gateway] += 1
        self._look()

    def leave(self, gateway: str) -> None:
        """Look no more."""
        with self._lock:
            self._watched[gateway] -= 1
            if not self._watched[gateway]:
                del self._watched[gateway]

    def standing(self, gateway: str) -> Standing | None:
        """Return how a watched gateway stands; None: the database cannot be read now."""
        frozen = time.monotonic() - self._asked_s > FROZEN_S
        return None if frozen else self._standings.get(gateway)

    def _run(self) -> None:
        told = ""
        while not self._over.is_set():
            pause_s = LOOK_S
            try:
                self._look()
                told = ""
            except psycopg.Error as error:
                self._standings = {}
                if str(error) != told:
                    told = str(error)
                    log.warning("the district cannot be read: %s", one_line(error))
                pause_s = AGAIN_S
            self._over.wait(pause_s)

    def _look(self) -> None:
        # One look at a time: an earlier one does not know what was watched since.
        with self._looking:
            with self._lock:
                gateways = list(self._watched)
            self._asked_s = time.monotonic()
            try:
                self._standings = standings_of(self._database, gateways) if gateways else {}
            finally:
                self._asked_s = math.inf


def standings_of(database: Database, gateways: list[str]) -> dict[str, Standing]:
    """Return how gateways stand, of those that were ever heard. psycopg.Error."""
    with database.transaction() as connection:
        rows = connection.execute(
            "SELECT gateways.gateway, epoch, position, coalesce(digest, ''), "
            "silences.since_ms IS NULL AND retirements.since_ms IS NULL, "
            "(SELECT count(*) FROM notes "
            "  WHERE notes.gateway = gateways.gateway AND delivered_ms IS NULL), "
            "retirements.since_ms "
            "FROM gateways LEFT JOIN registers USING (gateway) "
            "LEFT JOIN silences USING (gateway) LEFT JOIN retirements USING (gateway) "
            "WHERE gateways.gateway = ANY(%s)",
            (gateways,),
        ).fetchall()
    return {row[0]: Standing(*row[1:]) for row in rows}
