"""``callpoint console``: the pages for property managers and operators, in the foreground."""

import asyncio
import gc
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from socket import socket

import click
import msgspec

from callpoint_cli.errors import MISSING, fail
from callpoint_cli.journals import config_option, settings, site_of
from callpoint_cli.language import texts
from callpoint_cli.options import DEFAULT_CONFIG
from callpoint_cli.site_model import site_source
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.backup import unfinished
from callpoint_gateway.words.said import of, said, said_by, verbatim


@click.command()
@config_option
@click.option("--listen", help="Address to listen on, instead of the configuration's.")
@click.option("--port", type=int, help="Port, instead of the configuration's; 0: any free one.")
def console(config_path: Path | None, listen: str | None, port: int | None) -> None:
    """Serve the pages that people work on.

    It ends when it is told to stop (SIGTERM or Ctrl-C).

    It only reads the journals, and asks the running gateway for what people do. Without a gateway
    the pages say so.

    Example: callpoint console -c gateway.toml
    """
    # First, so that the libraries take the memory which reading a large register leaves behind.
    config, register = settings(config_path or DEFAULT_CONFIG)
    gc.collect()
    try:
        from callpoint_console.accounts.assembly import accounts_of
        from callpoint_console.app import build_app
        from callpoint_console.console import Console
        from callpoint_console.database import DatabaseFault, file_in, opened
        from callpoint_console.desk import SocketDesk
        from callpoint_console.live.gateway_state import GatewayWatch
        from callpoint_console.people.assembly import people_of
        from callpoint_console.schema import SUBJECTS
        from callpoint_console.serving import listener, serve
        from callpoint_console.stores import stores_of
        from callpoint_console.work.shifts import on_shift
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("callpoint"):
            raise
        fail(said("console.packages"), MISSING)
    site = site_of(config, register)
    if unfinished(site.folder):
        fail(of(str(site.folder), said("console.unfinished")), MISSING)
    chosen = _chosen(config.console, listen, port)
    _check_certificate(chosen)
    listening = _listening(chosen, listener)
    with ExitStack() as stack:
        stack.callback(listening.close)
        try:
            database = stack.enter_context(opened(file_in(site.folder), SUBJECTS))
        except DatabaseFault as fault:
            fail(verbatim(str(fault)), MISSING)
        chosen = msgspec.structs.replace(chosen, port=listening.getsockname()[1])
        config = msgspec.structs.replace(config, console=chosen)
        accounts = accounts_of(database, config, register, SystemClock(), on_shift)
        stack.callback(accounts.sign_in.close)
        stores = stores_of(database, register, SystemClock(), chosen)
        desk = SocketDesk(site.folder)
        gateway = GatewayWatch(desk, site.folder, SystemClock())
        shown = Console(site.name, site_source(site), desk, stores, gateway)
        people = people_of(site.folder, config, register, SystemClock(), accounts.looks)
        where = texts()("console.listening", url=_addresses(chosen))
        asyncio.run(
            serve(
                build_app(shown, accounts, people),
                shown,
                listening,
                lambda: click.echo(where),
                certificate_file=chosen.certificate_file,
                key_file=chosen.key_file,
                proxies=chosen.proxies,
            )
        )


def _listening(chosen: ConsoleSettings, listener: Callable[[str, int], socket]) -> socket:
    """Return the socket of the pages; end the command if the address cannot be had."""
    try:
        return listener(chosen.listen, chosen.port)
    except OSError as error:
        why = said("console.port", address=chosen.listen, port=chosen.port, why=said_by(error))
        fail(why, MISSING)


def _chosen(configured: ConsoleSettings, listen: str | None, port: int | None) -> ConsoleSettings:
    """Return the settings with what the command line says; end the command if that is wrong."""
    chosen = msgspec.structs.replace(
        configured,
        listen=configured.listen if listen is None else listen,
        port=configured.port if port is None else port,
    )
    if mistake := chosen.mistake():
        fail(mistake[1], MISSING)
    return chosen


def _check_certificate(chosen: ConsoleSettings) -> None:
    if chosen.certificate_file is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            chosen.certificate_file, chosen.key_file
        )
    except (OSError, ssl.SSLError) as error:
        why = said(
            "console.certificate",
            certificate=chosen.certificate_file,
            key_file=str(chosen.key_file),
            why=said_by(error),
        )
        fail(why, MISSING)


def _addresses(chosen: ConsoleSettings) -> str:
    """Return where it listens and, where people type something else, that as well."""
    here = msgspec.structs.replace(chosen, public_url=None).url
    return f"{here}/" if chosen.public_url is None else f"{here}/ ({chosen.url}/)"
