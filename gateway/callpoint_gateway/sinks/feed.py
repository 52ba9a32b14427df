"""Feeds one sink from the journals, in a thread of its own, so that no sink delays another.

What it promises:

1. The cursor moves only past entries that the server has taken or that are in quarantine with a
   reason. It is stored at most once in ``save_ms``; entries sent after that are sent again after
   a crash.
2. The first journal goes first: while it has an entry, no entry of the second is sent.
3. At most one parcel of each journal is in memory, however long the backlog is.
4. A server that is away is tried at ever longer intervals (``breaker``), and reported as a fault.
"""

import logging
import threading
from collections.abc import Callable, Sequence

from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.part_report import PartReport
from callpoint_gateway.journal.entries import Cursor, Quarantine
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.sinks.breaker import Breaker
from callpoint_gateway.sinks.contract import Parcel, Refusal, Sink
from callpoint_gateway.transport.unreachable import Unauthorised, Unreachable
from callpoint_gateway.words.said import Said, said

# The longest pause after a parcel while alarms arrive.
REST_MAX_S = 0.1
# A parcel has at most so many entries while alarms arrive, so that packing it is quick.
FEW = 250
# Alarms arrive now if the last one is at most so old.
LATELY_MS = 1000

log = logging.getLogger(__name__)
_BATCH_FAILED = "%s: this batch failed"


class _Lane:
    """One journal: up to ``position`` all is sent; ``saved`` is the position of its cursor."""

    def __init__(self, journal: Journal, position: int) -> None:
        self.journal = journal
        self.reader: Reader
        self.position = position
        self.saved = position
        self.waiting: Parcel | None = None


class Feed:
    """The thread that feeds one sink. Stop it before the journals are closed."""

    def __init__(
        self,
        name: str,
        sink: Sink,
        lanes: Sequence[Journal],
        alarms: Journal,
        clock: Clock,
        uniform: Callable[[float, float], float],
        report: PartReport,
        *,
        refusals: PartReport | None = None,
        batch: int,
        save_ms: int = 0,
        from_now: bool = False,
    ) -> None:
        """Read the cursors, or store new ones. ``name``: the name of the cursors.

        ``report`` gets after each try whether the server answered, ``refusals`` after each answer
        whether it took every piece. ``batch``: the most entries read at once. ``save_ms``: the
        least time between two stored cursors. ``from_now``: a feed without a cursor begins with
        the next entry, not with the oldest.
        """
        self.name = name
        self.sent = 0
        self.requests = 0
        self.rejected = 0
        self.failures = 0
        self._sink = sink
        self._alarms = alarms
        self._alarms_seen = alarms.position
        self._alarm_ms: int | None = None  # when a new entry of the alarms journal was last seen
        self._clock = clock
        self._report = report
        self._refusals = refusals
        self._batch = batch
        self._save_ms = save_ms
        self._saved_ms = clock.monotonic_ms()
        self._breaker = Breaker(clock, uniform)
        self._lanes = [_Lane(lane, self._begin(lane, from_now)) for lane in lanes]
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)
        for lane in lanes:
            lane.watch(self._wake.set)

    def _begin(self, lane: Journal, from_now: bool) -> int:
        with lane.reader() as reader:
            if cursor := reader.cursors().get(self.name):
                return cursor.position
            position = reader.head() if from_now else 0
        lane.submit([Cursor(self.name, position)])
        return position

    def start(self) -> None:
        """Start the thread; it begins where the cursors stand."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the present request and store the cursors."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    @property
    def running(self) -> bool:
        """Whether the thread runs. Without it nothing is sent."""
        return self._thread.is_alive()

    @property
    def state(self) -> str:
        """The breaker's state: ``closed``, ``open`` or ``half_open``."""
        return self._breaker.state.value

    @property
    def backlog(self) -> int:
        """How many entries are neither sent nor in quarantine."""
        return sum(max(0, lane.journal.position - lane.position) for lane in self._lanes)

    @property
    def oldest_s(self) -> float:
        """The age of the oldest entry of the waiting parcels, in seconds; 0: none waits."""
        waiting = [parcel for lane in self._lanes if (parcel := lane.waiting) is not None]
        return max((self._age_s(parcel) for parcel in waiting), default=0.0)

    def _age_s(self, parcel: Parcel) -> float:
        if parcel.boot_id == self._clock.boot_id():
            age = self._clock.monotonic_ms() - parcel.mono_ms
        else:
            age = self._clock.wall_ms() - parcel.recorded_ms
        return max(0, age) / 1000

    def _run(self) -> None:
        for lane in self._lanes:
            lane.reader = lane.journal.reader()
        try:
            while not self._stopping.is_set():
                self._wake.clear()
                if lane_now := self._next():
                    began_ms = self._clock.monotonic_ms()
                    self._deliver(lane_now)
                    self._save(self._save_ms)
                    self._give_way(began_ms)
                else:
                    unsaved = any(lane.saved != lane.position for lane in self._lanes)
                    # A commit wakes it. Without the timeout the last cursor would not be stored.
                    self._wake.wait(self._save_ms / 1000 if unsaved else None)
                    self._save(self._save_ms)
            self._save(0)
        finally:
            for lane in self._lanes:
                lane.reader.close()
            self._sink.close()

    def _give_way(self, began_ms: int) -> None:
        """While alarms arrive, pause as long as the work took: they need the processor first."""
        now_ms, position = self._clock.monotonic_ms(), self._alarms.position
        if position != self._alarms_seen:
            self._alarms_seen, self._alarm_ms = position, now_ms
        if self._alarms_come(now_ms):
            self._stopping.wait(min(REST_MAX_S, (now_ms - began_ms) / 1000))

    def _alarms_come(self, now_ms: int) -> bool:
        return self._alarm_ms is not None and now_ms - self._alarm_ms < LATELY_MS

    def _next(self) -> _Lane | None:
        for lane in self._lanes:
            if lane.waiting is None:
                lane.waiting = self._pack(lane, lane.position)
            if lane.waiting is not None:
                return lane
        return None

    def _pack(self, lane: _Lane, after: int) -> Parcel | None:
        few = self._alarms_come(self._clock.monotonic_ms())
        entries = lane.reader.read(after, min(self._batch, FEW) if few else self._batch)
        if not entries:
            return None
        try:
            return self._sink.pack(entries)
        except Exception:
            log.exception(_BATCH_FAILED, self.name)
            self._mistaken()
            self._stopping.wait(self._breaker.wait_ms() / 1000)
            self._wake.set()
            return None

    def _deliver(self, lane: _Lane) -> None:
        parcel = lane.waiting
        assert parcel is not None
        refused: list[Refusal] = []
        if parcel.pieces:
            if wait := self._breaker.wait_ms():
                self._stopping.wait(wait / 1000)
                return
            try:
                self.requests += 1
                refused = self._sink.deliver(parcel)
            except Unreachable as error:
                asked_ms = int(error.retry_after_s * 1000)
                self._breaker.failed(asked_ms, opens=isinstance(error, Unauthorised))
                self._failed(error.why, error.remedy)
                return
            except Exception:
                log.exception(_BATCH_FAILED, self.name)
                self._mistaken()
                return
            self._breaker.succeeded()
            self._report.up(said("server.takes"))
        if parcel.pieces or parcel.unusable:
            self._quarantine([*parcel.unusable, *refused])
        self.sent += len(parcel.pieces) - len(refused)
        lane.position = parcel.position
        lane.waiting = None

    def _mistaken(self) -> None:
        """Go on after what nobody expected: a fault in one sink must not end the gateway."""
        self._breaker.failed()
        self._failed(said("part.unexpected"), said("part.unexpected.do"))

    def _failed(self, reason: Said, remedy: Said) -> None:
        self.failures += 1
        self._report.down(reason, remedy)

    def _quarantine(self, refusals: list[Refusal]) -> None:
        if not refusals:
            if self._refusals is not None:
                self._refusals.up(said("sink.all_taken"))
            return
        if self._refusals is not None:
            self._refusals.down(
                said("sink.quarantined", count=len(refusals), why=refusals[0].reason),
                said("sink.quarantined.do"),
            )
        self.rejected += len(refusals)
        self._alarms.submit(
            [
                Quarantine(self.name, self._sink.topic, refusal.reason, refusal.piece.encode())
                for refusal in refusals
            ]
        )

    def _save(self, every_ms: int) -> None:
        now = self._clock.monotonic_ms()
        if now - self._saved_ms < every_ms:
            return
        self._saved_ms = now
        for lane in self._lanes:
            if lane.saved != lane.position:
                lane.saved = lane.position
                lane.journal.submit([Cursor(self.name, lane.position)])
