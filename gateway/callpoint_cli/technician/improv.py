"""``callpoint improv``: sets the Wi-Fi of a device over its serial line."""

import getpass
import json
import sys
from contextlib import closing

import click
import msgspec

from callpoint_cli.errors import USAGE, fail
from callpoint_cli.language import texts
from callpoint_cli.technician.improv_client import BAUD, Client
from callpoint_gateway.host.printable import printable
from callpoint_gateway.words.said import of, said

MAX_SSID = 32
MIN_PASSWORD, MAX_PASSWORD = 8, 64


@click.command()
@click.argument("port")
@click.option("--ssid", help="The network that the device is to join.")
@click.option("--scan", is_flag=True, help="List the networks that the device sees.")
@click.option("--info", is_flag=True, help="Show which device it is.")
@click.option("--baud", type=click.IntRange(min=1), default=BAUD, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="JSON: an object, or a list for --scan.")
def improv(port: str, ssid: str | None, scan: bool, info: bool, baud: int, as_json: bool) -> None:
    """Set the Wi-Fi of the device on the serial PORT.

    The device must offer Improv. The command asks for the password, or reads it from standard
    input if that is no terminal; for an open network it is empty. A device that cannot join keeps
    the network that it had.

    Example: callpoint improv /dev/ttyUSB0 --ssid lab
    """
    if (ssid is not None) + scan + info != 1:
        fail(said("improv.one_of"), USAGE)
    if ssid is not None:
        _join(port, baud, ssid, as_json)
        return
    words = texts()
    with closing(Client(port, baud)) as client:
        if scan:
            networks = client.scan()
            if as_json:
                click.echo(json.dumps(msgspec.to_builtins(networks), ensure_ascii=False))
                return
            for network in networks:
                strength = "?" if network.strength is None else network.strength
                secured = words("improv.secured") if network.secured else words("improv.open")
                click.echo(f"{strength:>4} dBm  {secured}  {printable(network.ssid)}")
            return
        found = client.information()
        if as_json:
            click.echo(json.dumps(msgspec.to_builtins(found), ensure_ascii=False))
            return
        text = words(
            "improv.found",
            name=found.name,
            firmware=found.firmware,
            version=found.version,
            chip=found.chip,
            state=words("improv.online") if found.online else words("improv.not_online"),
        )
        click.echo(printable(text))


def _join(port: str, baud: int, ssid: str, as_json: bool) -> None:
    name = ssid.encode(errors="surrogateescape")
    if not 0 < len(name) <= MAX_SSID:
        fail(of("--ssid", said("improv.ssid", most=MAX_SSID)), USAGE)
    secret = password(ssid)
    if secret and not MIN_PASSWORD <= len(secret) <= MAX_PASSWORD:
        fail(said("improv.password", least=MIN_PASSWORD, most=MAX_PASSWORD), USAGE)
    with closing(Client(port, baud)) as client:
        urls = client.join(
            name, secret, lambda told: click.echo(printable(texts().told(told)), err=True)
        )
    if as_json:
        click.echo(json.dumps({"joined": ssid, "urls": urls}, ensure_ascii=False))
        return
    click.echo(texts()("improv.joined", port=port, ssid=ssid))
    for url in urls:
        click.echo(printable(url))


def password(ssid: str) -> bytes:
    """Return the password. It is no argument: every user of the machine can see arguments."""
    if sys.stdin.isatty():
        try:
            return getpass.getpass(texts()("improv.ask", ssid=ssid)).encode(
                errors="surrogateescape"
            )
        except (EOFError, KeyboardInterrupt):
            fail(said("improv.no_password"), USAGE)
    line = sys.stdin.buffer.readline(1024)
    if not line:
        fail(said("improv.nothing_read"), USAGE)
    return line.rstrip(b"\r\n")
