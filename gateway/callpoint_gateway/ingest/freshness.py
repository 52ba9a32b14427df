"""What is new and what was heard before, by boot and sequence (``protocol/README.md``).

A sealed message proves who wrote it, not when. So for each device and each generation of boots
the furthest (boot, sequence) is known, from both journals: what lies beyond it cannot be a
recording of anything that arrived, and what does not may be one. A generation never seen is
new. None is ever over: a recording that never arrived, of a generation long gone, must not
make the gateway deaf to the device as it is now.
"""

import threading
from enum import StrEnum

from callpoint_gateway.configuration.register import Register
from callpoint_gateway.journal.entries import StatusBody, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names


class Age(StrEnum):
    """How a message stands to what was heard before."""

    NEW = "new"  # beyond everything of its generation
    BEHIND = "behind"  # of the newest boot, and not beyond its furthest sequence
    OLD = "old"  # of an earlier boot


class _Course:
    """One generation of boots of a device: its newest boot, and how far each lane has come."""

    __slots__ = ("boot", "seq")

    def __init__(self) -> None:
        self.boot = 0
        self.seq: dict[str, int] = {}


class Freshness:
    """Judges messages of any thread; ``lane`` keeps the sequences of events and readings apart."""

    def __init__(self, register: Register, alarms: Journal, telemetry: Journal) -> None:
        """Read how far each device had come."""
        self._lock = threading.Lock()
        self._courses: dict[tuple[str, int], _Course] = {}
        with alarms.reader() as events, telemetry.reader() as readings:
            for device in register.device_ids():
                for lane, reader in ((names.EVENT, events), (names.TELEMETRY, readings)):
                    for boot, seq in reader.furthest(device):
                        self.judge(lane, device, boot, seq)
                status = events.latest(Type.STATUS, device)
                if status is not None and isinstance(status.body, StatusBody):
                    self.judge(names.STATUS, device, status.body.boot, 0)

    def judge(self, lane: str, device: str, boot: int, seq: int) -> Age:
        """Return how a message stands, and remember it. A status has sequence 0."""
        generation = device, boot >> 16
        with self._lock:
            course = self._courses.get(generation)
            if course is None:
                course = self._courses[generation] = _Course()
            if boot < course.boot:
                return Age.OLD
            if boot > course.boot:
                course.boot, course.seq = boot, {lane: seq}
                return Age.NEW
            if seq <= course.seq.get(lane, -1):
                return Age.BEHIND
            course.seq[lane] = seq
            return Age.NEW
