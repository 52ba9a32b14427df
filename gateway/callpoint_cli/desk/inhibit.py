"""``callpoint inhibit``: holds events of a device or place back from the centres for a time."""

from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from callpoint_cli.alarm_lines import place_of
from callpoint_cli.asking import asked
from callpoint_cli.desk.desk_line import role_option
from callpoint_cli.durations import Duration
from callpoint_cli.errors import USAGE, fail
from callpoint_cli.journals import config_option, locate, state_dir_option
from callpoint_cli.language import texts
from callpoint_cli.output import print_json, print_table
from callpoint_cli.times import short
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.printable import printable
from callpoint_gateway.supervision.questions import (
    MAX_S,
    BeginInhibit,
    EndInhibit,
    InhibitList,
    InhibitView,
    ListInhibits,
)
from callpoint_gateway.words.said import said
from callpoint_gateway.words.words import Words


def _named(inhibit: InhibitView, words: Words) -> str:
    return place_of("", inhibit.device or inhibit.place, inhibit.zone, words)


def _what(inhibit: InhibitView, words: Words) -> str:
    what = words("inhibit.maintenance") if inhibit.maintenance else words("inhibit.inhibit")
    return words("inhibit.life", what=what) if inhibit.life else what


def show_inhibit_begun(inhibit: InhibitView, zone: ZoneInfo, as_json: bool) -> None:
    """Show what was begun."""
    words = texts()
    text = words(
        "inhibit.begun",
        where=_named(inhibit, words),
        what=_what(inhibit, words),
        number=inhibit.number,
        left=words.age(inhibit.left_s * 1000),
        until=f"{short(inhibit.until_ms, zone)} {zone.key}",
    )
    print_json(inhibit) if as_json else click.echo(text)


def show_inhibit_ended(inhibit: InhibitView, as_json: bool) -> None:
    """Show what was ended."""
    words = texts()
    text = words("inhibit.ended", where=_named(inhibit, words))
    print_json(inhibit) if as_json else click.echo(text)


def show_inhibits(found: InhibitList, zone: ZoneInfo, as_json: bool) -> None:
    """Show what is inhibited."""
    words = texts()
    if as_json:
        print_json(found)
        return
    if not found.inhibits:
        click.echo(words("inhibit.none"))
        return
    table = Table(box=None, pad_edge=False)
    for column in (
        words("inhibit.number"),
        words("inhibit.what"),
        words("inhibit.where"),
        words("inhibit.left"),
        words("inhibit.until", zone=zone.key),
        words("inhibit.role"),
        words("inhibit.reason"),
    ):
        table.add_column(column)
    for inhibit in found.inhibits:
        cells = [str(inhibit.number), _what(inhibit, words), _named(inhibit, words)]
        cells += [words.age(inhibit.left_s * 1000), short(inhibit.until_ms, zone)]
        table.add_row(*(printable(cell) for cell in (*cells, inhibit.role, inhibit.reason)))
    print_table(table)


@click.command()
@click.argument("device", required=False)
@click.option("--zone", type=click.IntRange(0, 255), help="Only this zone of the device.")
@click.option("--place", help="Every device at this place of the register, instead of DEVICE.")
@click.option(
    "--for", "for_s", type=Duration(1, MAX_S), help="How long: 90s, 30m, 2h, 1d. At most 7d."
)
@click.option("--reason", help="Why, for the journal; without names.")
@role_option
@click.option(
    "--maintenance", is_flag=True, help="Somebody works on it: its silence is no fault either."
)
@click.option(
    "--life", is_flag=True, help="Also alarms of panic, medical, smoke and gas; at most 24h."
)
@click.option("--list", "listing", is_flag=True, help="Show what is inhibited.")
@click.option("--end", type=int, metavar="NUMBER", help="End this inhibit before its time.")
@click.option("--json", "as_json", is_flag=True, help="Print the gateway's answer as JSON.")
@config_option
@state_dir_option
def inhibit(
    device: str | None,
    zone: int | None,
    place: str | None,
    for_s: int | None,
    reason: str | None,
    role: Role | None,
    maintenance: bool,
    life: bool,
    listing: bool,
    end: int | None,
    as_json: bool,
    config_path: Path | None,
    state_dir: Path | None,
) -> None:
    """Hold events of DEVICE back from every centre for a time.

    The gateway records and marks them. Panic, medical, smoke and gas alarms are held back only
    with --life. At the end the gateway reports to the centres what has not been restored.

    Examples: callpoint inhibit lobby --zone 2 --for 2h --reason "new door" --as technician

    callpoint inhibit --list
    """
    if (end is not None) + listing + (device is not None or place is not None) != 1:
        fail(said("inhibit.give"), USAGE)
    site = locate(config_path, state_dir)
    if listing:
        show_inhibits(asked(site.folder, ListInhibits()), site.zone, as_json)
        return
    if end is not None:
        show_inhibit_ended(asked(site.folder, EndInhibit(number=end), role), as_json)
        return
    if for_s is None or not reason:
        fail(said("inhibit.needed"), USAGE)
    begun = asked(
        site.folder,
        BeginInhibit(
            device=device or "",
            zone=zone,
            place=place or "",
            for_s=for_s,
            reason=reason,
            maintenance=maintenance,
            life=life,
        ),
        role,
    )
    show_inhibit_begun(begun, site.zone, as_json)
