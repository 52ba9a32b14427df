"""Locks the state directory for one gateway or one restore: two gateways would send twice."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# The group of the site's processes may read; others have no way in.
MODE = 0o750


class StateDirInUse(Exception):
    """The state directory cannot be locked; the text says why and what to do."""


@contextmanager
def hold(state_dir: Path) -> Iterator[None]:
    """Make the state directory if it is missing, and hold its lock.

    StateDirInUse: another process has the lock, or the directory cannot be made or written.
    """
    try:
        if not state_dir.is_dir():
            state_dir.mkdir(parents=True, exist_ok=True)
            state_dir.chmod(MODE)  # whatever the umask
        lock = os.open(state_dir / "gateway.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StateDirInUse(
            f"state directory {state_dir}: {error.strerror}; make it writable or set "
            "state_dir in [gateway]"
        ) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StateDirInUse(
                f"state directory {state_dir} is in use by another gateway; stop it first"
            ) from error
        yield
    finally:
        os.close(lock)
