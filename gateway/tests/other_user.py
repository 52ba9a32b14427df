"""Users of this machine for tests: others where root runs them, otherwise whoever runs them.

What another user may do is given by number, so that no user needs to exist. An ordinary user is
the peer itself: a gateway of its own then gives that number the roles of the test.
"""

import codecs
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

import click

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
    return _run(who, "callpoint", words, {"COLUMNS": str(columns), **(environment or {})})


def say(who: User, folder: Path, line: bytes) -> dict[str, Any]:
    """Return what the gateway of a folder replies to a line of this user."""
    spoken = _run(who, "say", [str(folder), line.decode()])
    assert spoken.returncode == 0, spoken.stderr.decode()
    reply: dict[str, Any] = json.loads(spoken.stdout)
    return reply


def may_write(who: User, path: Path) -> bool:
    """Say whether a user may write a file, or make one in a folder."""
    return _run(who, "write", [str(path)]).returncode == 0


def _run(
    who: User, act: str, words: Sequence[str], environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    told = json.dumps([who.uid, who.gid, who.groups, act, words])
    return subprocess.run(
        [sys.executable, __file__, told],
        capture_output=True,
        timeout=60,
        env={**os.environ, **(environment or {})},
        check=False,
    )


def become(uid: int, gid: int, groups: Sequence[int]) -> None:
    """Be another user from now on, if this is root."""
    if ROOT:
        os.setgroups(groups)
        os.setgid(gid)
        os.setuid(uid)
        os.environ["HOME"] = "/nowhere"


def _load(package: str) -> None:
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _say(folder: str, line: str) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(f"{folder}/control.sock")
        connection.sendall(line.encode() + b"\n")
        print(connection.makefile().readline())


def _main() -> None:
    uid, gid, groups, act, words = json.loads(sys.argv[1])
    if act == "callpoint":
        from callpoint_cli.main import main

        # Loaded now: the other user may not be able to read the program, nor Python itself.
        codecs.lookup("utf-8-sig")
        assert main.get_command(click.Context(main), words[0])
        _load("rich._unicode_data")
        importlib.import_module("encodings.utf_8_sig")
        become(uid, gid, groups)
        main(words)
    become(uid, gid, groups)
    if act == "say":
        _say(*words)
    elif not os.access(words[0], os.W_OK):
        raise SystemExit(1)


if __name__ == "__main__":
    _main()
