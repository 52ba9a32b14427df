"""Copies both journals and the configuration while the gateway runs, and restores such a copy.

A copy is complete or absent: it is written beside its place, read again, and then renamed. Each
journal is copied as it is at one moment, with its cursors. A gateway that starts with the copy
goes on as after a power cut at that moment: it delivers later events again, under the numbers
that the centres' cursors had then. Secrets are copied only on request.

A restore is done completely or not at all: the copy is written into a folder beside the journals,
and renaming that folder decides. A power cut after that only delays the restore: the next program
that opens the journals finishes it first.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.host.owner import own
from callpoint_gateway.journal.further_files import (
    FurtherFault,
    FurtherFile,
    check,
    copy_into,
    nobody_uses,
    out_of_the_way,
    put_back,
)
from callpoint_gateway.journal.reader import JOURNALS, JournalError, Reader
from callpoint_gateway.journal.salvage import forget_damage
from callpoint_gateway.words.said import Said, said, said_by

NOTE = "backup.json"
#: In the state directory: the note of the last copy that was made of it.
LAST = "last_backup.json"
SECRETS = "secrets"
FURTHER = "further"
_RESTORING = "restoring"


class BackupError(Exception):
    """A copy was not made or not restored; its ``Said`` says why and what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


def _of(file: Path, error: Exception) -> Said:
    return said("file.wrong", file=str(file), why=said_by(error))


class Note(msgspec.Struct, frozen=True):
    """What is in a copy: when it was made, the last position of each journal, further files."""

    made_ms: int
    site: str
    journals: dict[str, int]
    further: list[str] = []


def _copy(source: Path, target: Path) -> int:
    """Copy one journal as it is now and return its last position."""
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as here,
        closing(sqlite3.connect(target)) as there,
    ):
        here.backup(there)
        # One file, without a log beside it.
        there.execute("PRAGMA journal_mode=DELETE")
    return _checked(target)


def _checked(file: Path) -> int:
    """Return the last position of a copy. BackupError if the copy is damaged."""
    try:
        with Reader(file) as reader:
            if JOURNALS[file.name]:
                for problem in reader.verify():
                    raise BackupError(said("file.wrong", file=str(file), why=problem))
            return reader.head()
    except (JournalError, sqlite3.Error) as error:
        raise BackupError(_of(file, error)) from error


def _to_disk(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        opened = os.open(path, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def make(
    state_dir: Path,
    files: list[Path],
    target: Path,
    site: str,
    wall_ms: int,
    secrets: Sequence[Path] = (),
    further: Sequence[FurtherFile] = (),
    journals: Sequence[str] = tuple(JOURNALS),
) -> Note:
    """Copy both journals and ``files`` into the new folder ``target``. BackupError if it cannot.

    ``journals``: the names of those that there are; a district has none in files.
    ``further`` goes into a folder of its own there, before the journals: what another process has
    read of a journal is then in the journal's copy. ``secrets`` go into a folder of their own,
    each under its absolute path. If the process is killed in the middle, a folder stays whose
    name begins with a point, and no copy.
    """
    if target.exists():
        raise BackupError(said("backup.exists", target=str(target)))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise BackupError(_of(target, error)) from error
    try:
        copied = [name for each in further for name in copy_into(state_dir, each, new / FURTHER)]
        positions = {}
        for name in journals:
            if not (state_dir / name).exists():
                raise BackupError(said("journal.none", file=str(state_dir / name)))
            positions[name] = _copy(state_dir / name, new / name)
        for file in files:
            shutil.copy2(file, new / file.name)
        for file in secrets:
            # Without its ``..``, which would lead out of the copy.
            place = new / SECRETS / Path(os.path.normpath(file.absolute())).relative_to("/")
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copy2(file, place)
            place.chmod(0o600)  # whatever the file is
        note = Note(wall_ms, site, positions, copied)
        (new / NOTE).write_bytes(msgspec.json.encode(note))
        _to_disk(new)
        new.rename(target)
    except (OSError, sqlite3.Error, FurtherFault) as error:
        raise BackupError(_of(_file_of(error) or target, error)) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return note


def remember(state_dir: Path, note: Note) -> None:
    """Keep in the state directory that a copy was made. OSError: this user may not write there."""
    new = state_dir / f"{LAST}.new"
    new.write_bytes(msgspec.json.encode(note))
    new.chmod(0o644)
    own(new, state_dir)
    new.replace(state_dir / LAST)


def last_made(state_dir: Path) -> Note | None:
    """Return the note of the last copy; None: no copy is known."""
    try:
        return msgspec.json.decode((state_dir / LAST).read_bytes(), type=Note)
    except (OSError, *NOT_JSON):
        return None


def read_note(source: Path) -> Note:
    """Return the note inside a copy. BackupError if ``source`` is no copy."""
    try:
        return msgspec.json.decode((source / NOTE).read_bytes(), type=Note)
    except (OSError, *NOT_JSON) as error:
        raise BackupError(said("backup.none", source=str(source), why=said_by(error))) from error


def take_back(
    source: Path,
    state_dir: Path,
    site: str,
    *,
    replace: bool,
    further: Sequence[FurtherFile] = (),
    journals: Sequence[str] = tuple(JOURNALS),
) -> Note:
    """Put the files of a copy into ``state_dir``. The caller holds the lock of that folder.

    ``further``: the files that may be put back beside the journals, and ``journals`` those that a
    copy must have. Files that are there are never
    deleted: with ``replace`` they are renamed. BackupError if they are there without ``replace``,
    if a process uses them, or if the copy is damaged or of another site.
    """
    try:
        with nobody_uses(state_dir, further):
            return _take_back(source, state_dir, site, further, journals, replace=replace)
    except (OSError, FurtherFault) as error:
        raise BackupError(_of(_file_of(error) or state_dir, error)) from error


def _file_of(error: Exception) -> Path | None:
    """Return the file that could not be read or written, None if the error does not say."""
    name = error.filename if isinstance(error, OSError) else None
    return Path(name) if isinstance(name, str) else None


def _take_back(
    source: Path,
    state_dir: Path,
    site: str,
    further: Sequence[FurtherFile],
    journals: Sequence[str],
    *,
    replace: bool,
) -> Note:
    note = read_note(source)
    if note.site != site or set(note.journals) != set(journals):
        raise BackupError(said("backup.other_site", source=str(source), site=note.site, own=site))
    for name, position in note.journals.items():
        if _checked(source / name) != position:
            raise BackupError(said("backup.changed", file=str(source / name)))
    known = [name for each in further for name in (each.file, *each.keys, *each.secrets)]
    if strange := set(note.further) - set(known):
        raise BackupError(said("backup.strange", source=str(source), file=min(strange)))
    for each in further:
        if each.file in note.further:
            check(source / FURTHER / each.file)
    names = [*note.journals, *note.further]
    if not replace and any((state_dir / name).exists() for name in names):
        raise BackupError(said("backup.has_journals", folder=str(state_dir)))
    finish(state_dir)  # an earlier restore that was interrupted
    new = state_dir / f"{_RESTORING}.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for name in (NOTE, *note.journals):
        shutil.copy2(source / name, new / name)
    for name in note.further:
        (new / FURTHER / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy2(source / FURTHER / name, new / FURTHER / name)
    # If root is interrupted, the service finishes it, as its own user.
    for made in (new, *new.rglob("*")):
        own(made, state_dir)
    _to_disk(new)
    new.rename(state_dir / _RESTORING)
    finish(state_dir)
    return note


def unfinished(state_dir: Path) -> bool:
    """Say whether a restore was begun and not finished: the gateway finishes it at its start."""
    return (state_dir / _RESTORING).exists()


def finish(state_dir: Path) -> None:
    """Finish a restore that was begun, if any. A call that was interrupted may be repeated."""
    folder = state_dir / _RESTORING
    if not folder.exists():
        return
    if (folder / NOTE).exists():
        made_ms = read_note(folder).made_ms
        for name in JOURNALS:
            if (folder / name).exists():
                out_of_the_way(state_dir / name, made_ms)
                forget_damage(state_dir / name)
                own(folder / name, state_dir)
                (folder / name).rename(state_dir / name)
        if (folder / FURTHER).exists():
            put_back(folder / FURTHER, state_dir, made_ms)
        (folder / NOTE).unlink()
    folder.rmdir()
    opened = os.open(state_dir, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
