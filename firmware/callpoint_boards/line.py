"""The serial line over which a board is given its network: the one of the REPL, while nobody
needs that."""

import select
import sys

import micropython


class Line:
    def __init__(self) -> None:
        micropython.kbd_intr(-1)  # a packet may hold a Ctrl-C
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)

    def read(self) -> bytes | None:
        """Return what has come, None if nothing has."""
        found = b""
        while len(found) < 64 and self._poll.poll(0):
            part = sys.stdin.buffer.read(1)
            if not part:
                break  # the other end has gone
            found += part
        return found or None

    def write(self, data: bytes) -> None:
        sys.stdout.buffer.write(data)
