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
    addresses,
    chosen,
    listening_on,
    of_a_console,
)
from callpoint_cli.service.district_file import district_file, district_settings
from callpoint_district.settings import District
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.state_lock import StateDirInUse, hold
from callpoint_gateway.journal.backup import BackupError, finish, unfinished
from callpoint_gateway.words.said import Said, said, said_by

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from callpoint_console.accounts.assembly import Accounts
    from callpoint_console.database import Database as ConsoleFile
    from callpoint_district.console.district import DistrictConsole
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
    settings = _with_options(district_settings(path), listen, port)
    try:
        from callpoint_console.accounts.schema import SUBJECTS
        from callpoint_console.database import DatabaseFault, file_in, opened
        from callpoint_console.serving import listener
        from callpoint_district.console.app import build_app
        from callpoint_district.database import Database, DatabaseError, migrated
    except ImportError as missing:
        if (missing.name or "").startswith("callpoint"):
            raise
        fail(said("district.console_extra"), MISSING)
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
        _serve(settings, database, file, listening, build_app)


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


def _with_options(settings: District, listen: str | None, port: int | None) -> District:
    try:
        shown = chosen(settings.console, listen, port)
    except Unusable as error:
        fail(error.why, MISSING)
    return msgspec.structs.replace(settings, console=shown)


def _serve(
    settings: District,
    database: "Database",
    file: "ConsoleFile",
    listening: socket,
    build_app: "Callable[[DistrictConsole, Accounts], Starlette]",
) -> None:
    from callpoint_console.serving import serve
    from callpoint_district.console.assembly import accounts_of
    from callpoint_district.console.district import DistrictConsole

    shown = msgspec.structs.replace(settings.console, port=listening.getsockname()[1])
    settings = msgspec.structs.replace(settings, console=shown)
    clock = SystemClock()
    accounts = accounts_of(file, settings, database, clock)
    try:
        district = DistrictConsole(settings, database, clock)
    except ConfigError as error:
        fail(error.why, USAGE)

    def ready() -> None:
        click.echo(texts()("console.listening", url=addresses(shown)))

    try:
        app = build_app(district, accounts)
        asyncio.run(serve(app, district, listening, ready, settings=shown))
    finally:
        accounts.sign_in.close()
