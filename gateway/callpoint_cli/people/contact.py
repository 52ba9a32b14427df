"""``callpoint contact``: the people of a site, kept apart from its places."""

import os
from pathlib import Path

import click

from callpoint_cli.errors import BAD, MISSING, USAGE, fail
from callpoint_cli.output import print_json
from callpoint_cli.people.people_line import PeopleLine, about_people
from callpoint_cli.times import short
from callpoint_gateway.words.said import of, said, said_by, verbatim
from callpoint_people import roles
from callpoint_people.cells import Cells, shown
from callpoint_people.csv_file import export_csv, import_csv
from callpoint_people.csv_lines import Refused
from callpoint_people.person import EMAIL, PHONE, Responsibility, address
from callpoint_people.person import person as checked
from callpoint_people.responsible import Responsible
from callpoint_people.store import Contact

_json_option = click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
_role_option = click.option(
    "--role",
    help="resident, key_holder, police_officer, grid_worker, volunteer, or a group of your own.",
)
_place_option = click.option(
    "--place",
    default="",
    help="An id of the register, or the first parts of a place; none: the whole site.",
)
_order_option = click.option(
    "--order",
    type=click.IntRange(0, 99),
    default=0,
    show_default=True,
    help="Who is asked first.",
)


@click.group()
def contact() -> None:
    """Keep the contacts of residents, key holders, responders.

    They are stored sealed with a key of their own, apart from the journals, and every look is on
    record. Names and addresses are asked for, so that none stands in the shell's history.
    """


def _asked(line: PeopleLine, key: str) -> str:
    return str(click.prompt(line.say(key), default="", show_default=False)).strip()


@contact.command()
@_role_option
@_place_option
@_order_option
@click.option("--consent-on", help="Date of the consent. [default: today]")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option("--also", "kinds", multiple=True, help="Also ask for an address of this kind.")
@about_people
def add(
    line: PeopleLine,
    role: str | None,
    place: str,
    order: int,
    consent_on: str | None,
    language: str,
    kinds: tuple[str, ...],
) -> None:
    """Store a person who consents to it, and print the id.

    Example: callpoint contact add --role grid_worker --place b3 -c gateway.toml
    """
    with line.people() as people:
        today = line.now.date()
        given = _responsibility(line, role, place, order)
        name = _asked(line, "contact.name")
        told = {PHONE: _asked(line, "contact.phone"), EMAIL: _asked(line, "contact.email")}
        told |= {kind: str(click.prompt(kind)).strip() for kind in kinds}
        addresses = {kind: address(kind, text) for kind, text in told.items() if text}
        person = checked(name, language, consent_on or str(today), addresses, (), today)
        click.echo(line.say("contact.added", person=people.add(person, given)))


def _responsibility(
    line: PeopleLine, role: str | None, place: str, order: int
) -> list[Responsibility]:
    if role is None:
        return []
    return [Responsibility(roles.checked(role), Cells(line.register).cell(place), order)]


@contact.command("list")
@click.option("--place", help="Only who is responsible at this place, by the nearest cell above.")
@_role_option
@_json_option
@about_people
def list_contacts(line: PeopleLine, place: str | None, role: str | None, as_json: bool) -> None:
    """Show contacts; every look is on record.

    Example: callpoint contact list --place b3-u2-301 -c gateway.toml
    """
    with line.people() as people:
        if place is None:
            found = people.contacts(line.who)
            if role is not None:
                wanted = roles.checked(role)
                found = [
                    one for one in found if any(has.role == wanted for has in one.responsible)
                ]
        else:
            known = [role] if role else [*roles.NAMES]
            at = line.now
            holders = Responsible(people, line.register, line.site.zone).at(
                Cells(line.register).cell(place), map(roles.checked, known), at
            )
            ids = dict.fromkeys(holder.person for holder in holders)
            found = [people.contact(id, line.who) for id in ids]
        print_json(found) if as_json else _show(line, found)


def _show(line: PeopleLine, found: list[Contact]) -> None:
    if not found:
        click.echo(line.say("contact.none"))
        return
    heads = ["contact.id", "contact.name", "contact.roles", "contact.addresses"]
    rows = []
    for one in found:
        responsible = [
            line.say("contact.role", role=roles.name_of(has.role), cell=shown(has.cell))
            for has in one.responsible
        ]
        addresses = [f"{kind} {text}" for kind, text in one.person.addresses.items()]
        rows.append([one.id, one.person.name, "; ".join(responsible), "; ".join(addresses)])
    line.show(heads, rows)


@contact.command()
@click.argument("person")
@_json_option
@about_people
def show(line: PeopleLine, person: str, as_json: bool) -> None:
    """Show one contact by its id; the look is on record."""
    with line.people() as people:
        found = people.contact(person, line.who)
        print_json(found) if as_json else _show(line, [found])


@contact.command()
@click.argument("person")
@_role_option
@_place_option
@_order_option
@about_people
def give(line: PeopleLine, person: str, role: str | None, place: str, order: int) -> None:
    """Make a person responsible at a place.

    Example: callpoint contact give p-abcdefghij --role volunteer --place b3 -c gateway.toml
    """
    if role is None:
        fail(said("people.role_needed"), USAGE)
    with line.people() as people:
        for responsibility in _responsibility(line, role, place, order):
            people.give(person, responsibility)
        click.echo(line.say("contact.given", person=person))


@contact.command()
@click.argument("person")
@_role_option
@_place_option
@about_people
def take(line: PeopleLine, person: str, role: str | None, place: str) -> None:
    """End a person's responsibility at a place, with its shifts."""
    if role is None:
        fail(said("people.role_needed"), USAGE)
    with line.people() as people:
        people.take(person, roles.checked(role), Cells(line.register).cell(place))
        click.echo(line.say("contact.taken", person=person))


@contact.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@about_people
def import_file(line: PeopleLine, file: Path) -> None:
    """Store the contacts of a CSV file: completely, or nothing and every mistake by its line.

    Heads are in Chinese or English, as `callpoint contact export` writes them. A line with an id
    replaces that person; several lines give one person several roles.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        fail(of(str(file), said_by(error)), MISSING)
    with line.people() as people:
        try:
            today = line.now.date()
            done = import_csv(people, Cells(line.register), content, today)
        except Refused as refused:
            fail(verbatim("\n".join(mistake.in_(line.lang) for mistake in refused.mistakes)), BAD)
        click.echo(
            line.say(
                "contact.imported",
                added=done.added,
                changed=done.changed,
                roles=done.responsibilities,
            )
        )


@contact.command()
@click.argument("file", type=click.Path(path_type=Path))
@about_people
def export(line: PeopleLine, file: Path) -> None:
    """Write all contacts into a new CSV file that only you may read; the look is on record."""
    with line.people() as people:
        found = people.contacts(line.who, "export")
        try:
            opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(opened, "wb") as target:
                target.write(export_csv(found, line.lang))
        except FileExistsError:
            fail(said("people.file_exists", file=str(file)), USAGE)
        except OSError as error:
            fail(of(str(file), said_by(error)), MISSING)
        click.echo(line.say("contact.exported", path=file, count=len(found)))


@contact.command()
@click.argument("person")
@about_people
def delete(line: PeopleLine, person: str) -> None:
    """Remove everything that is known of a person, and say what it was."""
    with line.people() as people:
        done = people.delete(person)
        said = line.say(
            "contact.deleted",
            person=person,
            roles=done.responsible,
            shifts=done.shifts,
            households=done.households,
        )
        click.echo(said)
        if not done.traces_gone:
            click.echo(line.say("contact.traces"))


@contact.command()
@_json_option
@about_people
def looks(line: PeopleLine, as_json: bool) -> None:
    """Show who looked at contacts from the command line, newest first."""
    with line.people() as people:
        found = people.looks()
    if as_json:
        print_json(found)
        return
    heads = ["look.time", "look.who", "look.what", "look.persons", "look.about"]
    rows = [
        [
            short(look.at_ms, line.site.zone),
            look.who,
            look.what,
            str(look.persons),
            look.person or look.cell,
        ]
        for look in found
    ]
    line.show(heads, rows)
