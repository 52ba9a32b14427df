"""Connects to a name that has several addresses (happy eyeballs, RFC 8305).

Each try begins a quarter of a second after the one before, without waiting for its end. So an
address that drops packets does not use up the time of the other addresses.
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

# The time between the beginnings of two tries (RFC 8305, 8: connection attempt delay).
NEXT_AFTER_S: Final = 0.25

Address = tuple[Any, ...]
#: Family, type, protocol, canonical name and address, as ``socket.getaddrinfo`` returns them.
AddressInfo = tuple[int, int, int, str, Address]


def is_literal(host: str) -> bool:
    """Say whether ``host`` is an IP address and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def connect(host: str, port: int, patience_s: float) -> socket.socket:
    """Return a connected TCP socket that does not wait to fill segments (TCP_NODELAY).

    OSError: no address could be reached. TimeoutError: none answered within ``patience_s``
    seconds. These include the time of the system's resolver, which only the resolver bounds.
    """
    until = time.monotonic() + patience_s
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    with _Race() as race:
        for family, kind, protocol, _, address in _interleaved(infos):
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


def _interleaved(infos: Sequence[AddressInfo]) -> list[AddressInfo]:
    """Return the addresses with IPv6 and IPv4 in turn, the resolver's first address first."""
    first = [info for info in infos if info[0] == infos[0][0]]
    second = [info for info in infos if info[0] != infos[0][0]]
    return [info for info in chain.from_iterable(zip_longest(first, second)) if info is not None]


class _Race:
    """Tries to connect to several addresses at the same time; the first connection wins."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        #: Why the last address could not be reached; None while an address has not answered.
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
        """Return the first connected socket; None at time ``until`` or when every try failed."""
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
            self.error = None  # an address has not answered: the caller reports a timeout
        return None

    def leave(self, winner: socket.socket) -> None:
        """Take the connected socket out of the race, so that the end of the race keeps it open."""
        with suppress(KeyError):
            self._selector.unregister(winner)
