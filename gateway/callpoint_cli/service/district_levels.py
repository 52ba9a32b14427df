"""``callpoint district level``: puts an area to a response level at every gateway in it."""

from pathlib import Path

import click
from rich.table import Table

from callpoint_cli.durations import Duration
from callpoint_cli.language import texts
from callpoint_cli.output import print_json, print_table
from callpoint_cli.service.district_file import district_file, district_packages, district_settings
from callpoint_cli.service.district_person import database_of, for_a_person, json_option
from callpoint_cli.service.district_sites import site_rows
from callpoint_cli.times import short
from callpoint_district.settings import District
from callpoint_gateway.configuration.levels import HIGHEST, LOWEST
from callpoint_gateway.control.asker import By
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.printable import printable
from callpoint_gateway.supervision.questions import MAX_LEVEL_S, MIN_LEVEL_S


@click.group()
def level() -> None:
    """Put an area of the grid to a response level, at every gateway in it.

    Each gateway is told, also one that is away now or that comes later, and confirms it. Deadlines
    and routes of the level hold there as the site has set them.
    """


@level.command()
@click.argument("area", required=False, default="")
@click.option("--level", "wanted", type=click.IntRange(HIGHEST, LOWEST), required=True)
@click.option(
    "--for",
    "for_s",
    type=Duration(MIN_LEVEL_S, MAX_LEVEL_S),
    required=True,
    help="How long: 30m, 12h, 3d. At most 31d.",
)
@click.option("--reason", required=True, help="Why, for the journal; without names.")
@json_option
@for_a_person
def begin(
    area: str,
    wanted: int,
    for_s: int,
    reason: str,
    as_json: bool,
    settings: District,
    by: By,
) -> None:
    """Put AREA to a level: "Hangzhou / Xihu"; without it, everything.

    Example: callpoint district level begin "Hangzhou / Xihu" --level 2 --for 12h --reason storm
    --account op-7 --as supervisor -c district.toml
    """
    with district_packages():
        from callpoint_district.areas import levels
        from callpoint_district.areas.territory import area_of, area_text
    with database_of(settings) as database, database.transaction() as connection:
        where = area_of(connection, area)
        now_ms = SystemClock().wall_ms()
        begun = levels.begin(connection, where, wanted, for_s, reason, by, now_ms)
    words = texts()
    if as_json:
        print_json(begun)
        return
    text = words(
        "level.begun",
        area=area_text(begun.area) or words("areas.all"),
        level=words.level(begun.level),
        number=begun.number,
        until=f"{short(begun.until_ms, settings.zone)} {settings.zone.key}",
    )
    click.echo(printable(text))


@level.command()
@click.argument("number", type=int)
@json_option
@for_a_person
def end(number: int, as_json: bool, settings: District, by: By) -> None:
    """End the level NUMBER before its time, at every gateway that has it."""
    with district_packages():
        from callpoint_district.areas import levels
        from callpoint_district.areas.territory import area_text
    with database_of(settings) as database, database.transaction() as connection:
        ended = levels.end(connection, number, by, SystemClock().wall_ms())
    words = texts()
    if as_json:
        print_json(ended)
        return
    area = area_text(ended.area) or words("areas.all")
    click.echo(printable(words("level.ended", area=area, level=words.level(ended.level))))


@level.command("list")
@json_option
@district_file
def listing(as_json: bool, path: Path) -> None:
    """Show the levels that hold, and which gateways have confirmed them."""
    with district_packages():
        from callpoint_district.areas import levels
        from callpoint_district.areas.territory import area_text
    settings, words = district_settings(path), texts()
    with database_of(settings) as database, database.transaction() as connection:
        found = levels.listed(connection, SystemClock().wall_ms())
    if as_json:
        print_json({"levels": found})
        return
    if not found:
        click.echo(words("level.none"))
    for each in found:
        text = words(
            "level.begun",
            area=area_text(each.area) or words("areas.all"),
            level=words.level(each.level),
            number=each.number,
            until=f"{short(each.until_ms, settings.zone)} {settings.zone.key}",
        )
        click.echo(printable(text))
        table = Table(box=None, pad_edge=False, show_header=False)
        for cells in site_rows(each.sites, words, settings.zone):
            table.add_row("", *map(printable, cells))
        print_table(table)
