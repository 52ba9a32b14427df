"""Sends commands of the desk to devices, such as sounders, and repeats them.

A command may get lost. Its number makes a repeat harmless, so each command is repeated at the
times of ``REPEATS_MS``, unless the same device gets a newer one.
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
    """Return a random number, so that a command has hardly ever that of an earlier one."""
    return secrets.randbelow(names.MAX_SEQ) + 1


class DeviceCommands:
    """Sends commands. Call ``repeat`` about once a second."""

    def __init__(self, site: str, publish: Publish, clock: Clock) -> None:
        """``publish(topic, body)`` sends to a device now, or not at all."""
        self._site = site
        self._publish = publish
        self._clock = clock
        self._repeats: list[_Repeat] = []

    def send(self, device: str, command: int, seconds: int, number: int) -> None:
        """Send a command now, and at the times of ``REPEATS_MS``."""
        body = messages.encode_command(number, command, seconds)
        now = self._clock.monotonic_ms()
        self._repeats = [repeat for repeat in self._repeats if repeat.device != device]
        self._repeats += [_Repeat(now + ms, device, body) for ms in REPEATS_MS]
        self._send(device, body)

    def once(self, device: str, command: int, number: int) -> None:
        """Send a command now and not again; the repeats of others go on."""
        self._send(device, messages.encode_command(number, command, 0))

    def repeat(self) -> None:
        """Send the repeats that are due."""
        now = self._clock.monotonic_ms()
        for repeat in self._repeats:
            if repeat.due_ms <= now:
                self._send(repeat.device, repeat.body)
        self._repeats = [repeat for repeat in self._repeats if repeat.due_ms > now]

    def _send(self, device: str, body: bytes) -> None:
        self._publish(topics.topic(self._site, device, names.CMD), body)
