"""``callpoint upstream enrol|status``: the line to a district, or from a district to its city."""

import json
import os
import sqlite3
import stat
import tomllib
from pathlib import Path
from typing import Any

import click
import msgspec
from cryptography import x509

from callpoint_cli.errors import BAD, MISSING, USAGE, fail
from callpoint_cli.journals import settings
from callpoint_cli.language import texts
from callpoint_cli.options import config_file
from callpoint_cli.output import print_json
from callpoint_cli.owner import as_owner
from callpoint_cli.service.district_file import is_district
from callpoint_gateway.broker import private_files
from callpoint_gateway.configuration.engine_access import place_of
from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.control.client import Unanswered, ask
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.enrolment import asking
from callpoint_gateway.enrolment.asking import Given, NotEnrolled
from callpoint_gateway.enrolment.code import Code, read_code
from callpoint_gateway.enrolment.files import UpstreamFiles
from callpoint_gateway.enrolment.messages import PORT, EngineState
from callpoint_gateway.journal.reader import JournalError, Reader, is_there
from callpoint_gateway.supervision.faults import SupervisedState
from callpoint_gateway.supervision.questions import ListSupervised, SupervisedView
from callpoint_gateway.upstream.cursor import CURSOR
from callpoint_gateway.words.said import of, said, said_by, stored


@click.group()
def upstream() -> None:
    """The line to a district, which keeps the journal of this site.

    At a district: the line to its city.
    """


@upstream.command()
@click.argument("code", nargs=-1)
@click.option(
    "--at",
    required=True,
    metavar="HOST:PORT",
    help=f"Where the district takes enrolments; the port is {PORT} unless it says otherwise.",
)
@config_file
def enrol(code: tuple[str, ...], at: str, path: Path) -> None:
    """Enrol at a district with the one-time CODE that it has given.

    Without CODE it is asked for. The key is made here and never leaves this machine. The code
    says which district it is: nothing is sent to anybody else.

    Example: callpoint upstream enrol --at district.example:4223 -c gateway.toml
    """
    words = texts()
    place = place_of(at) or place_of(f"{at}:{PORT}")
    if place is None:
        fail(said("enrol.at", at=at), USAGE)
    folder, is_district = _belongs(path)
    typed = " ".join(code) or click.prompt(words("enrol.ask_code"), hide_input=False)
    try:
        read = read_code(typed)
    except ValueError as error:
        fail(said_by(error), USAGE)
    given = _enrolled(read, place, UpstreamFiles(folder))
    ends = x509.load_pem_x509_certificate(given.enrolled.certificate.encode()).not_valid_after_utc
    enrolled = given.enrolled
    day = f"{ends:%Y-%m-%d}"
    click.echo(words("enrol.done", gateway=enrolled.gateway, district=enrolled.district, day=day))
    if enrolled.engine is not EngineState.READY:
        click.echo(words(f"enrol.engine.{enrolled.engine.value}"))
    _put_into(path, _table(given, at if place_of(at) else f"{at}:{PORT}", folder), is_district)
    with as_owner(folder):
        UpstreamFiles(folder).done()


def _belongs(path: Path) -> tuple[Path, bool]:
    """Return the folder for the files, and whether the configuration is that of a district."""
    if is_district(path):
        return path.absolute().parent, True
    config, _ = settings(path)
    return Path(config.gateway.state_dir).absolute(), False


def _enrolled(code: Code, place: tuple[str, int], files: UpstreamFiles) -> Given:
    try:
        with as_owner(files.folder.parent):
            key = files.next_key()
            given = asking.enrol(code, *place, key)
            files.take(given, key)
    except NotEnrolled as error:
        fail(error.why, BAD)
    except OSError as error:
        fail(said("enrol.cannot_write", file=str(files.folder), why=said_by(error)), MISSING)
    return given


def _table(given: Given, renewal: str, folder: Path) -> dict[str, Any]:
    files = UpstreamFiles(folder)
    return {
        "district": given.enrolled.district,
        "gateway": given.enrolled.gateway,
        "servers": given.enrolled.servers,
        "ca_file": str(files.ca),
        "certificate_file": str(files.certificate),
        "key_file": str(files.key),
        "renewal": renewal,
    }


def _put_into(path: Path, table: dict[str, Any], is_district: bool) -> None:
    """Add the table to the file; where there is another already, say what it should be."""
    words = texts()
    # A TOML basic string, and a list of them, is written as in JSON.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in table.items()]
    whole = "\n".join(["[upstream]", *lines])
    before = path.read_bytes()
    present = tomllib.loads(before.decode("utf-8-sig")).get("upstream")
    if present is None:
        gap = "\n" if before.endswith(b"\n") else "\n\n"
        try:
            _rewrite(path.resolve(), before + f"{gap}{whole}\n".encode())
        except OSError as error:
            click.echo(whole)
            fail(said("enrol.cannot_write", file=str(path), why=said_by(error)), MISSING)
        if is_district:
            click.echo(words("enrol.written_district", file=str(path)))
        else:
            click.echo(words("enrol.written", file=str(path)))
    elif {key: present.get(key) for key in table} == table:
        click.echo(words("enrol.as_it_was", file=str(path)))
    else:
        click.echo(words("enrol.by_hand", file=str(path)))
        click.echo(whole)


def _rewrite(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, for whom it was before. OSError."""
    before = path.stat()
    private_files.write(path, content, stat.S_IMODE(before.st_mode))
    if os.geteuid() == 0:
        os.chown(path, before.st_uid, before.st_gid)


class LineState(msgspec.Struct, frozen=True):
    """How the line to a district stands. ``waiting``: entries that the district has not yet.

    ``certificate_ends``: the day, empty without a certificate. ``state``: ``unknown`` while the
    gateway does not run.
    """

    district: str
    gateway: str
    servers: list[str]
    state: str
    text: str
    waiting: int
    certificate_ends: str


@upstream.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@config_file
def status(as_json: bool, path: Path) -> None:
    """Show how the line to the district stands.

    It ends with 4 if the line has a fault.

    Example: callpoint upstream status -c gateway.toml
    """
    if is_district(path):
        fail(said("upstream.district"), USAGE)
    config, _ = settings(path)
    if config.upstream is None:
        fail(said("upstream.none", file=str(path)), MISSING)
    words = texts()
    state_dir = Path(config.gateway.state_dir)
    part = _part(state_dir)
    told = "" if part is None else words.told(stored(part.why, part.reason))
    found = LineState(
        district=config.upstream.district,
        gateway=config.upstream.gateway,
        servers=config.upstream.servers,
        state=(SupervisedState.UNKNOWN if part is None else part.state).value,
        text=told,
        waiting=_waiting(state_dir),
        certificate_ends=_ends(config.upstream),
    )
    if as_json:
        print_json(found)
    else:
        click.echo(words("upstream.is", gateway=found.gateway, district=found.district))
        state = words.supervised(found.state)
        click.echo(words("upstream.state", state=state, why=told) if told else state)
        click.echo(words("upstream.waiting", entries=found.waiting))
        if found.certificate_ends:
            click.echo(words("upstream.certificate_until", day=found.certificate_ends))
    if part is None:
        fail(said("upstream.no_gateway"), MISSING)
    if part.state is SupervisedState.FAULT:
        raise SystemExit(BAD)


def _part(state_dir: Path) -> SupervisedView | None:
    """Return what the running gateway says of the line; None: none runs, or it has no line."""
    try:
        found = ask(state_dir, ListSupervised()).supervised
    except (Unanswered, QuestionRefused):
        return None
    return next((part for part in found if part.source == CURSOR), None)


def _waiting(state_dir: Path) -> int:
    """Return how many entries have no receipt of the district yet."""
    file = state_dir / "alarms.db"
    try:
        if not is_there(file):
            return 0
        with Reader(file) as reader:
            cursor = reader.cursors().get(CURSOR)
            return reader.head() - (cursor.position if cursor is not None else 0)
    except (JournalError, sqlite3.Error, OSError) as error:
        fail(said_by(error), MISSING)


def _ends(upstream: Upstream) -> str:
    """Return the day on which the certificate ends; empty without one."""
    if upstream.certificate_file is None:
        return ""
    pem = Path(upstream.certificate_file).read_bytes()
    try:
        return f"{x509.load_pem_x509_certificate(pem).not_valid_after_utc:%Y-%m-%d}"
    except ValueError:
        fail(of("certificate_file", said("upstream.no_pair")), USAGE)
