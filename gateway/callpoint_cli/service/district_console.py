"""``callpoint district console``: the pages of a district, in the foreground."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING

import click
import msgspec

from callpoint_cli.errors import MISSING, USAGE, fail
from callpoint_cli.language import texts
from callpoint_cli.service.console_address import (
    Unusable,
    chosen,
    listening_on,
    of_a_console,
)
from callpoint_cli.service.console_rounds import Rounds, Wrong, listening_at
from callpoint_cli.service.district_file import district_file
from callpoint_district.settings import District, load
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.state_lock import StateDirInUse, hold
from callpoint_gateway.journal.backup import BackupError, finish, unfinished
from callpoint_gateway.words.said import Said, said, said_by

if TYPE_CHECKING:
    from callpoint_console.database import Database as ConsoleFile
    from callpoint_console.reloading import Reloading
    from callpoint_district.database import Database


@click.command("console")
@district_file
@of_a_console
def district_console(path: Path, listen: str | None, port: int | None) -> None:
    """Serve the pages of a district: its grid, and the pages of each site.

    It reads the district's database, and asks a site's gateway to do what people order there.
    Accounts are those of `callpoint user -c district.toml`.

    It waits for a database that does not answer, and ends when it is told to stop (SIGTERM or
    Ctrl-C).

    Example: callpoint district console -c district.toml
    """

    def files(settings: District) -> list[Path]:
        return [path, *map(Path, filter(None, [settings.map_file]))]

    rounds = Rounds(
        lambda: _load(path, listen, port), files, _fixed, said("district.console_restart")
    )
    try:
        from callpoint_console.accounts.schema import SUBJECTS
        from callpoint_console.database import DatabaseFault, file_in, opened
        from callpoint_console.serving import listener
        from callpoint_district.console.app import build_app  # noqa: F401 - missing is said now
        from callpoint_district.database import Database, DatabaseError, migrated
    except ImportError as missing:
        if (missing.name or "").startswith("callpoint"):
            raise
        fail(said("district.console_extra"), MISSING)
    settings: District | None
    settings = rounds.first()
    with ExitStack() as stack:
        database = Database(settings.database)
        stack.callback(database.close)
        try:
            asyncio.run(migrated(database, _waits))
        except DatabaseError as error:
            fail(error.why, MISSING)
        _finish_restore(Path(settings.state_dir))
        listening = stack.enter_context(listening_on(settings.console, listener))
        try:
            file = stack.enter_context(opened(file_in(Path(settings.state_dir)), SUBJECTS))
        except DatabaseFault as fault:
            fail(said_by(fault), MISSING)

        def serve(settings: District, reloading: "Reloading[District]") -> bool:
            return _round(settings, database, file, listening, reloading, rounds.listens)

        while settings is not None:
            settings = rounds.then(settings, serve)


def _finish_restore(state_dir: Path) -> None:
    """Finish `callpoint restore` if it was interrupted."""
    if not unfinished(state_dir):
        return
    try:
        with hold(state_dir):
            finish(state_dir)
    except (BackupError, StateDirInUse, OSError) as error:
        fail(said_by(error), MISSING)


def _waits(why: Said) -> None:
    click.echo(texts()("district.waits", why=texts().told(why)), err=True)


def _load(path: Path, listen: str | None, port: int | None) -> District:
    """Return what the files say now. Wrong: it cannot be used."""
    from callpoint_district.console.district import drawing_of

    try:
        settings = load(path)
        drawing_of(settings)
    except ConfigError as error:
        raise Wrong(error.why, USAGE) from error
    try:
        shown = chosen(settings.console, listen, port)
    except Unusable as error:
        raise Wrong(error.why) from error
    return msgspec.structs.replace(settings, console=shown)


def _fixed(settings: District) -> tuple[object, ...]:
    """Return what only a new start of the console can change."""
    console = settings.console
    own = settings.district, settings.database, settings.state_dir
    return *own, console.listen, console.port


def _round(
    settings: District,
    database: "Database",
    file: "ConsoleFile",
    listening: socket,
    reloading: "Reloading[District]",
    listens: Callable[[ConsoleSettings], None],
) -> bool:
    """Serve what was loaded; say whether to go on with what was loaded since."""
    from callpoint_console.serving import serve
    from callpoint_district.console.app import build_app
    from callpoint_district.console.assembly import accounts_of
    from callpoint_district.console.district import DistrictConsole

    shown = listening_at(settings.console, listening)
    settings = msgspec.structs.replace(settings, console=shown)
    clock = SystemClock()
    accounts = accounts_of(file, settings, database, clock)
    try:
        district = DistrictConsole(settings, database, clock, lambda: reloading.trouble)
        app = build_app(district, accounts)
        return asyncio.run(
            serve(
                app,
                district,
                listening,
                lambda: listens(shown),
                settings=shown,
                reloading=reloading,
            )
        )
    finally:
        accounts.sign_in.close()
