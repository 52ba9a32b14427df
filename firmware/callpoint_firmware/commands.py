"""What the gateway may ask of a device: every command is bounded in time and done once.

Only the gateway may write to a device's ``cmd`` (the broker sees to that), at QoS 0: the broker
keeps none for a device that is away. The number of the last command is in flash, so a repeat
does nothing, and in every telemetry, which says that the command was obeyed.
"""

from callpoint_firmware.store import COMMAND
from callpoint_protocol import messages, names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from callpoint_firmware.answers import Answers
    from callpoint_firmware.events import Events
    from callpoint_firmware.store import Store

_IDENTIFY_S = 10


class Commands:
    def __init__(
        self,
        store: Store,
        events: Events,
        answers: Answers,
        report: Callable[[], None],
        restart: Callable[[], None],
        update: Callable[[], None] | None = None,
        wifi: Callable[[bytes, int], None] | None = None,
    ) -> None:
        """``report()`` sends telemetry at once, ``restart()`` starts the board anew soon.

        On a board that can, ``update()`` fetches the firmware that waits at the gateway, and
        ``wifi(body, seconds)`` takes another network."""
        self._store = store
        self._events = events
        self._answers = answers
        self._report = report
        self._restart = restart
        self._update = update
        self._wifi = wifi
        self.last = int.from_bytes(store.get(COMMAND) or b"", "little")

    def obey(self, body: bytes) -> None:
        """Obey a command once; pass over one that is malformed, and only report after a repeat."""
        try:
            number, command, seconds = messages.decode_command(body)
        except ValueError:
            return
        if number == self.last:
            self._report()
            return
        self.last = number
        self._store.put(COMMAND, number.to_bytes(4, "little"))
        if command == names.IDENTIFY:
            self._answers.identify(seconds or _IDENTIFY_S)
        elif command == names.SELF_TEST:
            self._events.raise_event(names.TEST, names.TESTED, 0, names.TEST_MANUAL)
        elif command == names.WALK_TEST:
            self._events.test_for(seconds)
        elif command == names.SIREN:
            self._answers.siren(seconds)
        elif command == names.RESTART:
            self._restart()
        elif command == names.UPDATE and self._update:
            self._update()
        elif command == names.WIFI and self._wifi:
            self._wifi(body, seconds)
        self._report()
