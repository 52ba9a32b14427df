"""Locks a file for one process at a time; the lock ends with the process, however that ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callpoint_gateway.host.owner import own


class FileInUse(Exception):
    """Another process holds the lock."""


@contextmanager
def hold_file(path: Path) -> Iterator[None]:
    """Make the file if it is missing, and hold its lock (flock(2)). FileInUse, OSError.

    It belongs to the owner of its folder, whoever made it.
    """
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        own(lock, path.parent)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise FileInUse(str(path)) from error
        yield
    finally:
        os.close(lock)
