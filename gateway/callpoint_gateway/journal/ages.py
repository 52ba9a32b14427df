"""How long ago something happened, although the wall clock may step and the machine restart."""

import msgspec

from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.entries import Entry


class Stamp(msgspec.Struct, frozen=True):
    """A moment by both clocks: Unix ms, and ms of the monotonic clock of one boot."""

    wall_ms: int
    boot_id: str
    mono_ms: int


def stamp_of(entry: Entry) -> Stamp:
    """Return when an entry was recorded."""
    return Stamp(entry.recorded_ms, entry.boot_id, entry.mono_ms)


def now(clock: Clock) -> Stamp:
    """Return this moment."""
    return Stamp(clock.wall_ms(), clock.boot_id(), clock.monotonic_ms())


def between_ms(earlier: Stamp, later: Stamp) -> int:
    """Return the ms from ``earlier`` to ``later``, never less than 0.

    The wall clock counts only when the machine restarted between the two.
    """
    if earlier.boot_id == later.boot_id:
        return max(0, later.mono_ms - earlier.mono_ms)
    return max(0, later.wall_ms - earlier.wall_ms)


class Ages:
    """The ages of recorded moments. A step of the wall clock changes no age.

    For a moment of an earlier boot, the wall clock counts up to this start, and the monotonic
    clock from then on. The age is never less than the journal's own monotonic times prove.
    """

    def __init__(self, clock: Clock, last: Stamp | None = None) -> None:
        """``last``: the newest moment in the journal, which is certainly past."""
        self._clock = clock
        self._last = last
        self._started = now(clock)

    def of(self, moment: Stamp) -> int:
        """Return the age in ms."""
        mono_ms = self._clock.monotonic_ms()
        if moment.boot_id == self._started.boot_id:
            return max(0, mono_ms - moment.mono_ms)
        proven = 0
        if self._last is not None and self._last.boot_id == moment.boot_id:
            proven = self._last.mono_ms - moment.mono_ms
        before = max(0, proven, self._started.wall_ms - moment.wall_ms)
        return before + mono_ms - self._started.mono_ms
