"""The network of these tests: a loopback device, which a new network has switched off."""

import fcntl
import os
import socket
import struct
from pathlib import Path

import pytest

SIOCSIFFLAGS, IFF_UP = 0x8914, 1


@pytest.fixture(scope="session", autouse=True)
def loopback() -> None:
    """Switch it on."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


@pytest.fixture(scope="session")
def package() -> Path:
    """Return the package that `make test-root` has built."""
    return Path(os.environ["CALLPOINT_PACKAGE"])
