"""``callpoint drill`` and ``callpoint walktest``: exercises that reach no dispatcher as real."""

import json
from pathlib import Path
from typing import Any

import click

from callpoint_cli.asking import asked
from callpoint_cli.desk.alarm_texts import AlarmWords
from callpoint_cli.desk.desk_line import Line, at_the_desk, json_option, lang_option
from callpoint_cli.journals import config_option, locate, printable, state_dir_option
from callpoint_cli.screens.watch_texts import Words
from callpoint_gateway.alarms.exercises import LONGEST_S, USUAL_S
from callpoint_gateway.alarms.requests import EXERCISE, START, STOP
from callpoint_gateway.journal.entries import Mark
from callpoint_protocol import names


@click.group()
def drill() -> None:
    """Exercise the real thing: marked, on record, and never dispatched.

    The alarm centre is told that it begins and ends. Its alarms are handled as always and are
    closed with it.
    """


@click.group()
def walktest() -> None:
    """Try the sensors out, one by one; what they raise opens no alarm.

    The alarm centre is told that it begins and ends. ``status`` lists what is left.
    """


def _show(key: str, said: dict[str, Any], lang: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    words = AlarmWords(lang)
    if said["exercise"] is None:
        click.echo(words("idle"))
        return
    age = Words(lang).age(said["left_ms"])
    click.echo(words(key, called=words(said["mark"]), age=age))
    if said["mark"] == Mark.TEST:
        click.echo(words("tested", count=len(said["tested"])))
        if said["untested"]:
            click.echo(words("untested", count=len(said["untested"])))
        for one in said["untested"]:
            where = f"{one['device']} {words('zone', zone=one['zone'])}"
            click.echo(printable(f"  {where}"))


def _commands(group: click.Group, mark: Mark) -> None:
    called = group.name

    @click.option(
        "--minutes",
        type=click.IntRange(1, LONGEST_S // 60),
        default=USUAL_S // 60,
        show_default=True,
        help="It ends by itself after so long.",
    )
    @click.option("--at", "points", multiple=True, help="A place or device; all without it.")
    @click.option("--kind", "kinds", multiple=True, type=click.Choice(list(names.KINDS.values())))
    @at_the_desk
    def start(line: Line, minutes: int, points: tuple[str, ...], kinds: tuple[str, ...]) -> None:
        said = line.put(START, mark=mark.value, seconds=minutes * 60, points=points, kinds=kinds)
        _show("started", said, line.lang, line.as_json)

    @at_the_desk
    def stop(line: Line) -> None:
        _show("stopped", line.put(STOP, mark=mark.value), line.lang, line.as_json)

    @config_option
    @state_dir_option
    @lang_option
    @json_option
    def status(config_path: Path | None, state_dir: Path | None, lang: str, as_json: bool) -> None:
        folder, _ = locate(config_path, state_dir)
        _show("running", asked(folder, EXERCISE), lang, as_json)

    example = "\n\nExample: callpoint %s %s -c gateway.toml"
    texts = {
        "start": "Begin; what happens from now on is marked.",
        "stop": "End it now.",
        "status": "Say what is running and for how long.",
    }
    for name, function in (("start", start), ("stop", stop), ("status", status)):
        text = texts[name] + example % (called, name)
        group.add_command(click.command(name, help=text)(function))


_commands(drill, Mark.DRILL)
_commands(walktest, Mark.TEST)
