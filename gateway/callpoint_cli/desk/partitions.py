"""``callpoint arm``, ``disarm`` and ``partitions``: arm, disarm and show partitions."""

from pathlib import Path

import click
from rich.table import Table

from callpoint_cli.asking import asked
from callpoint_cli.desk.desk_line import DeskLine, at_the_desk, json_option
from callpoint_cli.errors import USAGE, fail
from callpoint_cli.journals import config_option, locate, state_dir_option
from callpoint_cli.language import texts
from callpoint_cli.output import print_json, print_table
from callpoint_gateway.arming.questions import Arm, Disarm, ListPartitions, PartitionView
from callpoint_gateway.configuration.arming_codes import line
from callpoint_gateway.configuration.privacy import Unsaid
from callpoint_gateway.configuration.privacy import who as checked_role
from callpoint_gateway.host.printable import printable
from callpoint_gateway.journal.partition import Mode
from callpoint_gateway.words.said import said_by
from callpoint_gateway.words.words import Words


def _line(view: PartitionView, words: Words) -> str:
    text = words.partition(view.state.value, view.mode.value if view.mode else None)
    if view.left_s:
        text += " " + words("partition.left", age=words.age(view.left_s * 1000))
    return text


def _show(view: PartitionView, line: DeskLine) -> None:
    if line.as_json:
        print_json(view)
        return
    words = texts()
    click.echo(printable(f"{view.partition}: {_line(view, words)}"))
    if view.bypassed:
        click.echo(printable(words("partition.bypassed", zones=", ".join(view.bypassed))))


@click.command()
@click.argument("partition")
@click.option("--mode", type=click.Choice([mode.value for mode in Mode]), default="away")
@click.option(
    "--force", is_flag=True, help="Arm all the same: leave out zones that are open or in trouble."
)
@at_the_desk
def arm(line: DeskLine, partition: str, mode: str, force: bool) -> None:
    """Arm PARTITION.

    After the exit delay its doors and intrusion detectors raise alarms.

    Example: callpoint arm flat-301 --mode night --as operator -c gateway.toml
    """
    question = Arm(
        partition=partition,
        mode=Mode(mode),
        note=line.note,
        force=force,
    )
    _show(line.put(question), line)


@click.command()
@click.argument("partition")
@at_the_desk
def disarm(line: DeskLine, partition: str) -> None:
    """Disarm PARTITION. Panic, medical, smoke, gas, water and tamper are never disarmed.

    Example: callpoint disarm flat-301 --as operator -c gateway.toml
    """
    question = Disarm(partition=partition, note=line.note)
    _show(line.put(question), line)


@click.group(invoke_without_command=True)
@click.pass_context
@config_option
@state_dir_option
@json_option
def partitions(
    context: click.Context,
    config_path: Path | None,
    state_dir: Path | None,
    as_json: bool,
) -> None:
    """Show the state of every partition.

    ``code`` makes a code for panels.

    Example: callpoint partitions -c gateway.toml --lang zh
    """
    if context.invoked_subcommand is not None:
        return
    folder = locate(config_path, state_dir).folder
    found = asked(folder, ListPartitions())
    if as_json:
        print_json(found)
        return
    words = texts()
    if not found.partitions:
        click.echo(words("partition.none"))
        return
    table = Table(box=None, pad_edge=False)
    for column in (
        words("partition.partition"),
        words("partition.state"),
        words("partition.open"),
        words("partition.left_out"),
        words("partition.by"),
    ):
        table.add_column(column)
    for view in found.partitions:
        cells = [view.partition, _line(view, words), " ".join(view.open)]
        cells += [" ".join(view.bypassed), view.changed_by]
        table.add_row(*map(printable, cells))
    print_table(table)


@partitions.command()
@click.argument("role")
@click.option(
    "--partition", "only", multiple=True, help="Only for this partition; repeat for several."
)
def code(role: str, only: tuple[str, ...]) -> None:
    """Ask for a code and print the line of ROLE for the file that ``codes_file`` names.

    Example: callpoint partitions code flat-a --partition flat-a >> codes.toml
    """
    try:
        checked_role(role)
        typed = click.prompt("Code", hide_input=True, confirmation_prompt=True, err=True)
        click.echo(line(role, typed, only))
    except (Unsaid, ValueError) as error:
        fail(said_by(error), USAGE)
