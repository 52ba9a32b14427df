"""Puts files in place so that a crash at any moment leaves all old or all new.

Everything is written beside first (``stage``). One file then says that it is whole (``commit``):
from there on the work is finished, now or by the next command that calls ``recover``.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from callpoint_gateway.broker import private_files
from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.broker.book import Known
from callpoint_gateway.broker.revocation import NotInForce, enforce
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.host.named_errors import naming
from callpoint_gateway.host.owner import own
from callpoint_gateway.words.said import Said, of, said
from callpoint_technician.plan.mistakes import PlanRefused

FOLDER: Final = ".plan-staging"
_MANIFEST: Final = "commit.json"
_LOCK: Final = ".plan-lock"


class File(msgspec.Struct, frozen=True):
    """A file that waits under a number, and where it belongs."""

    number: int
    target: str
    mode: int


class Manifest(msgspec.Struct):
    """What has to be done: files, files to delete, lines of the authority's book, revocations.

    ``tell``: the broker must read its lists anew.
    """

    files: list[File] = []
    delete: list[str] = []
    certificates_dir: str = ""
    known: list[Known] = []
    revoked: list[str] = []
    tell: bool = False


class Staging:
    """The work of one import, in a folder beside the register that only its owner reads."""

    def __init__(self, beside: Path) -> None:
        """``beside``: the folder of the register."""
        self.folder = beside / FOLDER
        self.manifest = Manifest()

    def begin(self) -> None:
        """Begin anew; what was staged and never committed is forgotten."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700)

    def stage(self, target: Path, content: bytes, mode: int) -> Path:
        """Write the content of a file beside; return where."""
        number = len(self.manifest.files)
        self.manifest.files.append(File(number, str(target), mode))
        path = self.folder / str(number)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with naming(target), os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return path

    def commit(self) -> None:
        """Decide that the new state counts."""
        _sync(self.folder)
        private_files.write(self.folder / _MANIFEST, msgspec.json.encode(self.manifest))
        _sync(self.folder)


def recover(beside: Path, clock: Clock) -> Said | None:
    """Finish what an import has committed; forget what it has not.

    Return what still has to be done when the broker cannot be told now; the next call tries again.
    PlanRefused: nobody can tell what was committed.
    """
    folder = beside / FOLDER
    manifest = folder / _MANIFEST
    if not manifest.exists():
        shutil.rmtree(folder, ignore_errors=True)
        return None
    try:
        todo = msgspec.json.decode(manifest.read_bytes(), type=Manifest)
    except NOT_JSON:
        raise PlanRefused([of(str(manifest), said("plan.staging"))]) from None
    if todo.files or todo.delete:
        _place(folder, todo)
        todo = msgspec.structs.replace(todo, files=[], delete=[])
        private_files.write(manifest, msgspec.json.encode(todo))
    if todo.certificates_dir:
        late = _of_authority(todo, clock)
        if late is not None:
            return late
    shutil.rmtree(folder)
    return None


def _place(folder: Path, todo: Manifest) -> None:
    for file in todo.files:
        waiting = folder / str(file.number)
        if waiting.exists():  # else it was placed before a crash
            _move(waiting, Path(file.target), file.mode)
    for gone in todo.delete:
        Path(gone).unlink(missing_ok=True)
    for parent in {Path(path).parent for path in [*todo.delete, *(f.target for f in todo.files)]}:
        if parent.exists():
            _sync(parent)


def _move(waiting: Path, target: Path, mode: int) -> None:
    """Put one file in place; it belongs to the owner of the folder, as all files of the site."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if target.parent.stat().st_dev != waiting.stat().st_dev:
        private_files.write(target, waiting.read_bytes(), mode)
        waiting.unlink()
        return
    waiting.chmod(mode)
    own(waiting, target.parent)
    waiting.replace(target)


def _of_authority(todo: Manifest, clock: Clock) -> Said | None:
    authority = Authority.opened(Path(todo.certificates_dir), clock)
    authority.adopt(todo.known, todo.revoked)
    if not todo.tell or authority.broker is None:
        return None
    try:
        enforce(authority, authority.broker, todo.revoked)
    except NotInForce as error:
        return said("plan.broker_late", why=error.why)
    return None


@contextmanager
def alone(beside: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Wait until no other import works on this site, and keep others out.

    ``waiting`` is called before a wait.
    """
    descriptor = os.open(beside / _LOCK, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        own(descriptor, beside)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
