"""``callpoint inhibit``: what is worked on reaches no centre, for a time that ends by itself."""

from pathlib import Path

import click
from rich.table import Table

from callpoint_cli.asking import asked, print_json
from callpoint_cli.durations import as_text, duration
from callpoint_cli.errors import USAGE, fail
from callpoint_cli.journals import config_option, console, locate, printable, state_dir_option
from callpoint_gateway.supervision.questions import (
    BeginInhibit,
    EndInhibit,
    InhibitView,
    ListInhibits,
)


def _named(inhibit: InhibitView) -> str:
    zone = "" if inhibit.zone is None else f" zone {inhibit.zone}"
    return f"{inhibit.device or inhibit.place}{zone}"


def _what(inhibit: InhibitView) -> str:
    what = "maintenance" if inhibit.maintenance else "inhibit"
    return what + (", LIFE ALARMS TOO" if inhibit.life else "")


def _show(found: list[InhibitView]) -> None:
    if not found:
        click.echo("nothing is inhibited")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("number", "what", "device or place", "left", "role", "reason"):
        table.add_column(column)
    for inhibit in found:
        cells = [str(inhibit.number), _what(inhibit), _named(inhibit), as_text(inhibit.left_s)]
        table.add_row(*(printable(cell) for cell in (*cells, inhibit.role, inhibit.reason)))
    console().print(table)


@click.command()
@click.argument("device", required=False)
@click.option("--zone", type=click.IntRange(0, 255), help="Only this zone of the device.")
@click.option("--place", help="All at this place of the register, instead of a device.")
@click.option(
    "--for", "for_s", type=duration, metavar="TIME", help="How long: 90s, 30m, 2h, 1d. At most 7d."
)
@click.option("--reason", help="Why; for the journal. Write no names.")
@click.option("--as", "role", default="operator", show_default=True, help="What you are, not who.")
@click.option("--maintenance", is_flag=True, help="Somebody works on it: silence is expected too.")
@click.option("--life", is_flag=True, help="Also alarms of panic, medical, smoke and gas. 24h.")
@click.option("--list", "listing", is_flag=True, help="Show what is inhibited.")
@click.option("--end", type=int, metavar="NUMBER", help="End one before its time.")
@click.option("--json", "as_json", is_flag=True, help="Print the gateway's answer as JSON.")
@config_option
@state_dir_option
def inhibit(
    device: str | None,
    zone: int | None,
    place: str | None,
    for_s: int | None,
    reason: str | None,
    role: str,
    maintenance: bool,
    life: bool,
    listing: bool,
    end: int | None,
    as_json: bool,
    config_path: Path | None,
    state_dir: Path | None,
) -> None:
    """Hold the alarms and troubles of DEVICE back from every centre, for a time.

    They are recorded and marked. Alarms for life are held back only with --life. It ends by
    itself, and what still stands then is raised.

    Examples: callpoint inhibit lobby --zone 2 --for 2h --reason "new door" --as technician

    callpoint inhibit --list
    """
    if (end is not None) + listing + (device is not None or place is not None) != 1:
        fail("say what: DEVICE or --place, or --list, or --end NUMBER", USAGE)
    folder, _ = locate(config_path, state_dir)
    if listing:
        found = asked(folder, ListInhibits())
        print_json(found) if as_json else _show(found.inhibits)
        return
    if end is not None:
        ended = asked(folder, EndInhibit(number=end, role=role))
        text = f"{_named(ended)}: ended; what still stands is raised now"
        print_json(ended) if as_json else click.echo(text)
        return
    if for_s is None or not reason:
        fail("--for and --reason are needed: --for 2h --reason 'new door'", USAGE)
    begun = asked(
        folder,
        BeginInhibit(
            device=device or "",
            zone=zone,
            place=place or "",
            for_s=for_s,
            reason=reason,
            role=role,
            maintenance=maintenance,
            life=life,
        ),
    )
    text = f"{_named(begun)}: {_what(begun)} {begun.number}, ends in {as_text(begun.left_s)}"
    print_json(begun) if as_json else click.echo(text)
