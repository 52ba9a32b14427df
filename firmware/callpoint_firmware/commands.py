"""What the gateway may ask of a device: commands bounded in time, and desired configuration.

A command's number tells a repeat from a new one. A configuration is taken whole or not at all:
one that is refused leaves the old one in force and raises a trouble, once; a good one restores.
It is retained by the broker and not stored here, so it comes again after each start.
"""

import gc
from binascii import crc32

from callpoint_protocol import messages, names

FIRMWARE = "0.1.0"
_IDENTIFY_S = 10


class Commands:
    firmware = FIRMWARE

    def __init__(self, board, settings, spool, events, answers):
        self._board = board
        self._settings = settings
        self._spool = spool
        self._events = events
        self._answers = answers
        self._last = 0
        self._revision = 0
        self._refused = 0
        self.cause = board.reset_cause
        self.report = None  # called when telemetry is wanted at once

    def command(self, body):
        try:
            number, command, seconds = messages.decode_command(body)
        except ValueError:
            return
        if number == self._last:
            return
        self._last = number
        if command == names.IDENTIFY:
            self._answers.identify(seconds or _IDENTIFY_S)
        elif command == names.SELF_TEST:
            self._events.raise_event(names.TEST, names.TESTED, 0, names.TEST_MANUAL)
        elif command == names.WALK_TEST:
            self._events.test_until = self._board.clock.monotonic_ms() + seconds * 1000
        elif command == names.REPORT:
            self.report()

    def configure(self, body):
        try:
            revision, values = messages.decode_configuration(body)
        except ValueError:
            self._refuse(body)
            return
        if self._refused:
            self._refused = 0
            self._trouble(names.TROUBLE_RESTORE)
        if revision != self._revision:
            self._revision = revision
            self._settings.values.update(self._settings.defaults)
            self._settings.values.update(values)

    def _refuse(self, body):
        mark = crc32(body) or 1
        if mark != self._refused:
            self._refused = mark
            self._trouble(names.TROUBLE)

    def _trouble(self, state):
        self._events.raise_event(names.DEVICE, state, 0, names.FAULT_CONFIGURATION)

    def readings(self):
        """Return what telemetry tells."""
        values = {
            "up": self._board.clock.monotonic_ms() // 1000,
            "hf": gc.mem_free(),
            "sd": min(self._spool.depth, 0xFFFF),
            "rc": self.cause,
        }
        supply = self._board.supply_mv()
        if supply is not None:
            values["mv"] = min(supply, 0xFFFF)
        return values

    @property
    def configuration_refused(self):
        return bool(self._refused)
