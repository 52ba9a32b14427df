"""``callpoint district engine|enrol|revoke|list``: who may speak to a district's engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from callpoint_cli.errors import BAD, MISSING, USAGE, fail
from callpoint_cli.language import texts
from callpoint_district.engine.folder import EngineError, EngineFolder
from callpoint_gateway.broker.authority import AuthorityError
from callpoint_gateway.words.said import said_by

_folder = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))


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
@click.option("--listen", default="127.0.0.1", show_default=True, help="Where it listens.")
@click.option("--port", type=click.IntRange(1, 65_535), default=4222, show_default=True)
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    default=Path("/var/lib/nats/js"),
    show_default=True,
    help="Where it keeps what it carries.",
)
@click.option(
    "--store-mb",
    type=click.IntRange(64, 1_000_000),
    default=2048,
    show_default=True,
    help="The most that it keeps there.",
)
def engine(
    folder: Path,
    district: str,
    hosts: tuple[str, ...],
    listen: str,
    port: int,
    store: Path,
    store_mb: int,
) -> None:
    """Write the configuration of a district's engine (nats-server) into FOLDER.

    The district gets an authority of its own, so no site can make another gateway.

    Example: callpoint district engine /etc/callpoint/engine --district d1 --host d1.example
    """
    files = EngineFolder(folder.absolute())
    with _failing():
        files.make(district, hosts, listen=listen, port=port, store=store, file_mb=store_mb)
    click.echo(texts()("district.engine_made", file=str(files.configuration)))


@click.command()
@click.argument("gateway")
@_folder
def enrol(gateway: str, folder: Path) -> None:
    """Let GATEWAY speak to the engine of FOLDER: make its certificate and key.

    Carry both and authority/ca.pem to the gateway, and have the engine read its files again.

    Example: callpoint district enrol g1 /etc/callpoint/engine
    """
    with _failing():
        issued = EngineFolder(folder.absolute()).enrol(gateway)
    click.echo(
        texts()(
            "district.enrolled",
            gateway=gateway,
            certificate=str(issued.certificate_file),
            key_file=str(issued.key_file),
        )
    )


@click.command()
@click.argument("gateway")
@_folder
def revoke(gateway: str, folder: Path) -> None:
    """Shut GATEWAY out, once the engine has read its files again.

    Example: callpoint district revoke g1 /etc/callpoint/engine
    """
    with _failing():
        EngineFolder(folder.absolute()).revoke(gateway)
    click.echo(texts()("district.revoked", gateway=gateway))


@click.command("list")
@_folder
def listed(folder: Path) -> None:
    """Show the gateways that may speak to the engine of FOLDER.

    Example: callpoint district list /etc/callpoint/engine
    """
    with _failing():
        found = EngineFolder(folder.absolute()).enrolled()
    for gateway in found:
        click.echo(gateway)
