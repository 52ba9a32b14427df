"""Tells new messages from possible replays, by boot and sequence (``protocol/README.md``).

A seal proves who wrote a message, not when. So the gateway knows the furthest (boot, sequence) of
each device and each generation of boots, from both journals. A message beyond it cannot be a
replay of a message that arrived; any other may be one. A generation that was never seen is new.
Every generation stays valid: a recording of an old generation that never arrived must not make
the gateway refuse the device's present messages.
"""

import threading
from enum import StrEnum

from callpoint_gateway.configuration.register import Register
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names


class Age(StrEnum):
    """The relation of a message to the messages that arrived before it."""

    NEW = "new"  # beyond everything of its generation
    BEHIND = "behind"  # of the newest boot, and not beyond its furthest sequence
    OLD = "old"  # of an earlier boot


class _Course:
    """One generation of a device's boots: its newest boot, each lane's furthest sequence."""

    __slots__ = ("boot", "seq")

    def __init__(self) -> None:
        self.boot = 0
        self.seq: dict[str, int] = {}


class Freshness:
    """Judges messages, from any thread. Events and readings have sequences of their own."""

    def __init__(self, register: Register, alarms: Journal, telemetry: Journal) -> None:
        """Read the furthest boot and sequence of each device from both journals."""
        self._lock = threading.Lock()
        self._courses: dict[tuple[str, int], _Course] = {}
        for lane, journal in ((names.EVENT, alarms), (names.TELEMETRY, telemetry)):
            with journal.reader() as reader:
                for device, boot, seq in reader.furthest():
                    if register.device(device) is not None:
                        self.judge(lane, device, boot, seq)

    def judge(self, lane: str, device: str, boot: int, seq: int) -> Age:
        """Return the age of a message, and remember it as seen.

        ``lane``: the channel, ``names.EVENT`` or ``names.TELEMETRY``; a status has sequence 0.
        """
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
