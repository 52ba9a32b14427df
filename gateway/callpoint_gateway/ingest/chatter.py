"""Which sensor raises so often that it cannot be people: it is named, and may be inhibited.

``TIMES`` alarms or troubles of one sensor within ``WINDOW_S``, by when they occurred. Nothing is
held back here: each of them is stored and told as ever.
"""

import threading
from collections import deque
from typing import Final

from callpoint_gateway.journal.entries import EventBody, Mark
from callpoint_gateway.journal.event_meaning import raises
from callpoint_gateway.words.said import Said, said, value_said
from callpoint_protocol import names

TIMES: Final = 10
WINDOW_S: Final = 60
# Of the sensors that raised last; a register has fewer, unless it does not list its zones.
_SENSORS: Final = 10_000


class Chatter:
    """One for all devices; any thread may tell it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._occurred: dict[tuple[str, int, int], deque[int]] = {}

    def seen(self, device: str, body: EventBody) -> Said | None:
        """Take a new event; return what to say of its sensor if that chatters."""
        troubled = body.state == names.TROUBLE and not body.inhibited
        if body.mark is not Mark.REAL or not (raises(body) or troubled):
            return None
        sensor = device, body.zone, body.kind
        with self._lock:
            occurred = self._occurred.pop(sensor, None)
            if occurred is None:
                occurred = deque(maxlen=TIMES)
                if len(self._occurred) >= _SENSORS:
                    del self._occurred[next(iter(self._occurred))]
            occurred.append(body.occurred_ms)
            self._occurred[sensor] = occurred
            if len(occurred) < TIMES:
                return None
            took_ms = max(occurred) - min(occurred)
            if took_ms > WINDOW_S * 1000:
                return None
            # It is named once, and again after as many more: each naming costs time.
            occurred.clear()
        return said(
            "device.chatter",
            zone=body.zone,
            kind=value_said("kind", names.KINDS[body.kind]),
            state=value_said("state", names.STATES[body.state]),
            times=TIMES,
            seconds=round(took_ms / 1000),
        )
