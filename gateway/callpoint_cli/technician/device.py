"""``callpoint device``: sends a device an order and waits until the device has obeyed.

The gateway sends the order, because it knows when the device is awake. If the command is
interrupted or its wait ends, it takes the order back.
"""

import json
import time
from pathlib import Path

import click

from callpoint_cli.asking import asked
from callpoint_cli.errors import BAD, USAGE, fail
from callpoint_cli.journals import settings
from callpoint_cli.language import texts
from callpoint_cli.options import config_file
from callpoint_gateway.ingest.questions import (
    LONGEST_KEPT_S,
    LONGEST_WAIT_S,
    GiveOrder,
    KeepOrder,
    LookAtOrder,
    OrderStage,
    TakeOrderBack,
)
from callpoint_gateway.words.said import said
from callpoint_gateway.words.unknown import near
from callpoint_protocol import names

_LOOK_S = 0.1
_ORDERS = {
    name.replace("_", "-"): code for code, name in names.COMMANDS.items() if code != names.WIFI
}
_TIMED = ("identify", "walk-test", "siren")


def _obeyed(state_dir: Path, request: GiveOrder) -> OrderStage:
    """Give the order; return its stage when the device has obeyed or the wait is over."""
    ends_s = time.monotonic() + request.wait_s
    state = asked(state_dir, request)
    shown = None
    try:
        while state.stage is not OrderStage.OBEYED and time.monotonic() < ends_s:
            if state.stage is OrderStage.ASLEEP and shown is not OrderStage.ASLEEP:
                shown = state.stage
                later = said("device.asleep", device=request.device, seconds=request.wait_s)
                click.echo(texts().told(later), err=True)
            time.sleep(_LOOK_S)
            latest = asked(state_dir, LookAtOrder(number=state.number))
            if latest.stage is OrderStage.ENDED:
                break
            state = latest
    finally:
        last = asked(state_dir, TakeOrderBack(number=state.number))
    return last.stage if last.stage is OrderStage.OBEYED else state.stage


def _leave(
    state_dir: Path, name: str, order: str, seconds: int, hours: float, as_json: bool
) -> None:
    """Leave an order with the gateway, also over its restart."""
    kept = KeepOrder(device=name, command=_ORDERS[order], seconds=seconds, wait_s=hours * 3_600)
    number = asked(state_dir, kept).number
    if as_json:
        click.echo(json.dumps({"device": name, "order": order, "number": number}))
    else:
        click.echo(texts()("device.waits", device=name, order=order, hours=hours))


@click.command()
@config_file
@click.argument("name", metavar="DEVICE")
@click.argument("order", type=click.Choice(list(_ORDERS)))
@click.option(
    "--seconds",
    type=click.IntRange(0, names.MAX_COMMAND_S),
    help="How long identify, walk-test or siren lasts; 0 ends it.",
)
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(0.1, LONGEST_WAIT_S),
    default=10.0,
    show_default=True,
    help="Seconds that the device may take to obey; give a sleeping device more.",
)
@click.option(
    "--later",
    "later_h",
    type=click.FloatRange(0.01, LONGEST_KEPT_S / 3_600),
    help="Do not wait: the gateway keeps the order for so many hours.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def device(
    path: Path,
    name: str,
    order: str,
    seconds: int | None,
    wait_s: float,
    later_h: float | None,
    as_json: bool,
) -> None:
    """Send DEVICE an order and wait until it has obeyed.

    Example: callpoint device lobby walk-test --seconds 1800 -c gateway.toml
    """
    config, register = settings(path)
    if register.device(name) is None:
        fail(said("unknown.device", name=name, near=near(name, register.device_ids())), USAGE)
    if seconds is None and order in ("walk-test", "siren"):
        fail(said("device.needs_seconds", order=order), USAGE)
    if seconds is not None and order not in _TIMED:
        fail(said("device.takes_no_seconds", order=order), USAGE)
    if later_h is not None:
        _leave(Path(config.gateway.state_dir), name, order, seconds or 0, later_h, as_json)
        return
    request = GiveOrder(device=name, command=_ORDERS[order], seconds=seconds or 0, wait_s=wait_s)
    stage = _obeyed(Path(config.gateway.state_dir), request)
    obeyed = stage is OrderStage.OBEYED
    if as_json:
        click.echo(json.dumps({"device": name, "order": order, "obeyed": obeyed}))
    elif obeyed:
        click.echo(texts()("device.done", device=name, order=order))
    if not obeyed:
        if stage is OrderStage.ASLEEP:
            fail(said("device.not_heard", device=name, seconds=wait_s), BAD)
        fail(said("device.not_answered", device=name, seconds=wait_s), BAD)
