"""Ports of 127.0.0.1 for parts that are started later, or stopped and started again."""

import os
import random
import socket
from collections import deque
from contextlib import suppress
from typing import Final

# Below what Linux gives to outgoing connections (``net.ipv4.ip_local_port_range``): none of them
# takes the port while nobody listens there, and none is connected to itself.
_PORTS: Final = range(10_000, 32_768)
_KEPT: Final = 100

_marks: deque[int] = deque()


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port of 127.0.0.1 on which nobody listens, and that no other process is given."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket(socket.AF_INET, kind) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            _mark(port)
            return port


def _mark(port: int) -> None:
    """Claim a port among all processes that use this function. OSError if another one has it.

    The claim is a name of an abstract Unix socket, so it ends with the process; of many claims of
    one process the oldest ends earlier, since each costs an open file.
    """
    with socket.socket(socket.AF_UNIX) as mark:
        mark.bind(f"\0callpoint-port-{port}")
        _marks.append(mark.detach())
    if len(_marks) > _KEPT:
        os.close(_marks.popleft())
