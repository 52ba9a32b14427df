"""Opens the journals of a gateway, read-only, for the commands that show them."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import click
import msgspec

from callpoint_cli.errors import MISSING, USAGE, fail
from callpoint_cli.options import DEFAULT_CONFIG
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.configuration import config as configuration
from callpoint_gateway.configuration import register as registers
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.levels import LevelSettings
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.journal.reader import JournalError, Reader
from callpoint_gateway.words.said import said, said_by
from callpoint_gateway.words.unknown import near

UTC: Final = ZoneInfo("UTC")

config_option = click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path, readable=False),
    help=f"Configuration file; it also names the places. [default: {DEFAULT_CONFIG}]",
)
state_dir_option = click.option(
    "--state-dir",
    type=click.Path(path_type=Path, readable=False),
    help="Folder of the journals, instead of the configuration's.",
)


class Site(NamedTuple):
    """The folder of a site's journals, and what its configuration says about showing them.

    Without a configuration there is no register, times are in UTC, deadlines have their defaults.
    """

    folder: Path
    name: str = "callpoint"
    register: registers.Register | None = None
    zone: ZoneInfo = UTC
    alarms: AlarmSettings = AlarmSettings()
    levels: Sequence[LevelSettings] = ()
    consumers: frozenset[str] | None = None


def settings(path: Path) -> tuple[configuration.Config, registers.Register]:
    """Return configuration and register without a look at any secret, or end the command."""
    try:
        config = configuration.settings(path, PROTOCOLS)
        return config, registers.load(Path(config.gateway.register))
    except ConfigError as error:
        fail(error.why, USAGE)


def locate(config_path: Path | None, state_dir: Path | None) -> Site:
    """Return the site of a configuration or of a folder of journals; or end the command.

    ``state_dir`` takes the place of the folder that the configuration names.
    """
    if config_path is None and state_dir is not None:
        return Site(state_dir)
    config, register = settings(config_path or DEFAULT_CONFIG)
    site = site_of(config, register)
    return site if state_dir is None else site._replace(folder=state_dir)


def site_of(config: configuration.Config, register: registers.Register) -> Site:
    """Return the site of a loaded configuration and register."""
    return Site(
        Path(config.gateway.state_dir),
        config.gateway.site,
        register,
        config.gateway.zone,
        config.alarms,
        config.level,
        config.consumers,
    )


def check_device(site: Site, device: str) -> None:
    """End the command if neither the register nor the journal of alarms knows a device."""
    if site.register is not None and site.register.device(device) is not None:
        return
    known = site.register.device_ids() if site.register is not None else []
    with open_reader(site.folder / "alarms.db") as reader, reading():
        known += [each for each in reader.devices() if each not in known]
    if device not in known:
        fail(said("unknown.device", name=device, near=near(device, known)), USAGE)


def open_reader(path: Path) -> Reader:
    """Return a reader of a journal; end the command if it cannot be opened."""
    try:
        return Reader(path)
    except (JournalError, OSError) as error:
        fail(said_by(error), MISSING)


@contextmanager
def reading() -> Iterator[None]:
    """End the command with one line if a journal can no longer be read; Ctrl-C just ends it."""
    try:
        yield
    except (sqlite3.Error, msgspec.MsgspecError) as error:
        fail(said("cli.journal_unreadable", why=said_by(error)), MISSING)
    except KeyboardInterrupt:
        return
