"""Users of this machine for tests: others where root runs them, otherwise whoever runs them.

What another user may do is given by number, so that no user needs to exist. An ordinary user is
the peer itself: a gateway of its own then gives that number the roles of the test.
"""

import importlib
import json
import os
import pkgutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = os.geteuid() == 0


class User(NamedTuple):
    """A user and its groups, by number."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()


def user(number: int, *groups: int) -> User:
    """Return another user with its ``groups`` where root runs the tests, else this user."""
    if ROOT:
        return User(60_000 + number, 60_000 + number, groups)
    return User(os.geteuid(), os.getegid(), tuple(os.getgroups()))


@contextmanager
def open_folder() -> Iterator[Path]:
    """Yield a folder that every user can get at."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def callpoint(
    who: User, *words: str, columns: int = 80, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run ``callpoint`` as a user. The program itself need not be readable for that user."""
    return subprocess.run(
        [sys.executable, __file__, json.dumps([who.uid, who.gid, who.groups, words])],
        capture_output=True,
        timeout=60,
        env={**os.environ, "COLUMNS": str(columns), **(environment or {})},
        check=False,
    )


def say(who: User, folder: Path, line: bytes) -> dict[str, Any]:
    """Return what the gateway of a folder replies to a line of this user."""
    told = [who.uid, who.gid, who.groups, str(folder), line.decode()]
    spoken = subprocess.run(
        [sys.executable, __file__, json.dumps(told)], capture_output=True, timeout=60, check=True
    )
    reply: dict[str, Any] = json.loads(spoken.stdout)
    return reply


def become(uid: int, gid: int, groups: Sequence[int]) -> None:
    """Be another user from now on, if this is root."""
    if ROOT:
        os.setgroups(groups)
        os.setgid(gid)
        os.setuid(uid)
        os.environ["HOME"] = "/nowhere"


def _load(package: str) -> None:
    """Load a package with all below it: the other user may not be able to read it."""
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _main() -> None:
    uid, gid, groups, *rest = json.loads(sys.argv[1])
    if isinstance(rest[0], str):
        folder, line = rest
        become(uid, gid, groups)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(f"{folder}/control.sock")
            connection.sendall(line.encode() + b"\n")
            print(connection.makefile().readline())
        return
    (words,) = rest
    for package in ("callpoint_cli", "rich._unicode_data"):
        _load(package)
    from callpoint_cli.main import main

    become(uid, gid, groups)
    main(words)


if __name__ == "__main__":
    _main()
