"""``callpoint district run|status|alarm``: many gateways, one database."""

import asyncio
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from callpoint_cli.errors import BAD, MISSING, fail
from callpoint_cli.foreground import run_until_told
from callpoint_cli.language import texts
from callpoint_cli.output import console, print_json
from callpoint_cli.service.district_console import district_console
from callpoint_cli.service.district_engine import engine, enrol, listed, revoke
from callpoint_cli.service.district_file import (
    district_file,
    district_packages,
    district_settings,
)
from callpoint_cli.times import short
from callpoint_gateway.alarms.questions import ActOnAlarm
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.printable import printable
from callpoint_gateway.journal.entries import Action, Cause


@click.group()
def district() -> None:
    """Keep the alarms of many gateways in one database.

    The gateways send their alarms journals; each entry is kept once, and the gateway gets a
    receipt after the commit.
    """


for _command in (engine, enrol, revoke, listed, district_console):
    district.add_command(_command)


@district.command()
@district_file
def run(path: Path) -> None:
    """Receive until it is told to stop (SIGTERM or Ctrl-C).

    Several may run at once, on one machine or on many.

    Example: callpoint district run -c district.toml
    """
    with district_packages():
        from callpoint_district.service import serve
    settings = district_settings(path)
    run_until_told("the district", lambda: serve(settings))


@district.command()
@district_file
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(path: Path, as_json: bool) -> None:
    """Show how each gateway stands, and the alarms that are not closed.

    Example: callpoint district status -c district.toml
    """
    with district_packages():
        from callpoint_district.database import Database, DatabaseError, usable
        from callpoint_district.sites.standing import ahead, gateways, open_alarms
    settings = district_settings(path)
    database = Database(settings.database)
    try:
        database.migrate()
        with usable():
            rows, alarms = gateways(database), open_alarms(database)
            copies = ahead(database)
    except DatabaseError as error:
        fail(error.why, MISSING)
    finally:
        database.close()
    if as_json:
        print_json({"gateways": rows, "alarms": alarms, "ahead": copies})
        return
    words = texts()
    table = Table(box=None, pad_edge=False)
    for head in ("gateway", "entries", "waiting", "heard", "alarms", "faults", "program"):
        table.add_column(words(f"district.head.{head}"))
    for row in rows:
        heard = short(row.heard_ms, settings.zone) if row.heard_ms else words("district.never")
        cells = (row.position, row.waiting, heard, row.alarms, row.faults, printable(row.program))
        table.add_row(Text(row.gateway), *(Text(str(cell)) for cell in cells))
    output = console()
    output.print(table)
    for alarm in alarms:
        line = words(
            "district.alarm",
            gateway=alarm.gateway,
            alarm=alarm.alarm,
            kind=words.kind(alarm.kind),
            place=alarm.place,
            handling=words.handling(alarm.handling),
        )
        output.print(Text(printable(line)))
        if alarm.forgotten:
            output.print(Text(words("district.forgotten")))
    for copy in copies:
        line = words(
            "district.ahead",
            gateway=copy.gateway,
            alarm=copy.alarm,
            kind=words.kind(copy.kind),
            place=copy.place,
        )
        output.print(Text(printable(line)))


@district.command()
@click.argument("gateway")
@click.argument("number", type=click.IntRange(1), metavar="ALARM")
@click.argument("action", type=click.Choice([action.value for action in Action]))
@click.option("--account", required=True, help="The operator's id at the district; no name.")
@click.option(
    "--as",
    "role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="The operator's role.",
)
@click.option("--cause", type=click.Choice([cause.value for cause in Cause]), help="At a close.")
@click.option("--note", default="", help="A note for the record; no names, no numbers.")
@district_file
def alarm(
    gateway: str,
    number: int,
    action: str,
    account: str,
    role: str,
    cause: str | None,
    note: str,
    path: Path,
) -> None:
    """Act on the alarm NUMBER of GATEWAY, at its own desk.

    The site's gateway does it and records it, or says why not. It must answer within 2 seconds.

    Example: callpoint district alarm g1 17 acknowledge --account op-7 --as operator -c d.toml
    """
    with district_packages():
        from callpoint_district.sites.asking import ask
    question = ActOnAlarm(
        alarm=number,
        action=Action(action),
        cause=Cause(cause) if cause else None,
        note=note,
    )
    by = By(account, Role(role), "district")
    try:
        found = asyncio.run(ask(district_settings(path), gateway, question, by))
    except QuestionRefused as error:
        fail(error.why, BAD)
    words = texts()
    if found.alarm and Action(action) is Action.NOTE:
        click.echo(words("act.noted", alarm=found.alarm))
    else:
        handling = words.handling(found.handling.value)
        click.echo(words("act.done", alarm=found.alarm, handling=handling))
