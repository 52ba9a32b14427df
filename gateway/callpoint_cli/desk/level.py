"""``callpoint level``: puts an area to a response level, or lists and ends levels."""

from collections.abc import Callable
from pathlib import Path

import click
from rich.table import Table

from callpoint_cli.asking import asked
from callpoint_cli.desk.desk_line import json_option, role_option
from callpoint_cli.durations import Duration
from callpoint_cli.journals import config_option, locate, state_dir_option
from callpoint_cli.language import texts
from callpoint_cli.output import print_json, print_table
from callpoint_cli.times import short
from callpoint_gateway.configuration.levels import HIGHEST, LOWEST
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.printable import printable
from callpoint_gateway.supervision.questions import (
    MAX_LEVEL_S,
    MIN_LEVEL_S,
    BeginLevel,
    EndLevel,
    LevelView,
    ListLevels,
)
from callpoint_gateway.words.words import Words


@click.group()
def level() -> None:
    """Put an area to a response level for a time.

    There are four, from IV to I, the most serious. Deadlines, ladder, supervision times and routes
    of the level hold there until it ends.
    """


def _area(view: LevelView, words: Words) -> str:
    return view.area or words("level.site")


def of_a_level(command: Callable[..., None]) -> Callable[..., None]:
    """Add AREA, ``--level``, ``--for`` and ``--reason``: at a site and at a district the same."""
    for option in (
        click.option("--reason", required=True, help="Why, for the journal; without names."),
        click.option(
            "--for",
            "for_s",
            type=Duration(MIN_LEVEL_S, MAX_LEVEL_S),
            required=True,
            help="How long: 30m, 12h, 3d. At most 31d.",
        ),
        click.option("--level", "wanted", type=click.IntRange(HIGHEST, LOWEST), required=True),
        click.argument("area", required=False, default=""),
    ):
        command = option(command)
    return command


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (json_option, state_dir_option, config_option):
        command = option(command)
    return command


@level.command()
@of_a_level
@role_option
@_options
def begin(
    area: str,
    wanted: int,
    for_s: int,
    reason: str,
    role: Role | None,
    config_path: Path | None,
    state_dir: Path | None,
    as_json: bool,
) -> None:
    """Put AREA to a level: a place's id, or the beginning of its text; without it, the site.

    Example: callpoint level begin "Fengyang / North" --level 2 --for 12h --reason storm
    """
    site, words = locate(config_path, state_dir), texts()
    question = BeginLevel(area=area, level=wanted, for_s=for_s, reason=reason)
    begun = asked(site.folder, question, role)
    if as_json:
        print_json(begun)
        return
    text = words(
        "level.begun",
        area=_area(begun, words),
        level=words.level(begun.level),
        number=begun.number,
        until=f"{short(begun.until_ms, site.zone)} {site.zone.key}",
    )
    click.echo(printable(text))


@level.command()
@click.argument("number", type=int)
@role_option
@_options
def end(
    number: int,
    role: Role | None,
    config_path: Path | None,
    state_dir: Path | None,
    as_json: bool,
) -> None:
    """End the level NUMBER before its time."""
    site, words = locate(config_path, state_dir), texts()
    ended = asked(site.folder, EndLevel(number=number), role)
    if as_json:
        print_json(ended)
        return
    text = words("level.ended", area=_area(ended, words), level=words.level(ended.level))
    click.echo(printable(text))


@level.command("list")
@_options
def listing(config_path: Path | None, state_dir: Path | None, as_json: bool) -> None:
    """Show the levels that hold, the most serious first."""
    site, words = locate(config_path, state_dir), texts()
    found = asked(site.folder, ListLevels())
    if as_json:
        print_json(found)
        return
    if not found.levels:
        click.echo(words("level.none"))
        return
    table = Table(box=None, pad_edge=False)
    for column in (
        words("level.number"),
        words("level.level"),
        words("level.area"),
        words("level.left"),
        words("level.until", zone=site.zone.key),
        words("level.who"),
        words("level.reason"),
    ):
        table.add_column(column)
    for view in found.levels:
        cells = [str(view.number), words.level(view.level), _area(view, words)]
        cells += [words.age(view.left_s * 1000), short(view.until_ms, site.zone)]
        table.add_row(*(printable(cell) for cell in (*cells, view.who, view.reason)))
    print_table(table)
