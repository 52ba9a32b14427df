"""``callpoint district routes``: who gets an alarm of a kind at a place, and why."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import click
from rich.table import Table

from callpoint_cli.errors import MISSING, USAGE, fail
from callpoint_cli.language import texts
from callpoint_cli.output import print_json, print_table
from callpoint_cli.service.district_file import district_file, district_settings
from callpoint_cli.service.district_person import json_option
from callpoint_cli.service.district_sites import area_name
from callpoint_district.areas.routing import DeskStep, desks_for
from callpoint_district.areas.rules import Areas, load
from callpoint_district.settings import District
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.host.printable import printable
from callpoint_gateway.words.said import said
from callpoint_gateway.words.words import Words
from callpoint_protocol import names


def areas_of(settings: District) -> Areas:
    """Return the rules of a district's areas, none without ``areas``; end the command if wrong."""
    if settings.areas is None:
        return Areas()
    try:
        return load(Path(settings.areas))
    except ConfigError as error:
        fail(error.why, USAGE)


@click.command()
@click.option("--place", default="", help='From the city down: "Hangzhou / Xihu / North".')
@click.option(
    "--kind",
    type=click.Choice(list(names.KINDS.values())),
    help="Only this kind of alarm.",
)
@json_option
@district_file
def routes(place: str, kind: str | None, as_json: bool, path: Path) -> None:
    """Show which desk gets an alarm at a place, who gets it when nobody takes it, and why.

    Example: callpoint district routes --place "Hangzhou / Xihu" --kind smoke -c district.toml
    """
    settings = district_settings(path)
    if settings.areas is None:
        fail(said("areas.no_file"), MISSING)
    areas, words = areas_of(settings), texts()
    grid = tuple(part for each in place.split("/") if (part := each.strip()))
    found = {
        each: desks_for(areas, grid, each) for each in ([kind] if kind else names.KINDS.values())
    }
    if as_json:
        print_json([{"kind": each, "desks": steps} for each, steps in found.items()])
        return
    table = Table(box=None, pad_edge=False)
    for column in ("kind", "turn", "desk", "level", "centre", "responders", "for", "why"):
        table.add_column(words(f"areas.head.{column}"))
    for each, steps in found.items():
        name = _kind(each, words)
        for cells in _rows(name, steps, words):
            table.add_row(*map(printable, cells))
    print_table(table)


def _kind(kind: str, words: Words) -> str:
    codes = {name: code for code, name in names.KINDS.items()}
    return words.kind(codes[kind])


def _rows(kind: str, steps: Sequence[DeskStep], words: Words) -> Iterable[tuple[str, ...]]:
    if not steps:
        yield (kind, "", "-", "", "", "", "", words("areas.why.none"))
    for turn, step in enumerate(steps, 1):
        yield (
            kind if turn == 1 else "",
            str(turn),
            step.desk,
            words(f"areas.level.{step.level}"),
            step.centre,
            ", ".join(step.responders),
            words.age(step.after_s * 1000) if step.after_s else words("areas.for_ever"),
            words(f"areas.why.{step.why.value}", area=area_name(step.area, words)),
        )
