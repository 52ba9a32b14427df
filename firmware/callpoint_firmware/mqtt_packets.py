"""MQTT 3.1.1 packets on the wire (OASIS standard, chapters 2 and 3), without any network.

Promises: outgoing packets are packed into one buffer that the caller owns, so each leaves in one
write; incoming bytes may arrive split or joined anywhere; a packet over the limit is passed over
without being held in memory and its identifier is still known, so that it can be acknowledged
(else the broker sends it again for ever); bytes that no MQTT broker sends raise Malformed.
"""

import struct

from micropython import const

CONNECT = const(0x10)
CONNACK = const(0x20)
PUBLISH = const(0x30)
PUBACK = const(0x40)
SUBSCRIBE = const(0x82)
SUBACK = const(0x90)
PINGRESP = const(0xD0)
OVERSIZE = const(0x100)

PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"

# Section 3.2.2.3, the CONNACK return codes.
REFUSALS = (
    "accepted",
    "the broker does not speak MQTT 3.1.1",
    "the broker rejects the client id",
    "the broker is not available",
    "wrong user or password",
    "not authorised",
)


class Malformed(Exception):
    """The peer sent what MQTT 3.1.1 does not allow here."""


class Outgoing:
    """One packet at a time in a buffer made once; each method returns the view to write."""

    def __init__(self, size: int) -> None:
        self._bytes = bytearray(size)
        self._view = memoryview(self._bytes)

    def connect(
        self,
        client_id: bytes,
        keepalive: int,
        will_topic: bytes,
        will_body: bytes,
        user: bytes | None,
        password: bytes | None,
    ) -> memoryview:
        """Pack CONNECT (3.1): clean session off, will retained at QoS 1."""
        texts = [client_id, will_topic, will_body]
        flags = 0x2C
        if user is not None:
            texts.append(user)
            flags |= 0x80
            if password is not None:
                texts.append(password)
                flags |= 0x40
        at = self._head(CONNECT, 10 + sum(2 + len(text) for text in texts))
        struct.pack_into(">H4sBBH", self._bytes, at, 4, b"MQTT", 4, flags, keepalive)
        at += 10
        for text in texts:
            at = self._text(at, text)
        return self._view[:at]

    def subscribe(self, packet_id: int, topics: tuple[bytes, ...]) -> memoryview:
        """Pack SUBSCRIBE (3.8) with QoS 1 for every topic."""
        at = self._head(SUBSCRIBE, 2 + sum(3 + len(topic) for topic in topics))
        struct.pack_into(">H", self._bytes, at, packet_id)
        at += 2
        for topic in topics:
            at = self._text(at, topic)
            self._bytes[at] = 1
            at += 1
        return self._view[:at]

    def publish(
        self, packet_id: int, topic: bytes, body: bytes, retain: bool, qos: int
    ) -> memoryview:
        """Pack PUBLISH (3.3)."""
        size = 2 + len(topic) + (2 if qos else 0) + len(body)
        at = self._head(PUBLISH | qos << 1 | (1 if retain else 0), size)
        at = self._text(at, topic)
        if qos:
            struct.pack_into(">H", self._bytes, at, packet_id)
            at += 2
        self._view[at : at + len(body)] = body
        return self._view[: at + len(body)]

    def puback(self, packet_id: int) -> memoryview:
        """Pack PUBACK (3.4)."""
        struct.pack_into(">BBH", self._bytes, 0, PUBACK, 2, packet_id)
        return self._view[:4]

    def _head(self, kind: int, size: int) -> int:
        if size + 5 > len(self._bytes):
            raise ValueError("packet: longer than " + str(len(self._bytes) - 5) + " bytes")
        self._bytes[0] = kind
        at = 1
        while size > 127:
            self._bytes[at] = size & 127 | 128
            size >>= 7
            at += 1
        self._bytes[at] = size
        return at + 1

    def _text(self, at: int, text: bytes) -> int:
        struct.pack_into(">H", self._bytes, at, len(text))
        at += 2
        self._view[at : at + len(text)] = text
        return at + len(text)


class Incoming:
    """Cut a stream of bytes into packets in a buffer made once.

    Fill ``space()``, tell ``filled(n)``, then call ``next()`` until it returns 0. After it has
    returned a packet's first byte, ``size`` and ``byte``, ``word``, ``text``, ``rest`` read its
    content until the following ``next()``. OVERSIZE is returned for a packet that was passed over;
    ``packet_id`` is then its identifier, or 0.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = bytearray(limit + 5)
        self._view = memoryview(self._bytes)
        self.forget()

    def forget(self) -> None:
        """Begin anew with an empty buffer, as for a new connection."""
        self._start = 0
        self._end = 0
        self._skip = 0
        self._at = 0
        self.size = 0
        self.packet_id = 0

    def space(self) -> memoryview:
        """Return the view to fill; never empty once next() has returned 0."""
        if self._start:
            left = self._end - self._start
            self._view[:left] = self._view[self._start : self._end]
            self._start = 0
            self._end = left
        return self._view[self._end :]

    def filled(self, count: int) -> None:
        """Take over the first ``count`` bytes of the last ``space()``."""
        self._end += count

    def next(self) -> int:
        """Return the next whole packet's first byte, or OVERSIZE, or 0 while bytes are missing."""
        if self._skip:
            gone = min(self._skip, self._end - self._start)
            self._skip -= gone
            self._start += gone
            if self._skip:
                return 0
        size = 0
        at = self._start + 1
        shift = 0
        while True:
            if at >= self._end:
                return 0
            digit = self._bytes[at]
            at += 1
            size |= (digit & 127) << shift
            if digit < 128:
                break
            shift += 7
            if shift > 21:
                raise Malformed("length over four bytes")
        kind = self._bytes[self._start]
        if size > self._limit:
            return self._pass_over(kind, at, size)
        if at + size > self._end:
            return 0
        self._at = at
        self.size = size
        self._start = at + size
        return kind

    def byte(self, index: int) -> int:
        """Return one byte of the packet's content."""
        if index >= self.size:
            raise Malformed("packet too short")
        return self._bytes[self._at + index]

    def word(self, index: int) -> int:
        """Return two bytes of the packet's content as a number."""
        return self.byte(index) << 8 | self.byte(index + 1)

    def rest(self, start: int, end: int | None = None) -> bytes:
        """Return a copy of the content from ``start``."""
        end = self.size if end is None else end
        if start > end or end > self.size:
            raise Malformed("packet too short")
        return bytes(self._view[self._at + start : self._at + end])

    def _pass_over(self, kind: int, at: int, size: int) -> int:
        packet_id = 0
        if kind & 0xF6 == PUBLISH | 2:
            if at + 2 > self._end:
                return 0
            topic = self._bytes[at] << 8 | self._bytes[at + 1]
            if topic + 4 > self._limit:
                raise Malformed("topic too long")
            if at + topic + 4 > self._end:
                return 0
            where = at + 2 + topic
            packet_id = self._bytes[where] << 8 | self._bytes[where + 1]
        self.packet_id = packet_id
        self._skip = at + size - self._start
        return OVERSIZE
