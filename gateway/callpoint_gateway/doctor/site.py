"""Examines the broker, ports, certificates, secrets and journal that a configuration names."""

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
from callpoint_gateway.doctor.validity import validity
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.reader import JournalError, Reader, is_there
from callpoint_gateway.supervision.faults import SupervisedState
from callpoint_gateway.supervision.questions import ListSupervised
from callpoint_gateway.words.said import said, said_by, stored, verbatim

# A longer journal takes seconds to verify: that is ``callpoint journal verify``.
VERIFIED = 100_000
# A broker that fails these truths is slow, but loses nothing.
_SLOW = ("in-flight", "nodelay")
# The remedy of a fault whose entry has none, because an earlier version wrote it.
_UNKNOWN = said("doctor.stands.do")
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
            said("doctor.broker"),
            said("doctor.at", where=f"{place.host}:{place.port}", why=said_by(error)),
            said("doctor.broker.do"),
        )
        return
    yield ok(said("doctor.broker"), said("doctor.answers", where=f"{place.host}:{place.port}"))
    for truth in truths:
        what = said("doctor.broker_truth", name=truth.name)
        if truth.good:
            yield ok(what, truth.text)
        else:
            finding = warn if truth.name in _SLOW else bad
            yield finding(what, truth.text, truth.remedy)


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
    for section, field, path in _files(config):
        if field not in _PUBLIC:
            continue
        what = said("doctor.certificate", name=path.name)
        try:
            chain = x509.load_pem_x509_certificates(path.read_bytes())
        except (OSError, ValueError):
            none = said("doctor.no_certificate", path=str(path))
            yield bad(what, none, said("doctor.no_certificate.do"))
            continue
        last = min(certificate.not_valid_after_utc for certificate in chain)
        remedy = said("doctor.expired.do", command=_MAKE_AGAIN)
        if section == "upstream":
            remedy = said("upstream.certificate.do")
        yield validity(what, last, clock, remedy)


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
    kept = sorted(Path(config.gateway.state_dir).rglob("*.key"))  # with which people are sealed
    private = dict.fromkeys([*named, *kept, *authority.private_files(config)])
    open_to_others = [path for path in private if _others_may(path)]
    for path in open_to_others:
        text = said("doctor.open_secret", path=str(path))
        yield bad(said("doctor.secret"), text, verbatim(f"chmod 600 {path}"))
    if not open_to_others:
        yield ok(said("doctor.secrets"), said("doctor.secrets_good"))


def noted(config: Config) -> Iterator[Finding]:
    """Is anything allowed that may not be meant?"""
    for note in notes(config):
        yield warn(said("doctor.note"), note.what, note.remedy)


def gateway_runs(config: Config) -> Iterator[Finding]:
    """Examine whether the gateway runs, and its faults; if not, whether its ports are free."""
    try:
        states = ask(Path(config.gateway.state_dir), ListSupervised()).supervised
    except (Unanswered, QuestionRefused) as error:
        yield warn(said("doctor.gateway"), said_by(error), verbatim("systemctl start callpoint"))
        yield from _ports(config)
        return
    yield ok(said("doctor.gateway"), said("doctor.runs"))
    for part in states:
        if part.state is SupervisedState.FAULT:
            yield bad(
                said("doctor.fault", source=part.source),
                stored(part.why, part.reason) or said("doctor.stands"),
                stored(part.to_do, part.remedy) or _UNKNOWN,
            )


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
                    said("doctor.port", name=name),
                    said("doctor.at", where=f"{address}:{port}", why=said_by(error)),
                    said("doctor.port_taken.do", name=name),
                )
                continue
        yield ok(
            said("doctor.port", name=name), said("doctor.port_free", where=f"{address}:{port}")
        )


def journal(config: Config) -> Finding:
    """Examine whether the alarms journal is unchanged, by its hash chain."""
    what = said("doctor.journal")
    file = Path(config.gateway.state_dir) / "alarms.db"
    try:
        if not is_there(file):
            return ok(what, said("doctor.no_journal"))
        with Reader(file) as reader:
            entries = reader.head()
            problems = list(reader.verify()) if entries <= VERIFIED else []
    except (JournalError, sqlite3.Error, OSError) as error:
        return bad(what, said_by(error), said("doctor.journal_unreadable.do"))
    if problems:
        return bad(
            what,
            said(
                "doctor.journal_changed",
                problems=len(problems),
                entries=entries,
                first=problems[0],
            ),
            said("doctor.journal_changed.do"),
        )
    if entries > VERIFIED:
        return ok(what, said("doctor.journal_long", entries=entries))
    return ok(what, said("doctor.journal_good", entries=entries))
