"""Opens what a gateway wrote, read-only, for the commands that look at it."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from shutil import get_terminal_size
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import click
import msgspec
from rich.console import Console

from callpoint_cli.errors import MISSING, USAGE, fail
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.configuration import config as configuration
from callpoint_gateway.configuration import register as registers
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.journal.reader import JournalError, Reader

UTC: Final = ZoneInfo("UTC")
DEFAULT_CONFIG = Path("/etc/callpoint/gateway.toml")
PLAIN_WIDTH = 4000  # not a terminal: nothing is wrapped or cut off

config_option = click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help=f"Configuration file; it also names the places. [default: {DEFAULT_CONFIG}]",
)
state_dir_option = click.option(
    "--state-dir",
    type=click.Path(path_type=Path),
    help="Folder of the journals, instead of the configuration's.",
)


class Site(NamedTuple):
    """Where a site's journals are, and what its configuration says about showing them.

    Without a configuration there is no register, times are in UTC, and deadlines are the usual.
    """

    folder: Path
    register: registers.Register | None = None
    zone: ZoneInfo = UTC
    alarms: AlarmSettings = AlarmSettings()
    consumers: frozenset[str] | None = None


def locate(config_path: Path | None, state_dir: Path | None) -> Site:
    """Return where the journals are and how to show them, or end the command."""
    if config_path is None and state_dir is not None:
        return Site(state_dir)
    try:
        config = configuration.load(config_path or DEFAULT_CONFIG, PROTOCOLS)
        register = registers.load(Path(config.gateway.register))
    except ConfigError as error:
        fail(str(error), USAGE)
    folder = state_dir or Path(config.gateway.state_dir)
    return Site(folder, register, config.gateway.zone, config.alarms, config.consumers)


def open_reader(path: Path) -> Reader:
    """Return a reader of one journal, or end the command with the reason."""
    try:
        return Reader(path)
    except (JournalError, OSError) as error:
        fail(str(error), MISSING)


@contextmanager
def reading() -> Iterator[None]:
    """Turn a journal that cannot be read any further into one line; Ctrl-C is a normal end."""
    try:
        yield
    except (sqlite3.Error, msgspec.MsgspecError) as error:
        fail(f"the journal cannot be read ({error}); check the disk and the file", MISSING)
    except KeyboardInterrupt:
        return


def console(at_least: int = 0) -> Console:
    """Return a console that shows any text: colours and wrapping on a terminal only.

    ``at_least``: columns that a table needs; a narrower terminal breaks its lines instead.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    width: int | None = PLAIN_WIDTH
    if sys.stdout.isatty():
        width = max(at_least, get_terminal_size().columns) if at_least else None
    return Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)


def printable(text: str) -> str:
    """Return ``text`` with everything escaped that could move a cursor or not be encoded."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
