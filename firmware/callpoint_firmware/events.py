"""Raise an event: stored in flash first, then shown to the person, then handed to the link."""

from callpoint_protocol.names import (
    DEVICE,
    FAULT_SPOOL_LOSS,
    FLAG_ON_TEST,
    MAX_COUNT,
    TROUBLE,
    TROUBLE_RESTORE,
)


class Events:
    def __init__(self, spool, clock, answers, raised):
        self._spool = spool
        self._clock = clock
        self._answers = answers
        self._raised = raised
        self._reported = 0
        self._report = 0  # seq of the latest report of a loss
        self.loss = False
        self.test_until = 0
        self.wake = None  # set by the link

    def raise_event(self, kind, state, zone, detail=0, count=1, at_ms=None):
        """Store an event; it is safe when this returns. Return its seq, 0 if it gave way."""
        now = self._clock.monotonic_ms()
        if at_ms is None:
            at_ms = now
        wall = self._clock.wall_ms()
        if wall is not None:
            wall -= now - at_ms
        flags = FLAG_ON_TEST if now < self.test_until else 0
        seq = self._spool.append(kind, state, zone, detail, count, flags, at_ms, wall)
        if seq:
            self._answers.raised(self._spool.boot, seq, kind, state, now)
            self._tell(seq, kind, state, zone)
        self.check_loss()
        return seq

    def _tell(self, seq, kind, state, zone):
        self._raised((self._spool.boot, seq, kind, state, zone))
        if self.wake:
            self.wake()

    def check_loss(self):
        """Report what had to give way; one report waits at a time and counts for the rest."""
        now = self._clock.monotonic_ms()
        missing = self._spool.lost - self._reported
        if missing and not (self._report and self._spool.waits(self._report)):
            self._reported = self._spool.lost
            self.loss = True
            count = min(missing, MAX_COUNT)
            self._report = self._spool.append_loss(
                DEVICE, TROUBLE, FAULT_SPOOL_LOSS, count, now, self._clock.wall_ms()
            )
            self._tell(self._report, DEVICE, TROUBLE, 0)
        elif self.loss and self._spool.depth < self._spool.capacity // 2:
            self.loss = False
            self.raise_event(DEVICE, TROUBLE_RESTORE, 0, FAULT_SPOOL_LOSS)
