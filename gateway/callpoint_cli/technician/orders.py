"""``callpoint orders``: the orders that wait at the gateway for their devices."""

from datetime import datetime, tzinfo
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
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.ingest.questions import (
    ListOrders,
    OrderStage,
    TakeOrderBack,
    WaitingOrder,
)
from callpoint_gateway.words.said import said


@click.command()
@click.option("--withdraw", type=int, metavar="NUMBER", help="Take this order back.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
@config_file
def orders(path: Path, withdraw: int | None, as_json: bool) -> None:
    """Show the orders that wait for their devices.

    Those that were left to wait outlive a restart of the gateway.

    Example: callpoint orders -c gateway.toml
    """
    config, _ = settings(path)
    state_dir = Path(config.gateway.state_dir)
    words = texts()
    if withdraw is not None:
        if asked(state_dir, TakeOrderBack(number=withdraw)).stage is OrderStage.ENDED:
            fail(said("orders.unknown", number=withdraw), USAGE)
        click.echo(words("orders.withdrawn", number=withdraw))
        return
    found = asked(state_dir, ListOrders()).orders
    if as_json:
        print_json(msgspec.to_builtins(found))
        return
    if not found:
        click.echo(words("orders.none"))
        return
    table = Table(box=None, pad_edge=False)
    for head in (
        words("orders.number"),
        words("plan.device"),
        words("orders.order"),
        words("orders.state"),
        words("orders.until"),
    ):
        table.add_column(head)
    for order in found:
        until = datetime.fromtimestamp(order.ends_ms / 1000, config.gateway.zone)
        table.add_row(
            str(order.number),
            order.device,
            order.command.replace("_", "-"),
            state_of(order, config.gateway.zone),
            f"{until:%Y-%m-%d %H:%M}",
        )
    print_table(table)


def state_of(order: WaitingOrder, zone: tzinfo) -> str:
    """Return what has become of an order."""
    words = texts()
    if order.stage is OrderStage.OBEYED:
        return words("orders.obeyed")
    if order.begins_ms > SystemClock().wall_ms():
        begins = datetime.fromtimestamp(order.begins_ms / 1000, zone)
        return words("orders.later", time=f"{begins:%Y-%m-%d %H:%M}")
    return words("orders.sent") if order.stage is OrderStage.SENT else words("orders.asleep")
