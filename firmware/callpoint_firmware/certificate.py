"""A new certificate for the device's key: checked, tried, and kept once the broker has taken it.

Invariants:

1. The key never leaves the device. A new certificate may differ from the one in use only in its
   serial number, its end, which must be later, and its signature.
2. Nothing is written before the broker has acknowledged a message on a connection with the new
   certificate. Then it is one record of the store: a power cut leaves the old one or the new one,
   and both work.
3. If the first attempt with it fails, for whatever reason, the next one is with the old one. The
   gateway sees in the telemetry which one is in use, and sends it again.

A device has no means to verify the signature; the broker does that on the trial connection.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from callpoint_firmware.clock import Clock
    from callpoint_firmware.mqtt import Client

_PATIENCE_MS = 30_000  # for a moment in which nothing waits to be sent, and then for the proof
# Fields of a certificate's content (RFC 5280, 4.1), and how many there are.
_SERIAL = 1
_VALIDITY = 4
_FIELDS = 8


def _span(der: bytes, at: int) -> tuple[int, int]:
    """Return where the content of the element at ``at`` begins and ends (X.690, 8.1.3)."""
    begin = at + 2
    length = der[at + 1]
    if length & 0x80:
        count = length & 0x7F
        length = int.from_bytes(der[begin : begin + count], "big")
        begin += count
    if begin + length > len(der):
        raise ValueError("certificate: cut short")
    return begin, begin + length


def _elements(der: bytes, begin: int, end: int) -> list[bytes]:
    found = []
    while begin < end:
        after = _span(der, begin)[1]
        found.append(der[begin:after])
        begin = after
    return found


def _fields(der: bytes) -> list[bytes]:
    """Return the fields of what is signed in a certificate."""
    begin, end = _span(der, 0)
    found = _elements(der, *_span(der, begin))
    if end != len(der) or len(found) != _FIELDS:
        raise ValueError("certificate: not of version 3")
    return found


def _validity(field: bytes) -> tuple[bytes, bytes]:
    """Return the beginning as it is, and the end as YYYYMMDDhhmmss (RFC 5280, 4.1.2.5)."""
    begin, end = _elements(field, *_span(field, 0))
    digits = end[2:-1]
    if len(digits) == 12:
        digits = (b"20" if digits < b"50" else b"19") + digits
    if len(digits) != 14 or not digits.isdigit():
        raise ValueError("certificate: no end")
    return begin, digits


def renews(used: bytes, new: bytes) -> bool:
    """Say whether a certificate may take the place of the one in use. Both are DER."""
    try:
        old_fields = _fields(used)
        new_fields = _fields(new)
        begin, end = _validity(old_fields[_VALIDITY])
        new_begin, new_end = _validity(new_fields[_VALIDITY])
    except (ValueError, IndexError):
        return False
    for index in range(_FIELDS):
        same = old_fields[index] == new_fields[index]
        if not same and index not in (_SERIAL, _VALIDITY):
            return False
    return begin == new_begin and new_end > end


class Trial:
    """One attempt to connect with a new certificate; ``client.trial`` while it lasts."""

    def __init__(
        self, client: Client, clock: Clock, context: Any, keep: Callable[[], None]
    ) -> None:
        """``context`` has the new certificate; ``keep()`` is called when it has proven itself."""
        self._client = client
        self._clock = clock
        self._new = context
        self._old: Any = None  # the context that is not tried; None before the attempt
        self._keep = keep
        self._until = clock.monotonic_ms() + _PATIENCE_MS

    def context(self, used: Any) -> Any:
        """Return what the next attempt uses; ``used`` is what the last one did."""
        if self._old is None:
            self._old = used
            self._until = self._clock.monotonic_ms() + _PATIENCE_MS
            self._client.doubt()
            return self._new
        return self._new if self._ended() else self._old

    def _ended(self) -> bool:
        self._client.trial = None
        if self._client.proven:
            self._keep()
        return self._client.proven

    async def step(self, quiet: bool) -> None:
        """Begin when nothing waits to be sent; end when the new certificate has proven itself."""
        late = self._clock.monotonic_ms() > self._until
        if self._old is not None and self._client.proven:
            self._ended()
        elif quiet and self._old is None:
            await self._client.reconnect()
        elif late and self._old is None:
            self._client.trial = None
        elif late:
            await self._client.reconnect()  # a broker that takes it and acknowledges nothing
