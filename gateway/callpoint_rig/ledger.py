"""Counts what the simulated devices raised and what the gateway answered."""

import threading
from collections import deque

import msgspec


class Verdict(msgspec.Struct, frozen=True):
    """The end of a simulation. ``lost``: raised, and neither stored nor refused in time;
    ``duplicates``: answers *stored* for events that had one; ``resent``: repeats."""

    raised: int
    stored: int
    refused: int
    duplicates: int
    lost: int
    resent: int
    telemetry: int
    median_ms: float | None
    p99_ms: float | None
    max_ms: float | None

    @property
    def good(self) -> bool:
        """Whether every raised event was stored."""
        return self.stored == self.raised


class Waiting(msgspec.Struct):
    """A raised event without an answer."""

    device: int
    seq: int
    raised_s: float
    sent_s: float


class Ledger:
    """Counts events; the main thread and the connections' threads may call it."""

    def __init__(self) -> None:
        """Begin with no event."""
        self._changed = threading.Condition()
        self._waiting: dict[tuple[int, int], Waiting] = {}
        self._answered: set[tuple[int, int]] = set()
        self._oldest: deque[tuple[float, tuple[int, int]]] = deque()
        self._took_ms: list[float] = []
        self._raised = self._refused = self._duplicates = self._resent = 0
        self.telemetry = 0

    def raised(self, device: int, seq: int, now_s: float) -> None:
        """Note an event. Call it before sending, so that no answer comes first."""
        with self._changed:
            self._raised += 1
            self._waiting[device, seq] = Waiting(device, seq, now_s, now_s)
            self._oldest.append((now_s, (device, seq)))

    def answered(self, device: int, last: int, count: int, now_s: float, *, stored: bool) -> None:
        """Take an answer for ``count`` events that end with ``last``."""
        with self._changed:
            for seq in range(last - count + 1, last + 1):
                waiting = self._waiting.pop((device, seq), None)
                if waiting is None:
                    self._duplicates += stored and (device, seq) in self._answered
                    continue
                self._answered.add((device, seq))
                if stored:
                    self._took_ms.append((now_s - waiting.raised_s) * 1000)
                else:
                    self._refused += 1
            self._changed.notify_all()

    def overdue(self, now_s: float, patience_s: float) -> list[Waiting]:
        """Return events last sent ``patience_s`` ago, and note that they are sent again now."""
        found: list[Waiting] = []
        with self._changed:
            while self._oldest and self._oldest[0][0] <= now_s - patience_s:
                _, key = self._oldest.popleft()
                waiting = self._waiting.get(key)
                if waiting is not None:
                    waiting.sent_s = now_s
                    self._oldest.append((now_s, key))
                    found.append(waiting)
        return found

    def resent(self) -> None:
        """Count a repeat that was sent."""
        self._resent += 1

    def wait_until_answered(self, timeout_s: float) -> bool:
        """Wait until every event has an answer; False if the time is over first."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, timeout_s)

    def verdict(self) -> Verdict:
        """Return the counts as they are now."""
        with self._changed:
            took = sorted(self._took_ms)

            def part(share: float) -> float | None:
                return round(took[min(len(took) - 1, int(len(took) * share))], 3) if took else None

            return Verdict(
                raised=self._raised,
                stored=len(took),
                refused=self._refused,
                duplicates=self._duplicates,
                lost=len(self._waiting),
                resent=self._resent,
                telemetry=self.telemetry,
                median_ms=part(0.5),
                p99_ms=part(0.99),
                max_ms=part(1.0),
            )
