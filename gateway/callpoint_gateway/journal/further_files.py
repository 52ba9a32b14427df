"""Files of a site beside its journals that a copy holds as well: SQLite files with their keys.

They have the same promises as the journals: a copy is as the file is at one moment, it is read
again, and a restore puts all of them back or none.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import msgspec

from callpoint_gateway.host.file_lock import FileInUse, hold_file
from callpoint_gateway.host.owner import own
from callpoint_gateway.words.said import said, said_by, verbatim

WAIT_S = 10.0  # for a process that writes


class FurtherFault(Exception):
    """Such a file cannot be copied or put back; the text says why and what to do."""


class FurtherFile(msgspec.Struct, frozen=True, kw_only=True):
    """An SQLite file in the state directory or in a folder of it. Paths begin there.

    ``lock``: the file that its process holds while it runs. ``keys``: what belongs to it and is
    copied with it; ``secrets``: what is copied with it if it is there, only with ``--secrets``.
    ``secret``: the file itself is copied with ``--secrets`` only. ``prepare`` changes the copy.
    """

    file: str
    lock: str | None = None
    keys: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    secret: bool = False
    prepare: Callable[[sqlite3.Connection], object] | None = None


def copy_into(state_dir: Path, further: FurtherFile, target: Path) -> list[str]:
    """Copy a file with its keys into ``target``, and return their paths; none if it is not there.

    FurtherFault: it is damaged. OSError, sqlite3.Error: it cannot be read or written.
    """
    source = state_dir / further.file
    if not source.exists():
        return []
    made = target / further.file
    made.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    uri = f"{source.absolute().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(uri, uri=True, timeout=WAIT_S)) as here,
        closing(sqlite3.connect(made)) as there,
    ):
        here.backup(there)
        if further.prepare is not None:
            with there:
                further.prepare(there)
            there.execute("VACUUM")  # what was taken out is not left in free pages
        there.execute("PRAGMA journal_mode=DELETE")
    check(made)
    keys = [*further.keys, *(key for key in further.secrets if (state_dir / key).exists())]
    for key in keys:
        shutil.copy2(state_dir / key, target / key)
        (target / key).chmod(0o600)
    return [further.file, *keys]


def check(file: Path) -> None:
    """Read an SQLite file through. FurtherFault: it is damaged or not there."""
    try:
        uri = f"{file.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=WAIT_S)) as opened:
            found = opened.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise FurtherFault(said("file.wrong", file=str(file), why=said_by(error))) from error
    if found != "ok":
        raise FurtherFault(said("file.wrong", file=str(file), why=verbatim(found)))


@contextmanager
def nobody_uses(state_dir: Path, further: Sequence[FurtherFile]) -> Iterator[None]:
    """Keep the processes of these files from starting. FurtherFault: one of them runs."""
    with ExitStack() as stack:
        for each in further:
            lock = state_dir / (each.lock or "")
            if each.lock is None or not lock.parent.is_dir():
                continue
            try:
                stack.enter_context(hold_file(lock))
            except FileInUse:
                used = str(state_dir / each.file)
                raise FurtherFault(said("file.in_use", file=used)) from None
        yield


def put_back(staged: Path, state_dir: Path, made_ms: int) -> None:
    """Move every file of a folder to its place; what is there is renamed, never deleted.

    It may be interrupted and called again. Files belong to the owner of their folder.
    """
    for file in sorted(path for path in staged.rglob("*") if path.is_file()):
        place = state_dir / file.relative_to(staged)
        if not place.parent.is_dir():
            place.parent.mkdir(mode=0o700)
            own(place.parent, state_dir)
        out_of_the_way(place, made_ms)
        own(file, place.parent)
        file.rename(place)
    shutil.rmtree(staged)


def out_of_the_way(file: Path, made_ms: int) -> None:
    """Rename a file and its logs, all under one name that is free."""

    def kept(number: int, part: str = "") -> Path:
        return file.with_name(f"{file.stem}.before-{made_ms}-{number}{file.suffix}{part}")

    number = 1
    while kept(number).exists():
        number += 1
    if not file.exists() and number > 1:
        number -= 1  # interrupted: the log beside the file goes where the file went
    for part in ("", "-wal", "-shm"):
        there = file.with_name(file.name + part)
        if there.exists():
            there.rename(kept(number, part))
