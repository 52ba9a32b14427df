"""What commands print: whole in every encoding and width, and nothing in it moves a cursor."""

import json
import os
import pathlib
import sys
from io import TextIOWrapper
from shutil import get_terminal_size

import click
import msgspec
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from callpoint_gateway.host.printable import printable_json

PLAIN_WIDTH = 4000  # columns where the output is no terminal, so that nothing is wrapped
# A terminal with fewer columns gets no table whose lines are longer than it.
_NARROW = 80


def take_any_text() -> None:
    """Let standard output show what its encoding does not have as an escape, and never fail."""
    if sys.stdout is None:  # closed by whoever called: a file must not get its number
        sys.stdout = pathlib.Path(os.devnull).open("w")  # noqa: SIM115
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def console(at_least: int = 0) -> Console:
    """Return a console that shows any text; it has colours and wraps lines on a terminal only.

    ``at_least``: columns that a table needs. A narrower terminal then wraps the table's lines,
    unless it is so narrow that the table is printed as blocks.
    """
    take_any_text()
    width: int | None = PLAIN_WIDTH
    if sys.stdout.isatty():
        columns = get_terminal_size().columns
        width = max(at_least, columns) if at_least and columns >= _NARROW else columns
    return Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)


def print_table(table: Table, output: Console | None = None) -> None:
    """Print a table; in a terminal that is too narrow for its words, each row as a block."""
    output = output or console()
    unbounded = output.options.update(max_width=PLAIN_WIDTH)
    least = Measurement.get(output, unbounded, table).minimum
    if not output.is_terminal or least <= output.width:
        output.print(table)
        return
    heads = [str(column.header) for column in table.columns]
    for row in zip(*(column.cells for column in table.columns), strict=True):
        for head, cell in zip(heads, row, strict=True):
            if str(cell):
                output.print(Text(f"{head}: {cell}"))
        output.print()


def print_json(answer: object) -> None:
    """Print a value as one line of JSON."""
    text = json.dumps(msgspec.to_builtins(answer), ensure_ascii=False)
    click.echo(printable_json(text))
