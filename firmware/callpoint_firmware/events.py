"""Raise an event: stored in flash first, then handed to whoever shows and sends it."""

from callpoint_protocol.names import (
    DEVICE,
    FAULT_SPOOL_LOSS,
    FLAG_ON_TEST,
    MAX_COUNT,
    TROUBLE,
    TROUBLE_RESTORE,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from callpoint_firmware.clock import Clock
    from callpoint_firmware.spool import Event, Spool


class Events:
    """``raised(event)`` is called after each event is stored."""

    def __init__(self, spool: Spool, clock: Clock, raised: Callable[[Event], None]) -> None:
        self._spool = spool
        self._clock = clock
        self._raised = raised
        self._reported = 0  # of the lost events, those that a report counts
        self._report = 0  # seq of the latest report of a loss
        self._test_until = 0
        self.loss = False

    @property
    def on_test(self) -> bool:
        """Whether a walk test is under way."""
        return self._clock.monotonic_ms() < self._test_until

    def test_for(self, seconds: int) -> None:
        """Mark what is raised from now on as a test; 0 ends that."""
        self._test_until = self._clock.monotonic_ms() + seconds * 1000

    def raise_event(
        self,
        kind: int,
        state: int,
        zone: int,
        detail: int = 0,
        count: int = 1,
        at_ms: int | None = None,
    ) -> Event | None:
        """Store an event; it is safe when this returns. Return it, None if it gave way."""
        now = self._clock.monotonic_ms()
        if at_ms is None:
            at_ms = now
        wall = self._clock.wall_ms()
        if wall is not None:
            wall -= now - at_ms
        flags = FLAG_ON_TEST if self.on_test else 0
        event = self._spool.append(kind, state, zone, detail, count, flags, at_ms, wall)
        if event:
            self._raised(event)
        self.check_loss()
        return event

    def check_loss(self) -> None:
        """Report what had to give way; one report waits at a time and counts for the rest."""
        now = self._clock.monotonic_ms()
        missing = self._spool.lost - self._reported
        if missing and not (self._report and self._spool.waits(self._report)):
            self._reported = self._spool.lost
            self.loss = True
            count = min(missing, MAX_COUNT)
            report = self._spool.append_loss(
                DEVICE, TROUBLE, FAULT_SPOOL_LOSS, count, now, self._clock.wall_ms()
            )
            self._report = report.seq
            self._raised(report)
        elif self.loss and self._spool.depth < self._spool.capacity // 2:
            self.loss = False
            self.raise_event(DEVICE, TROUBLE_RESTORE, 0, FAULT_SPOOL_LOSS)
