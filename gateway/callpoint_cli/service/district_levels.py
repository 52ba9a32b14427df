"""``callpoint district level``: puts an area to a response level at every gateway in it."""

from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from callpoint_cli.desk.level import of_a_level
from callpoint_cli.language import texts
from callpoint_cli.output import print_json, print_table
from callpoint_cli.service.district_file import district_file, district_packages, district_settings
from callpoint_cli.service.district_person import database_of, for_a_person, json_option
from callpoint_cli.service.district_sites import area_name, site_table
from callpoint_cli.times import short
from callpoint_district.settings import District
from callpoint_gateway.control.asker import By
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.printable import printable
from callpoint_gateway.words.words import Words

if TYPE_CHECKING:
    from callpoint_district.areas.levels import AreaLevel


@click.group()
def level() -> None:
    """Put an area of the grid to a response level, at every gateway in it.

    Each gateway is told, also one that is away now or that comes later, and confirms it. Deadlines
    and routes of the level hold there as the site has set them.
    """


@level.command()
@of_a_level
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
        from callpoint_district.areas.territory import area_of
    with database_of(settings) as database, database.transaction() as connection:
        where = area_of(connection, area)
        now_ms = SystemClock().wall_ms()
        begun = levels.begin(connection, where, wanted, for_s, reason, by, now_ms)
    if as_json:
        print_json(begun)
    else:
        click.echo(printable(_line(begun, texts(), settings.zone)))


@level.command()
@click.argument("number", type=int)
@json_option
@for_a_person
def end(number: int, as_json: bool, settings: District, by: By) -> None:
    """End the level NUMBER before its time, at every gateway that has it."""
    with district_packages():
        from callpoint_district.areas import levels
    with database_of(settings) as database, database.transaction() as connection:
        ended = levels.end(connection, number, by, SystemClock().wall_ms())
    words = texts()
    if as_json:
        print_json(ended)
        return
    area = area_name(ended.area, words)
    click.echo(printable(words("level.ended", area=area, level=words.level(ended.level))))


@level.command("list")
@json_option
@district_file
def listing(as_json: bool, path: Path) -> None:
    """Show the levels that hold, and which gateways have confirmed them."""
    with district_packages():
        from callpoint_district.areas import levels
    settings, words = district_settings(path), texts()
    with database_of(settings) as database, database.transaction() as connection:
        found = levels.listed(connection, SystemClock().wall_ms())
    if as_json:
        print_json({"levels": found})
        return
    if not found:
        click.echo(words("level.none"))
    for each in found:
        click.echo(printable(_line(each, words, settings.zone)))
        print_table(site_table(each.sites, words, settings.zone))


def _line(level: "AreaLevel", words: Words, zone: ZoneInfo) -> str:
    return words(
        "level.begun",
        area=area_name(level.area, words),
        level=words.level(level.level),
        number=level.number,
        until=f"{short(level.until_ms, zone)} {zone.key}",
    )
