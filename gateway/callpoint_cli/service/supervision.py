"""``callpoint supervision``: everything that is supervised, its set time and how it is."""

from pathlib import Path

import click
import msgspec
from rich.table import Table

from callpoint_cli.asking import asked
from callpoint_cli.durations import as_text
from callpoint_cli.journals import config_option, console, locate, printable, state_dir_option
from callpoint_gateway.supervision.questions import ListSupervised


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@config_option
@state_dir_option
def supervision(as_json: bool, config_path: Path | None, state_dir: Path | None) -> None:
    """Show what the running gateway supervises: devices, links, sinks, clock, disk.

    Example: callpoint supervision -c gateway.toml
    """
    folder, _ = locate(config_path, state_dir)
    found = asked(folder, ListSupervised()).supervised
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    table = Table(box=None, pad_edge=False)
    for column in ("what", "state", "for", "fault after", "reason", "what to do"):
        table.add_column(column)
    for part in found:
        lasted = "" if part.for_s is None else as_text(part.for_s)
        after = as_text(int(part.after_s))
        cells = (part.source, part.state, lasted, after, part.reason, part.remedy)
        table.add_row(*(printable(cell) for cell in cells))
    console().print(table)
