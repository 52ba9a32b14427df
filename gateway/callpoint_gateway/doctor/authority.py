"""Examines the site's certificate authority and what its broker has of it."""

from collections.abc import Iterator
from pathlib import Path

from callpoint_gateway.broker import book as books
from callpoint_gateway.broker.book import Book
from callpoint_gateway.broker.configuration import CONNECTIONS, pid_file
from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.names import BROKER_USERS
from callpoint_gateway.doctor.findings import Finding, bad, ok, warn
from callpoint_gateway.doctor.validity import EXPIRES_SOON
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.words.said import said

# What the broker has open beside the connections of devices.
_MORE_FILES = 60


def _folder(config: Config) -> Path | None:
    """Return the folder of the site's authority; None where it is not known."""
    if config.renewal is not None:
        return Path(config.renewal.certificates_dir)
    if config.broker.ca_file is None:
        return None
    return Path(config.broker.ca_file).parent


def _book(folder: Path) -> Book | None:
    try:
        return books.read(folder)
    except (OSError, ValueError):
        return None


def private_files(config: Config) -> Iterator[Path]:
    """Yield the files of the authority and of its broker that are for their owner only."""
    folder = _folder(config)
    if folder is None or (book := _book(folder)) is None:
        return
    yield folder / books.FILE
    yield from sorted(folder.glob("*.key"))
    if book.broker is not None:
        yield from (Path(book.broker.folder) / name for name in ("broker.key", "acl"))


def keys(config: Config) -> Iterator[Finding]:
    """Examine which keys are on this machine that should not be."""
    folder = _folder(config)
    if folder is None:
        return
    here = {file.stem: file for file in folder.glob("*.key")}
    if "ca" in here:
        yield warn(
            said("doctor.root_key"),
            said("doctor.root_key_here", path=str(here["ca"])),
            said("doctor.root_key_here.do"),
        )
    else:
        yield ok(said("doctor.root_key"), said("doctor.root_key_away"))
    book = _book(folder)
    left = [name for name in book.names if name in here] if book else []
    for name in left:
        if name not in BROKER_USERS:
            yield warn(
                said("doctor.device_key"),
                said("doctor.device_key_here", path=str(here[name])),
                said("doctor.device_key_here.do", device=name),
            )


def renewal(config: Config, clock: Clock) -> Iterator[Finding]:
    """Examine whether the certificates of devices are renewed, and which ends soon."""
    folder = _folder(config)
    book = None if folder is None else _book(folder)
    if config.renewal is None:
        if book is not None:
            yield warn(
                said("doctor.renewal"),
                said("doctor.not_renewed"),
                said("doctor.not_renewed.do", folder=str(folder)),
            )
        return
    if book is None:
        yield bad(
            said("doctor.renewal"),
            said("doctor.no_authority", folder=str(folder)),
            said("doctor.renewal.do"),
        )
        return
    found = book.by_name()
    soon_s = clock.wall_ms() / 1000 + EXPIRES_SOON.total_seconds()
    used = {name: books.in_use(made) for name, made in found.items()}
    short = [name for name, one in used.items() if one and 0 < one.ends_s < soon_s]
    for name in short:
        yield warn(
            said("doctor.certificate_of", name=name),
            said("doctor.ends_soon", days=EXPIRES_SOON.days),
            said("doctor.ends_soon.do"),
        )
    if not short:
        none_ends = said("doctor.none_ends", count=len(found), days=EXPIRES_SOON.days)
        yield ok(said("doctor.renewal"), none_ends)


def broker_files(config: Config, processes: Path = Path("/proc")) -> Iterator[Finding]:
    """Examine whether the broker may have as many connections open as it accepts."""
    folder = _folder(config)
    book = None if folder is None else _book(folder)
    if book is None or book.broker is None:
        return
    try:
        number = int(pid_file(Path(book.broker.folder)).read_text())
        limits = (processes / str(number) / "limits").read_text()
        (line,) = (one for one in limits.splitlines() if one.startswith("Max open files"))
        may = line.split()[3]
    except (OSError, ValueError, IndexError):
        return  # it is not on this machine, or does not run: that is told elsewhere
    if may != "unlimited" and int(may) < CONNECTIONS + _MORE_FILES:
        yield warn(
            said("doctor.broker_files"),
            said("doctor.few_files", may=may, connections=CONNECTIONS),
            said("doctor.few_files.do"),
        )
    else:
        yield ok(said("doctor.broker_files"), said("doctor.enough_files", may=may))
