"""Improv over a serial line, the client's side (improv-wifi.com/serial).

6  b"IMPROV"    1  version, 1    1  type    1  length    n  data    1  sum of all before, mod 256
A device's log text may stand between packets.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import Final

import msgspec

from callpoint_gateway.words.said import said

_HEAD: Final = b"IMPROV\x01"
_FRAME: Final = len(_HEAD) + 3  # type, length and sum
MAX_DATA: Final = 255


class Kind(IntEnum):
    """Types of packets."""

    STATE = 1
    ERROR = 2
    COMMAND = 3
    RESULT = 4


class State(IntEnum):
    """State of the provisioning."""

    STOPPED = 0
    AWAITING_AUTHORISATION = 1
    READY = 2
    PROVISIONING = 3
    PROVISIONED = 4


class Command(IntEnum):
    """Commands of the client."""

    SETTINGS = 1
    STATE = 2
    DEVICE = 3
    SCAN = 4
    HOST_NAME = 5
    DEVICE_NAME = 6
    NETWORK = 7


ERRORS: Final = {
    1: said("improv.error.packet"),
    2: said("improv.error.command"),
    3: said("improv.error.connect"),
    4: said("improv.error.not_allowed"),
    5: said("improv.error.host_name"),
    255: said("improv.error.fault"),
}


class Packet(msgspec.Struct, frozen=True):
    """One whole packet."""

    kind: int
    data: bytes


def texts(*parts: bytes) -> bytes:
    """Return texts of at most 255 bytes, each with its length in front."""
    return b"".join(bytes((len(part),)) + part for part in parts)


def command(number: Command, body: bytes = b"") -> bytes:
    """Return the packet of a command; ValueError if the body is too long."""
    if len(body) > MAX_DATA - 2:
        raise ValueError("too long for a packet")
    packet = _HEAD + bytes((Kind.COMMAND, len(body) + 2, number, len(body))) + body
    return packet + bytes((sum(packet) & 0xFF,))


def result(data: bytes) -> tuple[int, list[str]]:
    """Return (command, texts) of a result; ValueError if it is not whole."""
    if len(data) < 2 or data[1] != len(data) - 2:
        raise ValueError(said("improv.result_length"))
    found: list[str] = []
    at = 2
    while at < len(data):
        end = at + 1 + data[at]
        if end > len(data):
            raise ValueError(said("improv.result_text"))
        found.append(data[at + 1 : end].decode(errors="replace"))
        at = end
    return data[0], found


class Reader:
    """Finds packets in the bytes that come over the line."""

    def __init__(self) -> None:
        """Nothing has been received yet."""
        self._held = b""

    def give_up(self) -> Iterator[Packet]:
        """Give up an unfinished packet; yield the packets behind its head."""
        self._held = self._held[len(_HEAD) :]
        return self.feed(b"")

    def feed(self, received: bytes) -> Iterator[Packet]:
        """Yield each packet that is now whole; skip all other bytes."""
        self._held += received
        while True:
            at = self._held.find(_HEAD)
            if at < 0:
                self._held = self._held[-len(_HEAD) :]
                return
            self._held = self._held[at:]
            if len(self._held) < _FRAME:
                return
            end = _FRAME + self._held[8]
            if len(self._held) < end:
                return
            packet = self._held[:end]
            if sum(packet[:-1]) & 0xFF == packet[-1]:
                self._held = self._held[end:]
                yield Packet(packet[7], packet[9:-1])
            else:
                self._held = self._held[len(_HEAD) :]
