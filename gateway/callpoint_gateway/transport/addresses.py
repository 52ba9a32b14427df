"""Connects to a name that has several addresses (happy eyeballs, RFC 8305).

The addresses are tried one after the other without waiting for the end of each try, so that one
that swallows packets does not use up the time for the others.
"""

import errno
import ipaddress
import os
import selectors
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain, zip_longest
from typing import Any, Final

# How long a try is waited for before the next begins (RFC 8305, 8: connection attempt delay).
NEXT_AFTER_S: Final = 0.25

Address = tuple[Any, ...]
#: Family, type, protocol, canonical name and address of a socket.
Found = tuple[int, int, int, str, Address]


def is_literal(host: str) -> bool:
    """Say whether a host is an address itself and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def connect(host: str, port: int, patience_s: float) -> socket.socket:
    """Return a connected TCP socket that does not wait to fill segments (TCP_NODELAY).

    OSError: no address could be reached, TimeoutError: not within ``patience_s``. The time of
    the system's resolver counts as well, but is bounded by the resolver only.
    """
    until = time.monotonic() + patience_s
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    with _Race() as race:
        for family, kind, protocol, _, address in _interleaved(found):
            race.enter(family, kind, protocol, address)
            if winner := race.winner(min(until, time.monotonic() + NEXT_AFTER_S)):
                break
        else:
            winner = race.winner(until)
        if winner is None:
            raise race.error or TimeoutError("timed out")
        race.leave(winner)
    winner.settimeout(max(0.001, until - time.monotonic()))
    winner.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return winner


def _interleaved(
    found: Sequence[Found],
) -> list[Found]:
    """Return the addresses with their families in turn, the resolver's first one first."""
    first = [one for one in found if one[0] == found[0][0]]
    others = [one for one in found if one[0] != found[0][0]]
    return [one for one in chain.from_iterable(zip_longest(first, others)) if one is not None]


class _Race:
    """Connections that are being made at the same time."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        #: Why the last address could not be reached, when none is left that may be.
        self.error: OSError | None = None

    def __enter__(self) -> "_Race":
        return self

    def __exit__(self, *_: object) -> None:
        for key in list(self._selector.get_map().values()):
            self._drop(key.fileobj)
        self._selector.close()

    def _drop(self, runner: Any) -> None:
        self._selector.unregister(runner)
        runner.close()

    def enter(self, family: int, kind: int, protocol: int, address: Address) -> None:
        """Begin to connect to one more address."""
        try:
            runner = socket.socket(family, kind, protocol)
        except OSError as error:
            self.error = error
            return
        runner.setblocking(False)
        begun = runner.connect_ex(address)
        if begun in (0, errno.EINPROGRESS):
            self._selector.register(runner, selectors.EVENT_WRITE)
        else:
            runner.close()
            self.error = OSError(begun, os.strerror(begun))

    def winner(self, until: float) -> socket.socket | None:
        """Return the first that is connected; None when the time is over or none is left."""
        while self._selector.get_map() and (left := until - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                runner = key.fileobj
                assert isinstance(runner, socket.socket)
                failed = runner.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if not failed:
                    return runner
                self._drop(runner)
                self.error = OSError(failed, os.strerror(failed))
        if self._selector.get_map():
            self.error = None  # somebody has not answered: that is why there is no connection
        return None

    def leave(self, winner: socket.socket) -> None:
        """Take the one that is connected out of the race."""
        with suppress(KeyError):
            self._selector.unregister(winner)
