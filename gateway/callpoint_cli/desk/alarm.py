"""``callpoint alarm ack|dispatch|arrive|reinforce|resolve|close|note|show``: one alarm."""

from pathlib import Path

import click
from rich.text import Text

from callpoint_cli.desk.alarm_history import as_object, line, title
from callpoint_cli.desk.desk_line import DeskLine, at_the_desk, json_option
from callpoint_cli.errors import BAD, fail
from callpoint_cli.journals import (
    config_option,
    locate,
    open_reader,
    reading,
    state_dir_option,
)
from callpoint_cli.language import texts
from callpoint_cli.output import console, print_json
from callpoint_gateway.alarms.history import alarms_near, history
from callpoint_gateway.alarms.questions import ActOnAlarm
from callpoint_gateway.host.printable import printable
from callpoint_gateway.journal.entries import Action, Cause
from callpoint_gateway.words.said import said
from callpoint_gateway.words.unknown import near_number

_HELP = {
    "ack": (Action.ACKNOWLEDGE, "Somebody has seen the alarm; the lamp at the button shows it."),
    "dispatch": (Action.DISPATCH, "Somebody is on the way there."),
    "arrive": (Action.ARRIVE, "Whoever was sent is on the scene."),
    "reinforce": (Action.REINFORCE, "Reinforcement has arrived as well."),
    "resolve": (Action.RESOLVE, "The danger is over."),
    "note": (Action.NOTE, "Put a note on record; the state of the alarm stays as it is."),
}


@click.group()
def alarm() -> None:
    """Handle an alarm by its number.

    `callpoint alarms` shows the numbers. The gateway records each step with role, time and origin
    before the command reports it.
    """


def _act(line: DeskLine, number: int, action: Action, cause: Cause | None = None) -> None:
    found = line.put(
        ActOnAlarm(
            alarm=number,
            action=action,
            cause=cause,
            note=line.note,
        )
    )
    if line.as_json:
        print_json(found)
        return
    words = texts()
    if action is Action.NOTE:
        click.echo(words("act.noted", alarm=found.alarm))
    else:
        handling = words.handling(found.handling.value)
        click.echo(words("act.done", alarm=found.alarm, handling=handling))


_number = click.argument("number", type=click.IntRange(1), metavar="ALARM")


def _command(name: str, action: Action, help: str) -> click.Command:
    @_number
    @at_the_desk
    def act(line: DeskLine, number: int) -> None:
        _act(line, number, action)

    text = f"{help}\n\nExample: callpoint alarm {name} 17 --as operator -c gateway.toml"
    return click.command(name, help=text)(act)


for _name, (_action, _text) in _HELP.items():
    alarm.add_command(_command(_name, _action, _text))


@alarm.command()
@_number
@config_option
@state_dir_option
@json_option
def show(number: int, config_path: Path | None, state_dir: Path | None, as_json: bool) -> None:
    """Show who did what about an alarm and when, also after it was closed.

    It only reads the journal. Times are in the site's time zone.

    Example: callpoint alarm show 17 -c gateway.toml
    """
    site = locate(config_path, state_dir)
    with open_reader(site.folder / "alarms.db") as reader, reading():
        found = history(reader, number)
        known = [] if found else alarms_near(reader, number)
    if not found:
        fail(said("unknown.alarm", name=number, near=near_number(number, known)), BAD)
    if as_json:
        print_json(as_object(found, site.zone))
        return
    words, output = texts(), console()
    lines = [title(found[0], site.register, words)]
    lines += [shown for entry in found if (shown := line(entry, words, site.zone)) is not None]
    for text in (*lines, words("times_are_of", zone=site.zone.key)):
        output.print(Text(printable(text)))


@alarm.command()
@_number
@click.option(
    "--cause",
    type=click.Choice([cause.value for cause in Cause]),
    required=True,
    help="What the alarm was.",
)
@at_the_desk
def close(line: DeskLine, number: int, cause: str) -> None:
    """Close the alarm and say what it was.

    Example: callpoint alarm close 17 --cause false -c gateway.toml
    """
    _act(line, number, Action.CLOSE, Cause(cause))
