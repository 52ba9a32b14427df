"""``callpoint alarm ack|dispatch|arrive|reinforce|resolve|close|note``: handle one alarm."""

import json
from pathlib import Path

import click

from callpoint_cli.alarm_texts import AlarmWords
from callpoint_cli.desk_line import (
    ORIGIN,
    json_option,
    lang_option,
    note_option,
    put,
    who_option,
)
from callpoint_cli.journals import config_option, locate, state_dir_option
from callpoint_gateway.alarms.requests import ACT
from callpoint_gateway.entries import Action, Cause

_HELP = {
    "ack": (Action.ACKNOWLEDGE, "A person has seen it; the lamp at the button says so."),
    "dispatch": (Action.DISPATCH, "Somebody has been sent there."),
    "arrive": (Action.ARRIVE, "They are on the scene."),
    "reinforce": (Action.REINFORCE, "Reinforcement has arrived as well."),
    "resolve": (Action.RESOLVE, "The danger is over."),
    "note": (Action.NOTE, "Something to remember; it changes no state."),
}


@click.group()
def alarm() -> None:
    """Handle an alarm; its number is that of callpoint alarms.

    Each step is on record, with role, time and origin, before the command says that it is done.
    """


def _act(
    number: int,
    action: Action,
    config_path: Path | None,
    state_dir: Path | None,
    who: str,
    note: str,
    lang: str,
    as_json: bool,
    cause: str | None = None,
) -> None:
    folder, _ = locate(config_path, state_dir)
    said = put(
        folder,
        ACT,
        alarm=number,
        action=action.value,
        who=who,
        origin=ORIGIN,
        note=note,
        cause=cause,
    )
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    words = AlarmWords(lang)
    key = "note" if action is Action.NOTE else "done"
    click.echo(words(key, alarm=said["alarm"], handling=words(said["handling"])))


def _command(name: str, action: Action, help: str) -> click.Command:
    @click.argument("number", type=click.IntRange(1), metavar="ALARM")
    @config_option
    @state_dir_option
    @who_option
    @note_option
    @lang_option
    @json_option
    def act(
        number: int,
        config_path: Path | None,
        state_dir: Path | None,
        who: str,
        note: str,
        lang: str,
        as_json: bool,
    ) -> None:
        _act(number, action, config_path, state_dir, who, note, lang, as_json)

    text = f"{help}\n\nExample: callpoint alarm {name} 17 --as desk-2 -c gateway.toml"
    return click.command(name, help=text)(act)


for _name, (_action, _text) in _HELP.items():
    alarm.add_command(_command(_name, _action, _text))


@alarm.command()
@click.argument("number", type=click.IntRange(1), metavar="ALARM")
@click.option(
    "--cause", type=click.Choice([one.value for one in Cause]), required=True, help="What it was."
)
@config_option
@state_dir_option
@who_option
@note_option
@lang_option
@json_option
def close(
    number: int,
    cause: str,
    config_path: Path | None,
    state_dir: Path | None,
    who: str,
    note: str,
    lang: str,
    as_json: bool,
) -> None:
    """It is over, and this is what it was.

    Example: callpoint alarm close 17 --cause false -c gateway.toml
    """
    _act(number, Action.CLOSE, config_path, state_dir, who, note, lang, as_json, cause)
