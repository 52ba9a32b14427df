"""What an authority has issued and revoked: ``issued.json`` in its folder.

The command line and a running gateway both change it, so each change reads it anew under a lock.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from callpoint_gateway.broker import private_files
from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.words.said import of, said_by

FILE = "issued.json"


class Known(msgspec.Struct):
    """A certificate that was made.

    ``mark``: the number by which a device names it. ``key``: the public key, hex of the
    compressed point (SEC 1, 2.3.3). ``key_ends_s``: no certificate of this key lasts longer.
    ``used``: the device has connected with it. Times are Unix seconds; 0 in what an earlier
    version wrote, which cannot be renewed.
    """

    name: str
    serial: str
    revoked: bool = False
    mark: int = 0
    key: str = ""
    ends_s: int = 0
    key_ends_s: int = 0
    used: bool = False


class Place(msgspec.Struct, frozen=True):
    """Where the site's broker is: its folder and the gateway's port."""

    folder: str
    gateway_port: int


class Book(msgspec.Struct):
    """All that an authority remembers. ``number``: of the list of revoked certificates."""

    site: str
    number: int = 1
    broker: Place | None = None
    canary: str = ""
    certificates: list[Known] = []

    def find(self, name: str, mark: int) -> Known | None:
        """Return the certificate that a device names by its mark."""
        return next(
            (one for one in self.certificates if one.name == name and one.mark == mark), None
        )

    def in_use(self, name: str) -> Known | None:
        """Return the certificate with which a device connects, as ``in_use``."""
        return in_use(one for one in self.certificates if one.name == name)

    def by_name(self) -> dict[str, list[Known]]:
        """Return the certificates of each name, in the order in which they were made."""
        found: dict[str, list[Known]] = {}
        for one in self.certificates:
            found.setdefault(one.name, []).append(one)
        return found

    @property
    def names(self) -> list[str]:
        """The names that certificates were made for."""
        return sorted({one.name for one in self.certificates})


def in_use(made: Iterable[Known]) -> Known | None:
    """Return that of one name's certificates with which its device connects.

    It is the last that was used of the newest key, else the last that was made. None: none counts.
    """
    good = [one for one in made if not one.revoked]
    if not good:
        return None
    return next((one for one in reversed(good) if one.used and one.key == good[-1].key), good[-1])


def read(folder: Path) -> Book:
    """Return an authority's book. OSError; ValueError when it is none."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Book)
    except NOT_JSON as error:
        raise ValueError(of(FILE, said_by(error))) from error


def write(folder: Path, book: Book) -> None:
    """Write it whole or not at all."""
    private_files.write(folder / FILE, msgspec.json.format(msgspec.json.encode(book), indent=1))


@contextmanager
def changing(folder: Path) -> Iterator[Book]:
    """Yield the present book; it is written when the block ends without an exception."""
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(here, fcntl.LOCK_EX)
        book = read(folder)
        yield book
        write(folder, book)
    finally:
        os.close(here)
