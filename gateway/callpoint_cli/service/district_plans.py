"""``callpoint district plan``: gives an area action plans, at every gateway in it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from callpoint_cli.errors import USAGE, fail
from callpoint_cli.language import texts
from callpoint_cli.output import print_json, print_table
from callpoint_cli.service.district_file import (
    district_file,
    district_packages,
    district_settings,
)
from callpoint_cli.service.district_person import database_of, for_a_person, json_option
from callpoint_cli.service.district_sites import area_name, site_table
from callpoint_district.settings import District
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration.alarms import PRIORITIES
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.configuration.toml_file import ConfigError, read
from callpoint_gateway.control.asker import By
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.printable import printable
from callpoint_gateway.words.words import Words
from callpoint_protocol import names

if TYPE_CHECKING:
    from callpoint_district.areas.plans import AreaPlan


class PlanFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plan as a TOML file: ``[[step]]`` with ``id``, ``en``, ``zh`` and perhaps ``action``."""

    step: list[PlanStep]


@click.group()
def plan() -> None:
    """Give an area of the grid action plans, at every gateway in it.

    Each gateway is told, also one that is away now or that comes later, and confirms it. What a
    site has written itself goes first there, then the plan of the smallest area.
    """


def _of_a_plan(command: Callable[..., None]) -> Callable[..., None]:
    kinds = [names.KINDS[code] for code in PRIORITIES]
    for option in (
        click.option(
            "--profile",
            type=click.Choice([profile.value for profile in Profile]),
            help="Only at places with this profile.",
        ),
        click.option("--kind", type=click.Choice(kinds), required=True),
        click.option("--area", default="", help='"Hangzhou / Xihu"; without it, everything.'),
        json_option,
    ):
        command = option(command)
    return for_a_person(command)


@plan.command("set")
@click.argument("file", type=click.Path(path_type=Path))
@_of_a_plan
def give(
    file: Path,
    area: str,
    kind: str,
    profile: str | None,
    as_json: bool,
    settings: District,
    by: By,
) -> None:
    """Give an area the action plan of FILE, a TOML file with a [[step]] for each step.

    A step has `id`, `en` and `zh`, and perhaps `action`: what the desk records.

    Example: callpoint district plan set smoke.toml --area "Hangzhou / Xihu" --kind smoke
    --account op-7 --as supervisor -c district.toml
    """
    with district_packages():
        from callpoint_district.areas import plans
        from callpoint_district.areas.territory import area_of
    try:
        steps = read(file, PlanFile).step
    except ConfigError as error:
        fail(error.why, USAGE)
    with database_of(settings) as database, database.transaction() as connection:
        where = area_of(connection, area)
        given = plans.give(
            connection, where, kind, _profile(profile), steps, by, SystemClock().wall_ms()
        )
    print_json(given) if as_json else click.echo(printable(_line(given, texts())))


@plan.command()
@_of_a_plan
def remove(
    area: str, kind: str, profile: str | None, as_json: bool, settings: District, by: By
) -> None:
    """Take an action plan back from an area, at every gateway that has it."""
    with district_packages():
        from callpoint_district.areas import plans
        from callpoint_district.areas.territory import area_of
    with database_of(settings) as database, database.transaction() as connection:
        where = area_of(connection, area)
        gone = plans.remove(
            connection, where, kind, _profile(profile), by, SystemClock().wall_ms()
        )
    words = texts()
    text = words("areas.plan_removed", **_called(gone, words))
    print_json(gone) if as_json else click.echo(printable(text))


@plan.command("list")
@json_option
@district_file
def listing(as_json: bool, path: Path) -> None:
    """Show the action plans of areas, and which gateways have confirmed them."""
    with district_packages():
        from callpoint_district.areas import plans
    settings, words = district_settings(path), texts()
    with database_of(settings) as database, database.transaction() as connection:
        found = plans.listed(connection)
    if as_json:
        print_json({"plans": found})
        return
    if not found:
        click.echo(words("areas.plan_none"))
    for each in found:
        click.echo(printable(_line(each, words)))
        print_table(site_table(each.sites, words, settings.zone))


def _profile(name: str | None) -> Profile | None:
    return None if name is None else Profile(name)


def _called(plan: "AreaPlan", words: Words) -> dict[str, str]:
    every = words("areas.every_profile")
    return {
        "area": area_name(plan.area, words),
        "kind": words.kind(plan.kind),
        "profile": words.profile(plan.profile) if plan.profile else every,
    }


def _line(plan: "AreaPlan", words: Words) -> str:
    called = _called(plan, words)
    return words(
        "areas.plan",
        **called,
        version=plan.version,
        steps=len(plan.steps),
        who=plan.who,
    )
