"""Examines the broker, ports, certificates, secrets and journal that a configuration names."""

import datetime
import socket
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from cryptography import x509

from callpoint_gateway.broker.truths import Truth, examine
from callpoint_gateway.configuration.config import Broker, Config
from callpoint_gateway.configuration.notes import notes
from callpoint_gateway.control.client import Unanswered, ask
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.doctor import authority
from callpoint_gateway.doctor.findings import Finding, bad, ok, warn
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.reader import JournalError, Reader
from callpoint_gateway.supervision.faults import SupervisedState
from callpoint_gateway.supervision.questions import ListSupervised

EXPIRES_SOON = datetime.timedelta(days=30)
# A longer journal takes seconds to verify: that is ``callpoint journal verify``.
VERIFIED = 100_000
# A broker that fails these truths is slow, but loses nothing.
_SLOW = ("in-flight", "nodelay")
# The remedy of a fault whose entry has none, because an earlier version wrote it.
_UNKNOWN = "callpoint events --kind fault shows when it began"
_MAKE_AGAIN = "callpoint broker certificate --role gateway --again"
_PUBLIC = ("ca_file", "certificate_file")


def broker(
    config: Config, examined: Callable[[Broker, str, str], list[Truth]] = examine
) -> Iterator[Finding]:
    """Examine whether the broker answers and behaves as the gateway needs."""
    place = config.broker
    try:
        truths = examined(place, config.gateway.site, "callpoint-doctor")
    except OSError as error:
        yield bad(
            "broker",
            f"{place.host}:{place.port}: {error.strerror or error}",
            "start it, or correct [broker]; callpoint broker config sets one up",
        )
        return
    yield ok("broker", f"answers at {place.host}:{place.port}")
    for truth in truths:
        if truth.good:
            yield ok(f"broker {truth.name}", truth.text)
        else:
            finding = warn if truth.name in _SLOW else bad
            yield finding(f"broker {truth.name}", truth.text, truth.remedy)


def _sections(name: str, section: msgspec.Struct) -> Iterator[tuple[str, msgspec.Struct]]:
    """Yield a section and the sections in it, each with the name of the outermost section."""
    yield name, section
    for field in section.__struct_fields__:
        value = getattr(section, field)
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, msgspec.Struct):
                yield from _sections(name or field, inner)


def _files(config: Config) -> Iterator[tuple[str, str, Path]]:
    """Yield section, setting and path of each file that the configuration names."""
    for name, section in _sections("", config):
        for field in section.__struct_fields__:
            path = getattr(section, field)
            if field.endswith("_file") and path is not None:
                yield name, field, Path(path)


def certificates(config: Config, clock: Clock) -> Iterator[Finding]:
    """Examine when each certificate expires."""
    now = datetime.datetime.fromtimestamp(clock.wall_ms() / 1000, datetime.UTC)
    for _, field, path in _files(config):
        if field not in _PUBLIC:
            continue
        what = f"certificate {path.name}"
        try:
            chain = x509.load_pem_x509_certificates(path.read_bytes())
        except (OSError, ValueError):
            yield bad(what, f"{path} holds none", "correct its name, or make it again")
            continue
        last = min(certificate.not_valid_after_utc for certificate in chain)
        text = f"valid until {last:%Y-%m-%d}"
        remedy = f"make it again ({_MAKE_AGAIN}), then callpoint reload"
        if last <= now:
            yield bad(what, f"expired on {last:%Y-%m-%d}", remedy)
        elif last <= now + EXPIRES_SOON:
            yield warn(what, text, remedy)
        else:
            yield ok(what, text)


def _others_may(path: Path) -> bool:
    """Say whether others than its owner may use a file. What cannot be looked at is not told."""
    try:
        return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
    except OSError:
        return False


def secrets(config: Config) -> Iterator[Finding]:
    """Examine whether only their owner can read the files with secrets."""
    named = [
        path
        for section, field, path in _files(config)
        if field not in _PUBLIC and section != "firmware"  # a public key
    ]
    private = dict.fromkeys([*named, *authority.private_files(config)])
    open_to_others = [path for path in private if _others_may(path)]
    for path in open_to_others:
        yield bad("secret", f"{path} can be read by others", f"chmod 600 {path}")
    if not open_to_others:
        yield ok("secrets", "for their owner only")


def noted(config: Config) -> Iterator[Finding]:
    """Is anything allowed that may not be meant?"""
    for note in notes(config):
        text, _, remedy = note.rpartition("; ")
        yield warn("note", text, remedy)


def gateway_runs(config: Config) -> Iterator[Finding]:
    """Examine whether the gateway runs, and its faults; if not, whether its ports are free."""
    try:
        states = ask(Path(config.gateway.state_dir), ListSupervised()).supervised
    except (Unanswered, QuestionRefused) as error:
        yield warn("gateway", str(error), "systemctl start callpoint")
        yield from _ports(config)
        return
    yield ok("gateway", "runs")
    for part in states:
        if part.state is SupervisedState.FAULT:
            yield bad(f"fault {part.source}", part.reason or "stands", part.remedy or _UNKNOWN)


def _ports(config: Config) -> Iterator[Finding]:
    wanted: list[tuple[str, str, int, socket.SocketKind]] = []
    if config.status is not None:
        wanted.append(("status", config.status.listen, config.status.port, socket.SOCK_STREAM))
    if config.coap is not None:
        wanted.append(("coap", config.coap.listen, config.coap.port, socket.SOCK_DGRAM))
    for name, address, port, kind in wanted:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, kind) as tried:
            if kind == socket.SOCK_STREAM:
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((address, port))
            except OSError as error:
                yield bad(
                    f"port {name}",
                    f"{address}:{port}: {error.strerror}",
                    f"free it, or correct [{name}]",
                )
                continue
        yield ok(f"port {name}", f"{address}:{port} is free")


def journal(config: Config) -> Finding:
    """Examine whether the alarms journal is unchanged, by its hash chain."""
    file = Path(config.gateway.state_dir) / "alarms.db"
    if not file.exists():
        return ok("journal", "none yet")
    try:
        with Reader(file) as reader:
            entries = reader.head()
            problems = list(reader.verify()) if entries <= VERIFIED else []
    except (JournalError, sqlite3.Error, OSError) as error:
        return bad("journal", str(error), "callpoint journal salvage, or callpoint restore")
    if problems:
        return bad(
            "journal",
            f"{len(problems)} of {entries} entries do not fit: {problems[0]}",
            "find out who changed it: callpoint journal verify; then callpoint restore",
        )
    if entries > VERIFIED:
        return ok("journal", f"{entries} entries; callpoint journal verify examines them")
    return ok("journal", f"{entries} entries, each in the chain")
