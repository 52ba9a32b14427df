"""``callpoint rota``: who is on duty, by week, by date, and on holidays."""

import click

from callpoint_cli.errors import USAGE, fail
from callpoint_cli.output import print_json
from callpoint_cli.people.people_line import PeopleLine, about_people
from callpoint_gateway.words.said import said
from callpoint_people import rota as rotas
from callpoint_people.cells import Cells, shown
from callpoint_people.responsible import Responsible
from callpoint_people.roles import checked, name_of
from callpoint_people.rota import Shift
from callpoint_people.rota_store import RotaStore

_place_option = click.option(
    "--place", default="", help="As in `callpoint contact add`; none: the whole site."
)


@click.group()
def rota() -> None:
    """Say who is on duty: who is on duty is who is told."""


@rota.command()
@click.argument("role")
@_place_option
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
@about_people
def now(line: PeopleLine, role: str, place: str, as_json: bool) -> None:
    """Show who is told now for ROLE at a place, by id.

    Example: callpoint rota now guard -c gateway.toml
    """
    with line.people() as people:
        cell = Cells(line.register).cell(place)
        found = Responsible(people, line.register, line.site.zone).told(
            cell, [checked(role)], line.now
        )
        if as_json:
            print_json(found)
            return
        if not found:
            click.echo(line.say("role.none", role=name_of(checked(role)), cell=shown(cell)))
        for holder in found:
            key = "rota.on_duty" if holder.on_duty else "rota.all"
            click.echo(line.say(key, person=holder.person, role=name_of(holder.role)))


@rota.command()
@click.argument("person", required=False, default="")
@click.option("--role", required=True, help="The role or group whose rota this is.")
@_place_option
@click.option("--days", help="mon,tue,...,holiday: each week.")
@click.option("--on", "on_date", help="Only on this date, instead of the weekly shifts.")
@click.option("--hours", required=True, help="08:00-20:00; 20:00-08:00 ends on the next day.")
@about_people
def add(
    line: PeopleLine,
    person: str,
    role: str,
    place: str,
    days: str | None,
    on_date: str | None,
    hours: str,
) -> None:
    """Add a shift of PERSON. With --on and without PERSON, nobody is on duty then.

    Examples: callpoint rota add p-abcdefghij --role guard --days mon,tue --hours 08:00-20:00

    callpoint rota add p-abcdefghij --role guard --on 2026-12-24 --hours 08:00-20:00
    """
    if (days is None) == (on_date is None):
        fail(said("people.days_or_on"), USAGE)
    with line.people() as people:
        shift = Shift(
            role=checked(role),
            cell=Cells(line.register).cell(place),
            hours=rotas.checked_hours(hours),
            days=rotas.checked_days(days) if days is not None else (),
            on_date=rotas.checked_date(on_date) if on_date is not None else "",
            person=person,
        )
        click.echo(line.say("rota.added", number=RotaStore(people).add(shift)))


@rota.command()
@click.argument("number", type=int)
@about_people
def remove(line: PeopleLine, number: int) -> None:
    """Remove a shift by its number."""
    with line.people() as people:
        RotaStore(people).remove(number)
        click.echo(line.say("rota.removed", number=number))


@rota.command()
@click.argument("date")
@click.argument("like", required=False)
@about_people
def holiday(line: PeopleLine, date: str, like: str | None) -> None:
    """Make DATE a holiday, or LIKE another day: mon ... sun; `none` for a day as any other.

    Examples: callpoint rota holiday 2026-10-01 -c gateway.toml

    callpoint rota holiday 2026-10-10 thu -c gateway.toml
    """
    wanted = None if like == "none" else like or rotas.HOLIDAY
    with line.people() as people:
        RotaStore(people).set_special(date, wanted)
        click.echo(line.say("rota.special", date=date, like=wanted or "-"))


@rota.command()
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
@about_people
def show(line: PeopleLine, as_json: bool) -> None:
    """Show the shifts and the special days."""
    with line.people() as people:
        store = RotaStore(people)
        shifts, special = store.shifts(), store.special()
    if as_json:
        print_json({"shifts": shifts, "special": special})
        return
    heads = ["rota.number", "rota.role", "rota.place", "rota.day", "rota.time", "contact.id"]
    rows = [
        [
            str(shift.number),
            name_of(shift.role).in_(line.lang),
            shown(shift.cell).in_(line.lang),
            shift.on_date or ",".join(shift.days),
            shift.hours,
            shift.person or "-",
        ]
        for shift in shifts
    ]
    line.show(heads, rows)
    for date, like in special.items():
        click.echo(line.say("rota.special", date=date, like=like))
