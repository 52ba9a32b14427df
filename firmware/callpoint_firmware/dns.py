"""Ask a DNS server for a host's address (RFC 1035) without holding up the loop.

``socket.getaddrinfo`` stops everything for seconds when no server answers; this waits between
turns of the loop. Only an IPv4 address (type A) is asked for, which is what brokers have here.
"""

import asyncio
import os
import socket
import struct
import time

from micropython import const

PORT = const(53)
_TRIES = const(3)
_PATIENCE_MS = const(1_500)
_POLL_MS = const(10)


def question(number: int, host: str) -> bytes:
    """Return a query for the A record of ``host`` (4.1)."""
    body = struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0)
    for label in host.split("."):
        if not 0 < len(label) < 64:
            raise ValueError("host: not a name")
        body += bytes((len(label),)) + label.encode()
    return body + b"\0\0\1\0\1"


def _behind_name(body: bytes, at: int) -> int:
    """Return where a name ends (4.1.4); IndexError if the message does first."""
    while body[at]:
        if body[at] & 0xC0:
            return at + 2
        at += 1 + body[at]
    return at + 1


def answer(asked: bytes, body: bytes) -> str | None:
    """Return the first address in an answer to ``asked``, None if it is no answer to that.

    OSError if the server says that there is none.
    """
    if len(body) < len(asked) or body[:2] != asked[:2] or not body[2] & 0x80:
        return None
    if body[12 : len(asked)] != asked[12:]:
        return None
    if body[3] & 15:
        raise OSError("DNS: no such host")
    at = len(asked)
    try:
        for _ in range(body[6] << 8 | body[7]):
            at = _behind_name(body, at)
            kind, _, _, size = struct.unpack_from(">HHIH", body, at)
            at += 10
            if kind == 1 and size == 4 and at + 4 <= len(body):
                return ".".join(str(part) for part in body[at : at + 4])
            at += size
    except (IndexError, ValueError):
        return None
    raise OSError("DNS: no such host")


async def address_of(host: str, server: str, port: int = PORT) -> str:
    """Return a host's IPv4 address as text; OSError after three questions in vain."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        # A connected socket takes datagrams from this server only.
        sock.connect(socket.getaddrinfo(server, port)[0][-1])
        for _ in range(_TRIES):
            asked = question(int.from_bytes(os.urandom(2), "big"), host)
            sock.send(asked)
            began = time.ticks_ms()
            while time.ticks_diff(time.ticks_ms(), began) < _PATIENCE_MS:
                try:
                    body = sock.recv(512)
                except OSError:
                    body = None  # nothing yet, or nobody there: the next question tells
                found = answer(asked, body) if body else None
                if found:
                    return found
                await asyncio.sleep_ms(_POLL_MS)
    finally:
        sock.close()
    raise OSError("DNS: no answer")
