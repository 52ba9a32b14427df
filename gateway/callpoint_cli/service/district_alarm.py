"""``callpoint district alarm``: acts on an alarm at its own desk, or notes something about it."""

import asyncio

import click

from callpoint_cli.errors import BAD, fail
from callpoint_cli.language import texts
from callpoint_cli.service.district_file import district_packages
from callpoint_cli.service.district_person import asked_at, database_of, for_a_person
from callpoint_district.settings import District
from callpoint_gateway.alarms.questions import ActOnAlarm
from callpoint_gateway.control.asker import By
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import Action, Cause


@click.command("alarm")
@click.argument("gateway")
@click.argument("number", type=click.IntRange(1), metavar="ALARM")
@click.argument("action", type=click.Choice([action.value for action in Action]))
@click.option(
    "--cause", type=click.Choice([cause.value for cause in Cause]), help="With close: what it was."
)
@click.option("--note", default="", help="A note for the record; no names, no numbers.")
@for_a_person
def act(
    gateway: str,
    number: int,
    action: str,
    cause: str | None,
    note: str,
    settings: District,
    by: By,
) -> None:
    """Act on the alarm NUMBER of GATEWAY, at its own desk.

    The site's gateway does it and records it, or says why not. It must answer within 2 seconds. A
    note is kept here at once, and delivered later if the gateway is away.

    Example: callpoint district alarm g1 17 acknowledge --account op-7 --as operator -c d.toml
    """
    if Action(action) is Action.NOTE:
        _note(gateway, number, note, settings, by)
        return
    question = ActOnAlarm(
        alarm=number,
        action=Action(action),
        cause=Cause(cause) if cause else None,
        note=note,
    )
    found, words = asked_at(settings, gateway, question, by), texts()
    handling = words.handling(found.handling.value)
    click.echo(words("act.done", alarm=found.alarm, handling=handling))


def _note(gateway: str, number: int, text: str, settings: District, by: By) -> None:
    with district_packages():
        from callpoint_district.sites.asking import AskingLine
        from callpoint_district.sites.notes import Note, why_it_waits, write

    async def written() -> Note:
        async with AskingLine(settings) as line:
            return await write(database, line, SystemClock(), gateway, number, text, by)

    with database_of(settings) as database:
        note = asyncio.run(written())
        why = why_it_waits(database, gateway) if note.waits else None
    if note.why:
        fail(note.why, BAD)
    words = texts()
    if why is not None:
        click.echo(words.told(why))
    else:
        click.echo(words("act.noted", alarm=number))
