"""``callpoint config check``: checks configuration and register."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click
from rich.table import Table

from callpoint_cli.errors import MISSING, fail
from callpoint_cli.language import texts
from callpoint_cli.options import config_file
from callpoint_cli.output import print_json, print_table
from callpoint_cli.service.run import load
from callpoint_console.database import file_in
from callpoint_console.plan_book import missing_in
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.centres.readings import ZoneReading, alike_devices, readings
from callpoint_gateway.configuration import config as configuration
from callpoint_gateway.configuration.http_server import http_server
from callpoint_gateway.configuration.notes import notes
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.doctor.findings import Grade
from callpoint_gateway.doctor.site import secrets
from callpoint_gateway.host.printable import printable
from callpoint_gateway.words.said import Said, said, said_by, value_said
from callpoint_gateway.words.words import Words
from callpoint_protocol import names

CONNECT_S = 5.0


@click.group()
def config() -> None:
    """Check the configuration."""


def _servers(settings: configuration.Config) -> Iterator[tuple[str, str, int]]:
    """Yield name, host and port of each server that the gateway connects to."""
    yield "broker", settings.broker.host, settings.broker.port
    for centre in settings.centre:
        for way in centre.ways:
            if way.url is not None:
                yield f"centre {centre.name}", *_address(way.url)
            elif way.transport != "udp":
                yield f"centre {centre.name}", *way.address
    if settings.timeseries is not None:
        yield "timeseries", *_address(settings.timeseries.url)
    for webhook in settings.webhook:
        yield f"webhook {webhook.name}", *_address(webhook.url)


def _address(url: str) -> tuple[str, int]:
    server = http_server(url)
    return server.host, urlsplit(server.url).port or (443 if server.secure else 80)


async def _reachable(name: str, host: str, port: int) -> Said | None:
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        return said("config.silent", name=name, host=host, port=port, seconds=int(CONNECT_S))
    except OSError as error:
        return said("config.unreachable", name=name, host=host, port=port, why=said_by(error))
    writer.close()
    return None


@config.command()
@config_file
@click.option("--connect", is_flag=True, help="Also try to connect to every server.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def check(path: Path, connect: bool, as_json: bool) -> None:
    """Check configuration and register; show how each centre sees each zone.

    With --connect the command also connects to the broker, each centre and each sink.

    Example: callpoint config check -c gateway.toml --connect
    """
    settings, register = load(path)
    if connect:
        for name, host, port in _servers(settings):
            problem = asyncio.run(_reachable(name, host, port))
            if problem:
                fail(problem, MISSING)
        for centre in settings.centre:
            if any(way.transport == "udp" for way in centre.ways if way.url is None):
                click.echo(texts()("config.untried", centre=centre.name), err=True)
    found = {
        "site": settings.gateway.site,
        "devices": len(register.device_ids()),
        "centres": [centre.name for centre in settings.centre],
        "timeseries": settings.timeseries is not None,
        "notes": [f"{what}; {remedy}" for what, remedy in _noted(settings, register)],
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
    for what, remedy in _noted(settings, register):
        click.echo(words("config.note", what=words.told(what), remedy=words.told(remedy)))


def _noted(settings: configuration.Config, register: Register) -> Iterator[tuple[Said, Said]]:
    """Yield what is allowed and may not be meant: secrets that others read, kinds without plan."""
    for note in notes(settings):
        yield note.what, note.remedy
    for finding in secrets(settings):
        if finding.grade is not Grade.OK:
            yield finding.text, finding.remedy
    for kind, profile in missing_in(file_in(Path(settings.gateway.state_dir)), register):
        named = value_said("kind", names.KINDS[kind]), value_said("profile", profile)
        yield said("note.no_plan", kind=named[0], profile=named[1]), said("note.no_plan.do")


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
