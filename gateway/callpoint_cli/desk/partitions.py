"""``callpoint arm``, ``disarm`` and ``partitions``."""

import json
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from callpoint_cli.asking import asked
from callpoint_cli.desk.desk_line import Line, at_the_desk, json_option, lang_option
from callpoint_cli.desk.partition_texts import PartitionWords
from callpoint_cli.errors import USAGE, fail
from callpoint_cli.journals import config_option, console, locate, printable, state_dir_option
from callpoint_gateway.arming.requests import ARM, DISARM, PARTITIONS
from callpoint_gateway.configuration.arming_codes import sealed
from callpoint_gateway.configuration.privacy import Unsaid
from callpoint_gateway.configuration.privacy import who as checked_role
from callpoint_gateway.journal.partition import Mode


def _line(one: dict[str, Any], words: PartitionWords) -> str:
    text = words.state(one)
    if one["left_s"]:
        text += " " + words("left", seconds=one["left_s"])
    return text


def _show(said: dict[str, Any], line: Line) -> None:
    if line.as_json:
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    words = PartitionWords(line.lang)
    click.echo(printable(f"{said['partition']}: {_line(said, words)}"))
    if said["bypassed"]:
        click.echo(printable(words("bypassed", zones=", ".join(said["bypassed"]))))


@click.command()
@click.argument("partition")
@click.option("--mode", type=click.Choice([one.value for one in Mode]), default="away")
@click.option("--force", is_flag=True, help="Leave out what is open or in trouble.")
@at_the_desk
def arm(line: Line, partition: str, mode: str, force: bool) -> None:
    """Arm PARTITION: after the exit delay its doors and detectors are guarded.

    Example: callpoint arm flat-301 --mode night --as guard -c gateway.toml
    """
    _show(line.put(ARM, partition=partition, mode=mode, force=force), line)


@click.command()
@click.argument("partition")
@at_the_desk
def disarm(line: Line, partition: str) -> None:
    """Disarm PARTITION. Panic, smoke and the like are on as ever.

    Example: callpoint disarm flat-301 --as guard -c gateway.toml
    """
    _show(line.put(DISARM, partition=partition), line)


@click.group(invoke_without_command=True)
@click.pass_context
@config_option
@state_dir_option
@lang_option
@json_option
def partitions(
    context: click.Context,
    config_path: Path | None,
    state_dir: Path | None,
    lang: str,
    as_json: bool,
) -> None:
    """Show every partition and how it is; ``code`` makes a code for panels.

    Example: callpoint partitions -c gateway.toml --lang zh
    """
    if context.invoked_subcommand is not None:
        return
    folder, _ = locate(config_path, state_dir)
    said = asked(folder, PARTITIONS)
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    words = PartitionWords(lang)
    if not said["partitions"]:
        click.echo(words("none"))
        return
    table = Table(box=None, pad_edge=False)
    for column in ("partition", "state", "open", "bypassed", "by"):
        table.add_column(words(f"column_{column}"))
    for one in said["partitions"]:
        cells = [one["partition"], _line(one, words), " ".join(one["open"])]
        cells += [" ".join(one["bypassed"]), one["changed_by"]]
        table.add_row(*map(printable, cells))
    console().print(table)


@partitions.command()
@click.argument("role")
def code(role: str) -> None:
    """Ask for a code and print the line of ROLE for the file of ``codes_file``.

    Example: callpoint partitions code guard >> codes.toml
    """
    try:
        checked_role(role)
        typed = click.prompt("Code", hide_input=True, confirmation_prompt=True, err=True)
        click.echo(f'{role} = "{sealed(typed)}"')
    except (Unsaid, ValueError) as error:
        fail(str(error), USAGE)
