"""``callpoint alarms``: the alarms that people still have to handle."""

import json
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from callpoint_cli.desk.alarm_texts import AlarmWords
from callpoint_cli.desk.desk_line import lang_option
from callpoint_cli.errors import USAGE, fail
from callpoint_cli.journals import (
    DEFAULT_CONFIG,
    config_option,
    console,
    locate,
    open_reader,
    printable,
    reading,
    state_dir_option,
)
from callpoint_cli.screens.watch_texts import Words
from callpoint_gateway.alarms.fold import Cases
from callpoint_gateway.alarms.json_objects import alarm_object
from callpoint_gateway.alarms.snapshot import NAME, catch_up, restore
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.configuration import config as configuration
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.ages import Ages
from callpoint_gateway.journal.entries import Mark
from callpoint_gateway.journal.reader import Reader
from callpoint_protocol import names

_STYLES = {1: "bold red", 2: "bold", 3: "yellow", 4: ""}
_KINDS = {name: code for code, name in names.KINDS.items()}


def settings_of(config_path: Path | None, state_dir: Path | None) -> AlarmSettings:
    """Return the deadlines of a configuration, or the usual ones where none is read."""
    if config_path is None and state_dir is not None:
        return AlarmSettings()
    try:
        return configuration.load(config_path or DEFAULT_CONFIG, PROTOCOLS).alarms
    except ConfigError as error:
        fail(str(error), USAGE)


def open_alarms(
    reader: Reader, settings: AlarmSettings, register: Register | None
) -> list[dict[str, Any]]:
    """Return the open alarms as the journal has them: most urgent first, then the oldest."""
    cases = Cases()
    cursor = reader.cursors().get(NAME)
    if cursor is not None:
        restore(cases, cursor, reader)
    catch_up(cases, reader)
    ages = Ages(SystemClock())
    found = [alarm_object(case, settings, register, ages.of) for case in cases.open_cases()]
    return sorted(found, key=lambda one: (one["priority"], one["alarm"]))


def line(alarm: dict[str, Any], words: AlarmWords, names_of: Words) -> str:
    """Return an alarm as one line, what matters most first."""
    where = alarm["where"] or alarm["place"] or ""
    parts = [
        str(alarm["alarm"]),
        names_of.kind(_KINDS.get(alarm["kind"], 0)),
        " ".join(one for one in (where, alarm["device"]) if one),
        words("zone", zone=alarm["zone"]),
        words("since", age=names_of.age(alarm["age_ms"])),
        words(alarm["handling"]),
        words(alarm["condition"]),
    ]
    if alarm["mark"]:
        parts.append(words(Mark(alarm["mark"]).value))
    if alarm["events"] > 1:
        parts.append(words("events", count=alarm["events"]))
    for one in alarm["deadlines"]:
        key = "left" if one["rest_ms"] >= 0 else "missed"
        age = names_of.age(abs(one["rest_ms"]))
        parts.append(words(key, what=words(one["what"]), age=age))
    return "  ".join(parts)


@click.command()
@config_option
@state_dir_option
@lang_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def alarms(config_path: Path | None, state_dir: Path | None, lang: str, as_json: bool) -> None:
    """Show the alarms that are not closed: most urgent first, then the oldest.

    It reads the journal only, so it needs no running gateway.

    Example: callpoint alarms -c gateway.toml --lang zh
    """
    folder, register = locate(config_path, state_dir)
    with open_reader(folder / "alarms.db") as reader, reading():
        found = open_alarms(reader, settings_of(config_path, state_dir), register)
        if as_json:
            for one in found:
                click.echo(json.dumps(one, ensure_ascii=False))
            return
        words, names_of, output = AlarmWords(lang), Words(lang), console()
        for one in found:
            text = printable(line(one, words, names_of))
            output.print(Text(text, style=_STYLES[one["priority"]]))
        if not found:
            output.print(words("none"))
