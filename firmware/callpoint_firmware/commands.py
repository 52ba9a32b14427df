"""What the gateway may ask of a device: every command is bounded in time and done once.

Only the gateway may write to a device's ``cmd`` (the broker sees to that), at QoS 0: the broker
keeps none for a device that is away. The number of the last command is in flash, so a repeat
does nothing, and in every telemetry, which says that the command was obeyed.
"""

from callpoint_firmware.store import COMMAND
from callpoint_protocol import messages, names

_IDENTIFY_S = 10


class Commands:
    def __init__(self, kept, events, answers, clock):
        self._store = kept
        self._events = events
        self._answers = answers
        self._clock = clock
        self.last = int.from_bytes(kept.get(COMMAND) or b"", "little")
        self.report = None  # called when telemetry is wanted at once
        self.restart = None  # called when the board shall start anew
        self.update = None  # called when a new firmware waits at the gateway

    def obey(self, body):
        """Do what a command says; one that is malformed or repeated does nothing."""
        try:
            number, command, seconds = messages.decode_command(body)
        except ValueError:
            return
        if number == self.last:
            self.report()
            return
        self.last = number
        self._store.put(COMMAND, number.to_bytes(4, "little"))
        if command == names.IDENTIFY:
            self._answers.identify(seconds or _IDENTIFY_S)
        elif command == names.SELF_TEST:
            self._events.raise_event(names.TEST, names.TESTED, 0, names.TEST_MANUAL)
        elif command == names.WALK_TEST:
            self._events.test_until = self._clock.monotonic_ms() + seconds * 1000
        elif command == names.SIREN:
            self._answers.siren(seconds)
        elif command == names.RESTART:
            self.restart()
        elif command == names.UPDATE and self.update:
            self.update()
        self.report()
