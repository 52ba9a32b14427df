"""What the gateway wants of this device: taken whole or not at all, and never for good at once.

A new configuration is kept as a trial and applied. When the link has then carried something to
the broker and back, it becomes the one in force; when it has not within two minutes, or the
device restarts before that, the last good one returns. A configuration that failed or was refused
is marked by its checksum, so that the broker, which retains it, does not start the trial anew.
The device tells of it by a trouble, once, and by a restore when a good one has come.
"""

from binascii import crc32

from micropython import const

from callpoint_firmware.store import CONFIGURATION, MAX_VALUE, TRIAL
from callpoint_protocol import messages
from callpoint_protocol.names import DEVICE, FAULT_CONFIGURATION, TROUBLE, TROUBLE_RESTORE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from callpoint_firmware.board import Values
    from callpoint_firmware.clock import Clock
    from callpoint_firmware.events import Events
    from callpoint_firmware.link import Link
    from callpoint_firmware.settings import Settings
    from callpoint_firmware.store import Store

_TRIAL_MS = const(120_000)
_FAILED = b"!"  # in front of the checksum of what failed


class Configuration:
    """Keeps ``settings.values`` as they should be."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        events: Events,
        link: Link,
        clock: Clock,
        safe: bool,
    ) -> None:
        self._store = store
        self._settings = settings
        self._events = events
        self._link = link
        self._clock = clock
        self._trial_until = 0  # end of the trial under way
        self._failed = 0  # checksum of what is not to be tried again
        self.revision = 0
        trial = store.get(TRIAL) or b""
        if trial[:1] == _FAILED:
            self._failed = int.from_bytes(trial[1:5], "little")
        elif trial:
            self._fail(trial)  # the device restarted while it was on trial
        if not safe:
            self._restore()

    @property
    def refused(self) -> bool:
        return bool(self._failed)

    def take(self, body: bytes) -> None:
        """Put a configuration on trial, unless it is wrong or has failed before."""
        mark = crc32(body) or 1
        if mark == self._failed:
            return
        try:
            revision, values = messages.decode_configuration(body)
            if len(body) > MAX_VALUE:
                raise ValueError("body: too long to keep")
        except ValueError:
            self._fail(body)
            return
        if self._failed:
            self._failed = 0
            self._store.put(TRIAL, b"")
            self._events.raise_event(DEVICE, TROUBLE_RESTORE, 0, FAULT_CONFIGURATION)
        if revision != self.revision:
            self._store.put(TRIAL, body)
            self._trial_until = self._clock.monotonic_ms() + _TRIAL_MS
            self._apply(revision, values)
            self._link.doubt()

    def check(self) -> None:
        """End a trial that has succeeded or failed."""
        if not self._trial_until:
            return
        if self._link.proven:
            self._trial_until = 0
            self._store.put(CONFIGURATION, self._store.get(TRIAL))
            self._store.put(TRIAL, b"")
        elif self._clock.monotonic_ms() > self._trial_until:
            self._trial_until = 0
            self._fail(self._store.get(TRIAL))
            self._restore()

    def _fail(self, body: bytes) -> None:
        self._failed = crc32(body) or 1
        self._store.put(TRIAL, _FAILED + self._failed.to_bytes(4, "little"))
        self._events.raise_event(DEVICE, TROUBLE, 0, FAULT_CONFIGURATION)

    def _restore(self) -> None:
        """Put the last good configuration in force, or the device's own settings."""
        body = self._store.get(CONFIGURATION)
        try:
            revision, values = messages.decode_configuration(body) if body else (0, {})
        except ValueError:
            revision, values = 0, {}  # kept by a firmware that knew other bounds
        self._apply(revision, values)

    def _apply(self, revision: int, values: Values) -> None:
        self.revision = revision
        self._settings.apply(values)
        self._link.move()
