"""``callpoint console``: the pages for property managers and operators, in the foreground."""

import asyncio
import gc
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, NamedTuple

import click
import msgspec

from callpoint_cli.errors import MISSING, USAGE, fail
from callpoint_cli.journals import config_option, site_of
from callpoint_cli.options import DEFAULT_CONFIG
from callpoint_cli.service.console_address import (
    Unusable,
    chosen,
    listening_on,
    of_a_console,
)
from callpoint_cli.service.console_rounds import Rounds, Wrong, listening_at
from callpoint_cli.site_model import site_source
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.configuration import config as configuration
from callpoint_gateway.configuration import register as registers
from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.backup import unfinished
from callpoint_gateway.words.said import of, said, said_by

if TYPE_CHECKING:
    from callpoint_console.console import Console
    from callpoint_console.database import Database
    from callpoint_console.reloading import Reloading


class _Loaded(NamedTuple):
    """What the files say, with what the command line says instead; it can be used."""

    config: Config
    register: Register


@click.command()
@config_option
@of_a_console
def console(config_path: Path | None, listen: str | None, port: int | None) -> None:
    """Serve the pages that people work on.

    It ends when it is told to stop (SIGTERM or Ctrl-C).

    It only reads the journals, and asks the running gateway for what people do. Without a gateway
    the pages say so.

    Example: callpoint console -c gateway.toml
    """
    path = config_path or DEFAULT_CONFIG

    def files(loaded: _Loaded) -> list[Path]:
        return [path, Path(loaded.config.gateway.register)]

    rounds = Rounds(lambda: _load(path, listen, port), files, _fixed, said("console.restart"))
    # First, so that the libraries take the memory which reading a large register leaves behind.
    loaded: _Loaded | None
    loaded = rounds.first()
    gc.collect()
    try:
        from callpoint_console.database import DatabaseFault, file_in, opened
        from callpoint_console.schema import SUBJECTS
        from callpoint_console.serving import listener
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("callpoint"):
            raise
        fail(said("console.packages"), MISSING)
    state_dir = Path(loaded.config.gateway.state_dir)
    if unfinished(state_dir):
        fail(of(str(state_dir), said("console.unfinished")), MISSING)
    listening = listening_on(loaded.config.console, listener)
    with ExitStack() as stack:
        stack.callback(listening.close)
        try:
            database = stack.enter_context(opened(file_in(state_dir), SUBJECTS))
        except DatabaseFault as fault:
            fail(said_by(fault), MISSING)

        def serve(loaded: _Loaded, reloading: "Reloading[_Loaded]") -> bool:
            return _round(loaded, listening, database, reloading, rounds.listens)

        while loaded is not None:
            loaded = rounds.then(loaded, serve)


def _load(path: Path, listen: str | None, port: int | None) -> _Loaded:
    """Return what the files say now. Wrong: it cannot be used."""
    try:
        config = configuration.settings(path, PROTOCOLS)
        register = registers.load(Path(config.gateway.register))
    except ConfigError as error:
        raise Wrong(error.why, USAGE) from error
    try:
        shown = chosen(config.console, listen, port)
    except Unusable as error:
        raise Wrong(error.why) from error
    return _Loaded(msgspec.structs.replace(config, console=shown), register)


def _fixed(loaded: _Loaded) -> tuple[object, ...]:
    """Return what only a new start of the console can change."""
    gateway, console = loaded.config.gateway, loaded.config.console
    return gateway.site, gateway.state_dir, console.listen, console.port


def _round(
    loaded: _Loaded,
    listening: socket,
    database: "Database",
    reloading: "Reloading[_Loaded]",
    listens: Callable[[ConsoleSettings], None],
) -> bool:
    """Serve what was loaded; say whether to go on with what was loaded since."""
    from callpoint_console.accounts.assembly import accounts_of
    from callpoint_console.app import build_app
    from callpoint_console.people.assembly import people_of
    from callpoint_console.people.district_looks import DistrictLooks
    from callpoint_console.plan_telling import PlanTelling
    from callpoint_console.serving import serve
    from callpoint_console.work.shifts import on_shift

    settings = listening_at(loaded.config.console, listening)
    loaded = _Loaded(msgspec.structs.replace(loaded.config, console=settings), loaded.register)
    config, register, clock = loaded.config, loaded.register, SystemClock()
    shown = _console(loaded, database, reloading)
    accounts = accounts_of(database, config, register, clock, on_shift)
    try:
        people = people_of(Path(config.gateway.state_dir), config, register, clock, accounts.looks)
        app = build_app(shown, accounts, people)
        if config.upstream is not None and "household" in config.upstream.questions:
            shown.works.append(DistrictLooks(shown, people, shown.desk).run)
        if config.upstream is not None and shown.stores is not None:
            shown.works.append(PlanTelling(shown.stores.plans, shown.desk).run)
        return asyncio.run(
            serve(
                app,
                shown,
                listening,
                lambda: listens(settings),
                settings=settings,
                reloading=reloading,
            )
        )
    finally:
        accounts.sign_in.close()


def _console(loaded: _Loaded, database: "Database", reloading: "Reloading[_Loaded]") -> "Console":
    from callpoint_console.console import Console
    from callpoint_console.desk import SocketDesk
    from callpoint_console.live.gateway_state import GatewayWatch
    from callpoint_console.stores import stores_of
    from callpoint_people.notifications import Notifications

    config, register = loaded.config, loaded.register
    site, clock = site_of(config, register), SystemClock()
    outside = Notifications(site.folder) if config.notify.enabled else None
    stores = stores_of(database, register, clock, config.console, outside)
    desk = SocketDesk(site.folder)
    gateway = GatewayWatch(desk, site.folder, clock)
    return Console(site.name, site_source(site), desk, stores, gateway, lambda: reloading.trouble)
