"""How many entries came in the last minute."""

from collections import deque

from callpoint_gateway.journal.entries import Type
from callpoint_gateway.journal.reader import Reader

MINUTE_MS = 60_000
BLOCK = 5000


class Rate:
    """Counts one type of entry of one journal."""

    def __init__(self, reader: Reader, type: Type) -> None:
        """Count from at most ``BLOCK`` entries before the end of the journal."""
        self._reader = reader
        self._type = type
        self._position = max(0, reader.head() - BLOCK)
        self._recent: deque[int] = deque()

    def count(self, now_ms: int) -> int:
        """Return how many were recorded in the last minute."""
        while entries := self._reader.read(self._position, BLOCK, (self._type,)):
            self._position = entries[-1].position
            self._recent.extend(entry.recorded_ms for entry in entries)
        while self._recent and self._recent[0] < now_ms - MINUTE_MS:
            self._recent.popleft()
        return len(self._recent)
