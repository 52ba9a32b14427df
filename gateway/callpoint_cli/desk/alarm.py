"""``callpoint alarm ack|dispatch|arrive|reinforce|resolve|close|note``: handle one alarm."""

import click

from callpoint_cli.asking import print_json
from callpoint_cli.desk.desk_line import DeskLine, at_the_desk
from callpoint_cli.language import texts
from callpoint_gateway.alarms.questions import ActOnAlarm
from callpoint_gateway.journal.entries import Action, Cause

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
