"""``callpoint district engine|enrol|enrolment|revoke|list``: who may speak to the engine."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.table import Table

from callpoint_cli.errors import BAD, MISSING, USAGE, fail
from callpoint_cli.foreground import run_until_told
from callpoint_cli.journals import UTC
from callpoint_cli.language import texts
from callpoint_cli.output import print_json, print_table
from callpoint_cli.service.district_person import json_option
from callpoint_cli.times import short
from callpoint_district.engine.enrolling import give_code, is_connected, states
from callpoint_district.engine.enrolment_service import EnrolmentService
from callpoint_district.engine.folder import EngineError, EngineFolder
from callpoint_district.engine.monitor import MONITOR
from callpoint_gateway.broker.authority import AuthorityError
from callpoint_gateway.configuration import host_name
from callpoint_gateway.enrolment.messages import PORT
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.printable import printable
from callpoint_gateway.words.said import said_by

_folder = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
_listen = click.option(
    "--listen", default="127.0.0.1", show_default=True, help="Where it listens."
)


@contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except EngineError as error:
        fail(error.why, BAD)
    except AuthorityError as error:
        fail(error.why, MISSING)
    except ValueError as error:
        fail(said_by(error), USAGE)


@click.command()
@_folder
@click.option("--district", required=True, help="The name of the district: a-z 0-9 -.")
@click.option(
    "--host",
    "hosts",
    multiple=True,
    required=True,
    help="A name or address under which gateways reach the engine; repeat for several.",
)
@_listen
@click.option("--port", type=click.IntRange(1, 65_535), default=4222, show_default=True)
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    default=Path("/var/lib/nats/js"),
    show_default=True,
    help="Where the engine keeps messages.",
)
@click.option(
    "--store-mb",
    type=click.IntRange(64, 1_000_000),
    default=2048,
    show_default=True,
    help="The most that it keeps there, in MB.",
)
@click.option(
    "--monitor",
    type=click.IntRange(1, 65_535),
    default=MONITOR,
    show_default=True,
    help="The port, on this machine only, on which the engine says how it is.",
)
def engine(
    folder: Path,
    district: str,
    hosts: tuple[str, ...],
    listen: str,
    port: int,
    store: Path,
    store_mb: int,
    monitor: int,
) -> None:
    """Write the configuration of a district's engine (nats-server) into FOLDER.

    The district gets an authority of its own, so no site can make another gateway.

    Example: callpoint district engine /etc/callpoint/engine --district d1 --host d1.example
    """
    files = EngineFolder(folder.absolute(), SystemClock())
    with _failing():
        files.make(
            district,
            hosts,
            listen=listen,
            port=port,
            store=store,
            file_mb=store_mb,
            monitor=monitor,
        )
    click.echo(texts()("district.engine_made", file=str(files.configuration)))


@click.command()
@click.argument("gateway")
@_folder
@click.option(
    "--hours",
    type=click.FloatRange(0.1, 720),
    default=24.0,
    show_default=True,
    help="How long the code can be used.",
)
@click.option(
    "--files",
    "as_files",
    is_flag=True,
    help="Make certificate and key here, to be carried to a gateway that has no line yet.",
)
def enrol(gateway: str, folder: Path, hours: float, as_files: bool) -> None:
    """Make a one-time code with which GATEWAY enrols.

    At the gateway: callpoint upstream enrol CODE --at HOST:PORT. The code also says which
    district it is, so the gateway trusts nobody else. A code that was made before is void.

    Example: callpoint district enrol g1 /etc/callpoint/engine
    """
    words = texts()
    files = EngineFolder(folder.absolute(), SystemClock())
    with _failing():
        files.check(gateway)
        if is_connected(files, gateway):
            click.echo(words("enrol.connected", gateway=gateway), err=True)
        if not as_files:
            code = give_code(files, gateway, hours)
            click.echo(words("enrol.code", gateway=gateway, hours=f"{hours:g}"))
            click.echo(code.text)
            return
        issued = files.enrol(gateway)
        click.echo(
            words(
                "district.enrolled",
                gateway=gateway,
                certificate=str(issued.certificate_file),
                key_file=str(issued.key_file),
            )
        )
        _reloaded(files)


@click.command()
@click.argument("gateway")
@_folder
def revoke(gateway: str, folder: Path) -> None:
    """Revoke GATEWAY: its connection ends at once, and its code is void.

    Example: callpoint district revoke g1 /etc/callpoint/engine
    """
    files = EngineFolder(folder.absolute(), SystemClock())
    with _failing():
        files.revoke(gateway)
        click.echo(texts()("district.revoked", gateway=gateway))
        _reloaded(files)


@click.command("reload")
@_folder
def reload(folder: Path) -> None:
    """Write the users of the engine of FOLDER and what each may do; have the engine read it.

    Enrolment and revocation do that by themselves. A later version of Callpoint may need other
    permissions: run this after an upgrade.

    Example: callpoint district reload /etc/callpoint/engine
    """
    files = EngineFolder(folder.absolute(), SystemClock())
    with _failing():
        with files.alone():
            files.write_users()
        _reloaded(files)


def _reloaded(files: EngineFolder) -> None:
    """Have the engine read its users again, and say whether it did."""
    done = files.reload()
    if not done.good:
        fail(done.text, BAD)
    click.echo(texts().told(done.text))


@click.command("list")
@_folder
@json_option
def listed(folder: Path, as_json: bool) -> None:
    """Show every gateway of the engine of FOLDER.

    Whether it is enrolled, revoked or has a code that waits, and when its certificate ends.

    Example: callpoint district list /etc/callpoint/engine
    """
    with _failing():
        found = list(states(EngineFolder(folder.absolute(), SystemClock())))
    if as_json:
        print_json(found)
        return
    words = texts()
    table = Table(box=None, pad_edge=False)
    for head in ("gateway", "state", "ends", "code"):
        table.add_column(words(f"district.head.{head}"))
    for gateway in found:
        cells = (
            gateway.gateway,
            words(f"enrol.state.{gateway.state}"),
            _day(gateway.ends_s),
            short(gateway.code_ends_s * 1000, UTC) if gateway.code_ends_s else "-",
        )
        table.add_row(*map(printable, cells))
    print_table(table)


def _day(unix_s: int) -> str:
    return f"{datetime.datetime.fromtimestamp(unix_s, datetime.UTC):%Y-%m-%d}" if unix_s else "-"


@click.command()
@_folder
@_listen
@click.option("--port", type=click.IntRange(1, 65_535), default=PORT, show_default=True)
def enrolment(folder: Path, listen: str, port: int) -> None:
    """Take enrolments for the engine of FOLDER until it is told to stop (SIGTERM or Ctrl-C).

    It runs on the engine's machine as the engine's user. Gateways also renew their certificates
    here, so it goes on running.

    Example: callpoint district enrolment /etc/callpoint/engine --listen 0.0.0.0
    """
    if wrong := host_name.mistake(listen):
        fail(wrong, USAGE)
    files = EngineFolder(folder.absolute(), SystemClock())
    run_until_told("the enrolment service", EnrolmentService(files, listen, port).serve)
