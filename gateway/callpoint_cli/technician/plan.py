"""``callpoint plan``: an estate's table of units becomes register, identities and keys."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click
import msgspec
from rich.table import Table

from callpoint_cli.errors import MISSING, USAGE, fail
from callpoint_cli.language import language, texts
from callpoint_cli.options import config_file
from callpoint_cli.output import print_json, print_table
from callpoint_cli.technician.files import read, write
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.configuration import config as configuration
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.words.said import either, of, said
from callpoint_people import roles
from callpoint_people.database import FILE as PEOPLE_FILE
from callpoint_people.database import FOLDER as PEOPLE_FOLDER
from callpoint_people.store import PeopleStore
from callpoint_people.words import PeopleError
from callpoint_technician.plan import boards_file, carrying_out, example, placing, site
from callpoint_technician.plan.difference import PLACE, Change, Way
from callpoint_technician.plan.exporting import export as exported
from callpoint_technician.plan.importing import Options, Prepared, prepare
from callpoint_technician.plan.mistakes import PlanRefused
from callpoint_technician.plan.site import Files, Site

_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
_SIGNS: Final = {Way.ADDED: "+", Way.CHANGED: "~", Way.REMOVED: "-"}
_boards = click.option(
    "--boards", type=_FILE, help="What all boards are told. [default: boards.toml beside -c]"
)
_identities = click.option(
    "--identities", type=_FOLDER, help="Folder of identities. [default: identities beside -c]"
)
_certificates = click.option(
    "--certificates",
    type=_FOLDER,
    help="Folder of the site's authority. [default: that of [renewal]]",
)
_json = click.option("--json", "as_json", is_flag=True, help="One JSON object.")
_remove = click.option(
    "--remove", is_flag=True, help="Remove what the plan no longer has, and revoke its devices."
)
_new_keys = click.option(
    "--new-keys",
    is_flag=True,
    help="New keys for changed devices whose identity has left this machine.",
)


@click.group()
def plan() -> None:
    """Bring a site to what an estate's table of units says."""


def _say_wait() -> None:
    click.echo(texts()("plan.waiting"), err=True)


def of_site(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the files of a site (``files``), and its mistakes one line each."""

    @wraps(command)
    def called(
        path: Path,
        boards: Path | None,
        identities: Path | None,
        certificates: Path | None,
        **rest: Any,
    ) -> None:
        try:
            config = configuration.settings(path, PROTOCOLS)
        except ConfigError as error:
            fail(error.why, USAGE)
        renewal = config.renewal
        own = None if renewal is None else Path(renewal.certificates_dir)
        files = Files(
            config=config,
            config_file=path,
            boards=boards or path.parent / boards_file.FILE,
            identities=identities or path.parent / "identities",
            certificates=certificates or own,
        )
        try:
            with placing.alone(files.folder, _say_wait):
                late = placing.recover(files.folder, SystemClock())
                command(files=files, **rest)
        except PlanRefused as error:
            fail(error.why, USAGE)
        except PeopleError as error:
            fail(either(error.text), MISSING)
        if late is not None:
            fail(late, MISSING)

    return config_file(_boards(_identities(_certificates(called))))


@plan.command("import")
@click.argument("units", metavar="UNITS.csv", type=_FILE)
@click.option("--dry-run", is_flag=True, help="Only check, and show what would change.")
@_remove
@_new_keys
@_json
@of_site
def import_(
    files: Files, units: Path, dry_run: bool, remove: bool, new_keys: bool, as_json: bool
) -> None:
    """Bring a site to what UNITS.csv says; a second time only what differs is changed.

    All mistakes are shown with line and cell, and then nothing is changed. What people have
    written into the register beside it stays. No key is overwritten.

    Example: callpoint plan import units.csv --dry-run -c gateway.toml
    """
    clock = SystemClock()
    prepared = prepare(read(units), files, Options(remove, new_keys), clock)
    if as_json:
        _print_json(prepared, dry_run)
    else:
        _show(prepared)
    if dry_run:
        if not as_json:
            click.echo(texts()("plan.dry"))
        return
    done = carrying_out.carry_out(prepared, clock)
    if not as_json:
        _say_next(prepared, done.built)
    if done.late is not None:
        fail(done.late, MISSING)


@plan.command()
@click.argument("units", metavar="UNITS.csv", type=_FILE)
@_json
@of_site
def diff(files: Files, units: Path, as_json: bool) -> None:
    """Show what an import of UNITS.csv would change.

    Example: callpoint plan diff units.csv -c gateway.toml
    """
    prepared = prepare(read(units), files, Options(new_keys=True), SystemClock())
    if as_json:
        _print_json(prepared, True)
    else:
        _show(prepared)


def _show(prepared: Prepared) -> None:
    words = texts()
    found = prepared.difference
    for change in found.changes:
        table = words("plan.place") if change.table == PLACE else words("plan.device")
        details = _details(change)
        click.echo(f"{_SIGNS[change.way]} {table} {change.id}  {details}".rstrip())
    count = {way: sum(change.way is way for change in found.changes) for way in Way}
    click.echo(
        words(
            "plan.counts",
            added=count[Way.ADDED],
            changed=count[Way.CHANGED],
            removed=count[Way.REMOVED],
            same=found.same,
        )
    )
    if count[Way.REMOVED] and not prepared.options.remove:
        click.echo(words("plan.kept"))


def _details(change: Change) -> str:
    if change.way is Way.REMOVED:
        return ""
    words = texts()
    parts = [
        words(
            "plan.set",
            name=key.name,
            old="-" if key.old is None else key.old,
            new="-" if key.new is None else key.new,
        )
        for key in change.keys
    ]
    if change.way is Way.ADDED:
        parts = [str(key.new) for key in change.keys if key.new is not None]
        if change.zones:
            parts.append(" + ".join(change.zones.values()))
    elif change.zones is not None:
        old, new = ((zones or {}).values() for zones in (change.old_zones, change.zones))
        parts.append(words("plan.zones", old=" + ".join(old) or "-", new=" + ".join(new) or "-"))
    if change.identity and change.way is Way.CHANGED:
        parts.append(words("plan.new_identity"))
    return "; ".join(parts)


def _print_json(prepared: Prepared, dry_run: bool) -> None:
    print_json(
        {
            "changes": msgspec.to_builtins(prepared.difference.changes, str_keys=True),
            "same": prepared.difference.same,
            "identities": [] if dry_run else prepared.to_build,
            "written": not dry_run,
        }
    )


def _say_next(prepared: Prepared, built: list[str]) -> None:
    words = texts()
    if not prepared.to_do:
        click.echo(words("plan.nothing"))
        return
    if built:
        folder = prepared.site.files.identities
        click.echo(words("plan.built", count=len(built), folder=folder))
    click.echo(words("plan.reload"))


@plan.command()
@_json
@of_site
def show(files: Files, as_json: bool) -> None:
    """Show the devices of the plan, and which responders nobody has been named for yet.

    Example: callpoint plan show -c gateway.toml
    """
    here = site.read(files, needs_boards=False)
    if as_json:
        print_json(msgspec.to_builtins(here.record))
        return
    words = texts()
    table = Table(box=None, pad_edge=False)
    for head in (
        words("plan.device"),
        words("plan.place"),
        words("plan.board"),
        words("plan.wired"),
        words("plan.state"),
    ):
        table.add_column(head)
    for id, known in here.record.devices.items():
        place = here.register.place_of(id)
        if place is None:
            continue  # removed by hand
        state = words("plan.no_identity")
        if known.mark:
            waits = (files.identities / f"{id}.bin").exists()
            state = words("plan.waits") if waits else words("plan.flashed")
        table.add_row(id, str(place), known.board, known.wiring, state)
    print_table(table)
    _show_rest(here)


def _show_rest(here: Site) -> None:
    words = texts()
    others = set(here.register.device_ids()) - here.record.devices.keys()
    places = {place.id for place in here.register.places()} - set(here.record.places)
    if others or places:
        click.echo(words("plan.by_hand_too", count=len(others), places=len(places)))
    state_dir = Path(here.files.config.gateway.state_dir)
    there = (state_dir / PEOPLE_FOLDER / PEOPLE_FILE).exists()
    people = PeopleStore(state_dir) if there else None
    for cell, wanted in here.record.cells.items():
        for role in wanted:
            holders = people.holders(role, cell) if people is not None else []
            name = roles.name_of(role).in_(language())
            if holders:
                click.echo(words("plan.responders", cell=cell, role=name, count=len(holders)))
            else:
                click.echo(words("plan.nobody", cell=cell, role=name))
    if people is not None:
        people.close()


@plan.command("export")
@click.argument("output", metavar="UNITS.csv", type=_FILE)
@of_site
def export_(files: Files, output: Path) -> None:
    """Write what the site has into UNITS.csv; an import of that changes nothing.

    Example: callpoint plan export units.csv -c gateway.toml
    """
    here = site.read(files, needs_boards=False)
    content = exported(here.register, here.record, language())
    if output.exists() or output.is_symlink():
        fail(of(str(output), said("plan.exists")), USAGE)
    write(output, content)
    count = content.count(b"\n") - 1
    click.echo(texts()("plan.exported", file=output, count=count))


@plan.command("example")
@click.option("--boards", is_flag=True, help="The file about all boards instead of the table.")
def example_(boards: bool) -> None:
    """Print a table of units to begin with, with comments.

    Example: callpoint plan example > units.csv
    """
    text = example.boards(language()) if boards else example.table(language())
    click.echo(text, nl=False)
