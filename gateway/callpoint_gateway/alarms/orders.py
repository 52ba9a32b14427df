"""Commands to devices that alarms bring about. A device that misses one is told again.

A command goes at QoS 0 and may get lost; its number makes a repeat harmless, so it is repeated a
few times, unless something newer has been ordered of the same device.
"""

import secrets
from collections.abc import Callable
from typing import Final

import msgspec

from callpoint_gateway.host.clock import Clock
from callpoint_protocol import messages, names, topics

REPEATS_MS: Final = (2_000, 5_000, 15_000)

Publish = Callable[[str, bytes], bool]


class _Repeat(msgspec.Struct):
    due_ms: int
    device: str
    body: bytes


def new_number() -> int:
    """Return a number that no earlier command is likely to have."""
    return secrets.randbelow(names.MAX_SEQ) + 1


class Orders:
    """Sends commands; call ``repeat`` every second or so."""

    def __init__(self, site: str, publish: Publish, clock: Clock) -> None:
        """``publish`` sends to a device now or not at all."""
        self._site = site
        self._publish = publish
        self._clock = clock
        self._repeats: list[_Repeat] = []

    def send(self, device: str, command: int, seconds: int, number: int) -> None:
        """Send it now, and again a few times."""
        body = messages.encode_command(number, command, seconds)
        now = self._clock.monotonic_ms()
        self._repeats = [one for one in self._repeats if one.device != device]
        self._repeats += [_Repeat(now + ms, device, body) for ms in REPEATS_MS]
        self._send(device, body)

    def repeat(self) -> None:
        """Send again what is due."""
        now = self._clock.monotonic_ms()
        for one in self._repeats:
            if one.due_ms <= now:
                self._send(one.device, one.body)
        self._repeats = [one for one in self._repeats if one.due_ms > now]

    def _send(self, device: str, body: bytes) -> None:
        self._publish(topics.topic(self._site, device, names.CMD), body)
