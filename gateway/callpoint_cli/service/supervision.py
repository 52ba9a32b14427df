"""``callpoint supervision``: everything that is supervised, its set time and how it is."""

from pathlib import Path

import click
import msgspec
from rich.table import Table

from callpoint_cli.asking import asked
from callpoint_cli.durations import as_text
from callpoint_cli.journals import config_option, console, locate, printable, state_dir_option


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@config_option
@state_dir_option
def supervision(as_json: bool, config_path: Path | None, state_dir: Path | None) -> None:
    """Show what the running gateway supervises: devices, links, sinks, clock, disk.

    Example: callpoint supervision -c gateway.toml
    """
    folder, _ = locate(config_path, state_dir)
    found = asked(folder, "supervision")["supervised"]
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    table = Table(box=None, pad_edge=False)
    for column in ("what", "state", "for", "fault after", "reason", "what to do"):
        table.add_column(column)
    for one in found:
        lasted = "" if one["for_s"] is None else as_text(one["for_s"])
        after = as_text(int(one["after_s"]))
        cells = (one["source"], one["state"], lasted, after, one["reason"], one.get("remedy", ""))
        table.add_row(*(printable(cell) for cell in cells))
    console().print(table)
