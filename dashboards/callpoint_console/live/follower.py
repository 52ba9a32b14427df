"""One thread reads the journals, several times a second, and publishes what it finds.

A commit shows in SQLite's data version, which costs some microseconds to ask for. Each read is
short and leaves no transaction open.
"""

import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from callpoint_console.commissioning.signal_log import Keeper, SignalLog
from callpoint_console.database import DatabaseFault
from callpoint_console.live.figures import WEEK_MS, Figures
from callpoint_console.live.proofs import ProofLog
from callpoint_console.live.snapshot import Snapshot
from callpoint_gateway.alarms.site_source import LiveModel, SiteSource
from callpoint_gateway.alarms.situation import Situation
from callpoint_gateway.host.ending import ended
from callpoint_gateway.journal.entries import Entry, Type
from callpoint_gateway.journal.reader import JournalError

POLL_S: Final = 0.03
LOOK_S: Final = 1.0  # deadlines pass and the gateway may end without a commit
AGAIN_S: Final = 1.0
NEWEST: Final = 20
# What a page shows as its newest lines. Readings and deliveries are not for people.
SHOWN: Final = (
    *(Type.EVENT, Type.STATUS, Type.FAULT, Type.ACTION, Type.ESCALATION),
    *(Type.EXERCISE, Type.ARMING, Type.INHIBIT, Type.LOSS),
)

log = logging.getLogger(__name__)


class Follower:
    """Follows a site until it is closed."""

    def __init__(
        self,
        source: SiteSource,
        publish: Callable[[Snapshot], None],
        keeper: Keeper | None = None,
    ) -> None:
        """``publish`` is called in the follower's thread, only after a change.

        ``keeper`` keeps the signals of devices that were tried.
        """
        self._source = source
        self._publish = publish
        self._keeper = keeper
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def close(self) -> None:
        """End the thread, which closes the journals, as ``host.ending`` says."""
        self._over.set()
        ended(self._thread)

    def _run(self) -> None:
        told = ""
        while not self._over.is_set():
            try:
                with self._source.live() as live:
                    told = ""
                    signals = SignalLog(self._keeper)
                    _Following(self._source, live, self._publish, signals).run(self._over)
            except (JournalError, DatabaseFault, sqlite3.Error, OSError) as error:
                if str(error) != told:
                    told = str(error)
                    log.warning("the journal cannot be read: %s", error)
                self._over.wait(AGAIN_S)


class _Following:
    """One opening of the journals."""

    def __init__(
        self,
        source: SiteSource,
        live: LiveModel,
        publish: Callable[[Snapshot], None],
        signals: SignalLog,
    ) -> None:
        self._source, self._live, self._publish = source, live, publish
        self._signals = signals
        self._figures = Figures()
        self._proofs = ProofLog()
        head = live.head()
        self._newest = deque[Entry](maxlen=NEWEST)
        self._read = max(0, head - 50 * NEWEST)
        self._before: Snapshot | None = None
        self._quiet_since_ms: int | None = None

    def run(self, over: threading.Event) -> None:
        """Look at each commit, and once a second."""
        due_s = 0.0
        while not over.is_set():
            due_s -= POLL_S
            if self._live.changed() or due_s <= 0:
                due_s = LOOK_S if self._look() else 0.0
            over.wait(POLL_S)

    def _look(self) -> bool:
        """Publish what has changed; say whether everything is read."""
        situation = self._live.situation()
        now_ms = situation.at_ms
        self._figures.follow(self._live, now_ms)
        self._log_lines()
        whole = self._proofs.follow(self._live, now_ms)
        if whole:
            self._signals.follow(self._live, self._proofs.proofs.trials, now_ms)
        snapshot = Snapshot(
            situation=situation,
            gateway=self._source.gateway_runs(),
            today=self._figures.since(self._midnight_ms(now_ms), situation),
            week=self._figures.since(now_ms - WEEK_MS, situation),
            newest=tuple(reversed(self._newest)),
            quiet_since_ms=self._quiet(situation),
            proofs=self._proofs.proofs,
            measured=self._signals.measured,
            retired_ms=self._source.retired_ms(),
        )
        if _lasting(snapshot) != self._before:
            self._before = _lasting(snapshot)
            self._publish(snapshot)
        return whole

    def _log_lines(self) -> None:
        while entries := self._live.entries_after(self._read, SHOWN, 500):
            self._read = entries[-1].position
            self._newest.extend(entries)

    def _midnight_ms(self, now_ms: int) -> int:
        now = datetime.fromtimestamp(now_ms / 1000, self._source.zone)
        return int(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)

    def _quiet(self, situation: Situation) -> int | None:
        """Return since when nothing has been the matter; never an earlier moment than is true."""
        if not situation.quiet:
            self._quiet_since_ms = None
        elif self._quiet_since_ms is None:
            last = self._newest[-1].recorded_ms if self._newest else situation.at_ms
            self._quiet_since_ms = last
        return self._quiet_since_ms


def _lasting(snapshot: Snapshot) -> Snapshot:
    """Return what of a snapshot does not change by time alone."""
    return msgspec.structs.replace(snapshot, situation=snapshot.situation.timeless)
