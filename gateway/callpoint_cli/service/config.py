"""``callpoint config check``: checks configuration and register."""

import asyncio
from pathlib import Path

import click
from rich.table import Table

from callpoint_cli.errors import MISSING, fail
from callpoint_cli.language import texts
from callpoint_cli.options import config_file
from callpoint_cli.output import print_json, print_table
from callpoint_cli.service.run import load
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.centres.readings import ZoneReading, alike_devices, readings
from callpoint_gateway.configuration.notes import notes
from callpoint_gateway.host.printable import printable
from callpoint_gateway.words.words import Words

CONNECT_S = 5.0


@click.group()
def config() -> None:
    """Check the configuration."""


async def _reachable(name: str, host: str, port: int) -> str | None:
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        return f"{name} at {host}:{port} does not answer within {CONNECT_S:g} s"
    except OSError as error:
        return f"{name} at {host}:{port}: {error.strerror or error}; is it running?"
    writer.close()
    return None


@config.command()
@config_file
@click.option("--connect", is_flag=True, help="Also try to connect to the broker and each centre.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def check(path: Path, connect: bool, as_json: bool) -> None:
    """Check configuration and register; show how each centre sees each zone.

    With --connect the command also connects to the broker and each centre.

    Example: callpoint config check -c gateway.toml --connect
    """
    settings, register = load(path)
    if connect:
        for name, host, port in [
            ("broker", settings.broker.host, settings.broker.port),
            *(
                (f"centre {centre.name}", *way.address)
                for centre in settings.centre
                for way in centre.ways
                if way.url is None and way.transport != "udp"
            ),
        ]:
            problem = asyncio.run(_reachable(name, host, port))
            if problem:
                fail(problem, MISSING)
    found = {
        "site": settings.gateway.site,
        "devices": len(register.device_ids()),
        "centres": [centre.name for centre in settings.centre],
        "timeseries": settings.timeseries is not None,
        "notes": [f"{note.what}; {note.remedy}" for note in notes(settings)],
    }
    told = [
        reading
        for centre in settings.centre
        for reading in readings(centre, PROTOCOLS[centre.protocol], register)
    ]
    if as_json:
        print_json(found | {"readings": [_as_object(reading) for reading in told]})
        return
    words = texts()
    if told:
        _print_table(told, words)
    for centre in settings.centre:
        for group in alike_devices(centre, PROTOCOLS[centre.protocol], register):
            devices = ", ".join(group)
            click.echo(words("config.alike", centre=centre.name, devices=devices))
    centres = ", ".join(one.name for one in settings.centre) or "-"
    click.echo(
        words(
            "config.good",
            path=path,
            site=settings.gateway.site,
            devices=found["devices"],
            centres=centres,
        )
    )
    for note in notes(settings):
        click.echo(
            words("config.note", what=words.told(note.what), remedy=words.told(note.remedy))
        )


def _as_object(told: ZoneReading) -> dict[str, object]:
    return {
        "centre": told.centre,
        "place": told.place.id,
        "device": told.device,
        "zone": told.zone,
        "account": told.reading.account,
        "number": told.reading.number,
        "text": told.reading.text,
    }


def _print_table(told: list[ZoneReading], words: Words) -> None:
    """Print what each centre will read of each zone."""
    table = Table(box=None, pad_edge=False)
    for title in (
        words("config.centre"),
        words("config.place"),
        words("config.device"),
        words("config.zone"),
        words("config.account"),
        words("config.number"),
        words("config.text"),
    ):
        table.add_column(title)
    for reading in told:
        cells = _as_object(reading) | {"place": str(reading.place)}
        table.add_row(*(printable(str(cell or "-")) for cell in cells.values()))
    print_table(table)
