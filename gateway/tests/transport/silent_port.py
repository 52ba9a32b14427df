"""A port of this machine that swallows what would connect to it."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def silent_port() -> Iterator[int]:
    """Listen with a queue that is full, and take nothing from it: the kernel drops the rest."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        yield address[1]


class TwoAddresses:
    """``two.example`` has two addresses: both on this machine, each with its own port."""

    def __init__(self, first: int, second: int) -> None:
        self._ports = first, second
        self._real = socket.getaddrinfo

    def __call__(self, host: object, port: object, *given: object, **more: object) -> object:
        """Answer as ``socket.getaddrinfo``."""
        if host not in ("two.example", b"two.example"):
            return self._real(host, port, *given, **more)  # type: ignore[arg-type]
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, ("127.0.0.1", one)) for one in self._ports]
