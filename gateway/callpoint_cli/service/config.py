"""``callpoint config check``: is it right, and is what it names there?"""

import asyncio
import json
from pathlib import Path

import click

from callpoint_cli.errors import MISSING, fail
from callpoint_cli.options import config_file
from callpoint_cli.service.run import load
from callpoint_gateway.configuration.notes import notes

CONNECT_S = 5.0


@click.group()
def config() -> None:
    """Look at the configuration."""


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
@click.option("--connect", is_flag=True, help="Also try to reach the broker and each centre.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def check(path: Path, connect: bool, as_json: bool) -> None:
    """Check configuration and register; with --connect also what they name.

    Example: callpoint config check -c gateway.toml --connect
    """
    settings, register = load(path)
    if connect:
        for name, host, port in [
            ("broker", settings.broker.host, settings.broker.port),
            *(
                (f"centre {one.name}", *way.address)
                for one in settings.centre
                for way in one.ways
                if way.url is None and way.transport != "udp"
            ),
        ]:
            problem = asyncio.run(_reachable(name, host, port))
            if problem:
                fail(problem, MISSING)
    found = {
        "site": settings.gateway.site,
        "devices": len(register.device_ids()),
        "centres": [one.name for one in settings.centre],
        "timeseries": settings.timeseries is not None,
        "notes": list(notes(settings)),
    }
    if as_json:
        click.echo(json.dumps(found))
    else:
        centres = ", ".join(one.name for one in settings.centre) or "none"
        click.echo(
            f"{path}: good. Site {found['site']}, {found['devices']} devices, centres: {centres}"
        )
        for note in notes(settings):
            click.echo(f"note: {note}")
