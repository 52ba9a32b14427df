"""``callpoint wifi``: another Wi-Fi network for devices, over the air."""

from pathlib import Path

import click
import msgspec
from rich.table import Table

from callpoint_cli.asking import asked
from callpoint_cli.errors import USAGE, fail
from callpoint_cli.journals import settings
from callpoint_cli.language import texts
from callpoint_cli.options import config_file
from callpoint_cli.output import print_json, print_table
from callpoint_cli.technician.improv import MAX_PASSWORD, MAX_SSID, MIN_PASSWORD, password
from callpoint_cli.technician.orders import state_of
from callpoint_gateway.host.printable import printable
from callpoint_gateway.ingest.questions import (
    LONGEST_KEPT_S,
    ChangeWifi,
    ListOrders,
    OrderStage,
    WaitingOrder,
)
from callpoint_gateway.words.said import of, said
from callpoint_gateway.words.unknown import near
from callpoint_protocol import names

_WIFI = names.COMMANDS[names.WIFI]
_HOUR_S = 3_600


@click.group()
def wifi() -> None:
    """Change the Wi-Fi network of devices over the air."""


@wifi.command("set")
@click.argument("devices", nargs=-1, metavar="[DEVICE]...")
@click.option("--all", "everybody", is_flag=True, help="Every device of the register.")
@click.option("--ssid", required=True, help="The network that the devices are to use.")
@click.option(
    "--try",
    "try_s",
    type=click.IntRange(0, names.MAX_COMMAND_S),
    default=0,
    show_default=True,
    help="Seconds that a device tries it at once; 0: only when its own network is lost.",
)
@click.option(
    "--in",
    "begin_s",
    type=click.FloatRange(0, LONGEST_KEPT_S),
    default=0.0,
    show_default=True,
    help="Seconds until the devices are told.",
)
@click.option(
    "--wait",
    "wait_h",
    type=click.FloatRange(0.01, LONGEST_KEPT_S / _HOUR_S),
    default=168.0,
    show_default=True,
    help="Hours that the order waits for devices that sleep or are away.",
)
@config_file
def set_(
    path: Path,
    devices: tuple[str, ...],
    everybody: bool,
    ssid: str,
    try_s: int,
    begin_s: float,
    wait_h: float,
) -> None:
    """Tell devices of another network; the one that they use stays their fall-back for a day.

    The command asks for the password, or reads it from standard input if that is no terminal. A
    device stays in the new network only if it reaches the broker there.

    Example: callpoint wifi set --all --ssid estate-2 --try 120 -c gateway.toml
    """
    config, register = settings(path)
    if bool(devices) == everybody:
        fail(said("wifi.which"), USAGE)
    for device in devices:
        if register.device(device) is None:
            fail(
                said("unknown.device", name=device, near=near(device, register.device_ids())),
                USAGE,
            )
    name = ssid.encode(errors="surrogateescape")
    if not 0 < len(name) <= MAX_SSID:
        fail(of("--ssid", said("improv.ssid", most=MAX_SSID)), USAGE)
    secret = password(ssid)
    if secret and not MIN_PASSWORD <= len(secret) <= MAX_PASSWORD:
        fail(said("improv.password", least=MIN_PASSWORD, most=MAX_PASSWORD), USAGE)
    request = ChangeWifi(
        network=bytes((len(name),)) + name + secret,
        devices=list(devices),
        try_s=try_s,
        wait_s=wait_h * _HOUR_S,
        begin_s=begin_s,
    )
    given = asked(Path(config.gateway.state_dir), request)
    click.echo(printable(texts()("wifi.told", count=len(given.numbers), ssid=ssid)))


@wifi.command()
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
@config_file
def status(path: Path, as_json: bool) -> None:
    """Show what has become of the network at each device that was told of it.

    Example: callpoint wifi status -c gateway.toml
    """
    config, _ = settings(path)
    waiting = asked(Path(config.gateway.state_dir), ListOrders()).orders
    found = [order for order in waiting if order.command == _WIFI]
    if as_json:
        print_json(msgspec.to_builtins(found))
        return
    words = texts()
    if not found:
        click.echo(words("wifi.none"))
        return
    table = Table(box=None, pad_edge=False)
    table.add_column(words("plan.device"))
    table.add_column(words("orders.state"))
    for order in found:
        state = _outcome(order) or state_of(order, config.gateway.zone)
        table.add_row(order.device, state)
    print_table(table)
    obeyed = [order for order in found if order.stage is OrderStage.OBEYED]
    used = sum(order.outcome == names.WIFI_USED for order in obeyed)
    vain = sum(order.outcome == names.WIFI_VAIN for order in obeyed)
    click.echo(
        words(
            "wifi.counts",
            used=used,
            vain=vain,
            waits=len(obeyed) - used - vain,
            open=len(found) - len(obeyed),
        )
    )


def _outcome(order: WaitingOrder) -> str:
    """Return what the device has said of the network, empty if nothing yet."""
    words = texts()
    if order.outcome == names.WIFI_USED:
        return words("wifi.used")
    if order.outcome == names.WIFI_VAIN:
        return words("wifi.vain")
    return words("wifi.waits") if order.outcome == names.WIFI_WAITS else ""
