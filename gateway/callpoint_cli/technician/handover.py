"""``callpoint handover``: the hand-over reports of a site, and the check of one without it."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from callpoint_cli.errors import BAD, MISSING, USAGE, fail
from callpoint_cli.journals import settings
from callpoint_cli.language import language
from callpoint_cli.options import config_file
from callpoint_cli.output import print_json, print_table
from callpoint_cli.technician.files import read
from callpoint_cli.technician.handover_words import TEXTS
from callpoint_cli.times import short
from callpoint_console.commissioning.signed_file import (
    Unsigned,
    Verified,
    public_bytes,
    verify,
)
from callpoint_console.commissioning.site_key import public_key
from callpoint_console.commissioning.store import COMMISSIONING, handovers
from callpoint_console.database import Database, DatabaseFault, file_in
from callpoint_gateway.host.printable import printable
from callpoint_gateway.words.said import Said, said_by, verbatim

_FILE = click.Path(dir_okay=False, path_type=Path)


def _text(key: str, **values: object) -> str:
    return printable(TEXTS[key].in_(language()).format(**values))


def _said(key: str, **values: object) -> Said:
    return verbatim(_text(key, **values))


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@config_file
@click.pass_context
def handover(context: click.Context, path: Path, as_json: bool) -> None:
    """List the hand-over reports of a site, the newest first.

    Reports are made on the console's page /handover.

    Example: callpoint handover -c gateway.toml
    """
    if context.invoked_subcommand is None:
        _list(path, as_json=as_json)


def _list(path: Path, *, as_json: bool) -> None:
    config, _ = settings(path)
    file = file_in(Path(config.gateway.state_dir))
    if not file.exists():
        notes = []
    else:
        try:
            database = Database(file, (COMMISSIONING,))
            try:
                notes = database.read(handovers)
            finally:
                database.close()
        except DatabaseFault as fault:
            fail(said_by(fault), MISSING)
    if as_json:
        print_json({"handovers": [note._asdict() for note in notes]})
        return
    if not notes:
        click.echo(_text("none"))
        return
    table = Table(box=None, pad_edge=False)
    for head in ("number", "made", "who", "tested", "left"):
        table.add_column(_text(head))
    zone = ZoneInfo(config.gateway.time_zone)
    for note in notes:
        made = short(note.made_ms, zone)
        table.add_row(
            str(note.number), made, printable(note.who), str(note.tested), str(note.untested)
        )
    print_table(table)


@handover.command("verify")
@click.argument("path", metavar="FILE", type=_FILE)
@click.option("--key", "key_file", type=_FILE, help="The site's public key, PEM.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def verified(path: Path, key_file: Path | None, as_json: bool) -> None:
    """Check FILE, the signed file of a report. It needs neither the site nor a network.

    Whatever was changed after the signature is named. Without --key the key in the file counts:
    whoever changed the file may have signed it anew.

    Example: callpoint handover verify handover-1.json --key handover.pem
    """
    key = None if key_file is None else _key(key_file)
    try:
        found = verify(read(path), key)
    except Unsigned:
        fail(_said("unsigned", file=path), BAD)
    if as_json:
        wrong = [{"kind": kind, "what": what} for kind, what in found.wrong]
        shown = {"good": found.good, "foreign": found.foreign, "key": found.fingerprint}
        print_json({**shown, "wrong": wrong, "report": found.report})
        if not found.good:
            raise SystemExit(BAD)
        return
    _show(found, path, key)


def _key(file: Path) -> bytes:
    key = public_key(read(file))
    if key is None:
        fail(_said("bad_key", file=file), USAGE)
    return public_bytes(key)


def _show(found: Verified, path: Path, key: bytes | None) -> None:
    if found.wrong:
        lines = [_text(f"wrong.{kind}", what=what) for kind, what in found.wrong]
        fail(verbatim("\n".join([_text("changed", file=path), *lines])), BAD)
    if found.foreign:
        fail(_said("foreign", file=path, fingerprint=found.fingerprint), BAD)
    report: dict[str, Any] = found.report
    counts = report["counts"]
    click.echo(_text("good", file=path, tested=counts["tested"], devices=counts["devices"]))
    if report["left"]:
        click.echo(_text("incomplete", left=", ".join(report["left"])))
    click.echo(_text("key", fingerprint=found.fingerprint))
    if key is None:
        click.echo(_text("compare"))
