"""``callpoint backup`` and ``callpoint restore``: a copy of the journals, and the way back."""

from pathlib import Path
from typing import Any

import click
import msgspec

from callpoint_cli.errors import MISSING, fail
from callpoint_cli.journals import UTC
from callpoint_cli.options import config_file
from callpoint_cli.service.run import load
from callpoint_cli.times import iso
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.state_lock import StateDirInUse, hold
from callpoint_gateway.journal import backup as copies

_folder = click.Path(path_type=Path)


def _secret_files(settings: Any) -> list[Path]:
    """Return every file that a setting ``*_file`` names."""
    found: list[Path] = []
    if isinstance(settings, dict):
        for key, value in settings.items():
            if isinstance(value, str) and key.endswith("_file"):
                found.append(Path(value))
            else:
                found += _secret_files(value)
    elif isinstance(settings, list):
        for one in settings:
            found += _secret_files(one)
    return sorted(set(found))


@click.command()
@click.argument("target", type=_folder)
@click.option("--secrets", is_flag=True, help="Also the keys and passwords; keep it locked up.")
@config_file
def backup(target: Path, secrets: bool, path: Path) -> None:
    """Copy both journals, the configuration and the register into a new folder TARGET.

    Also while the gateway runs. Keys and passwords are not in it unless --secrets is given.

    Example: callpoint backup /mnt/stick/2026-11-24
    """
    config, _ = load(path)
    files = [path, Path(config.gateway.register)]
    try:
        note = copies.make(
            Path(config.gateway.state_dir),
            files,
            target,
            config.gateway.site,
            SystemClock().wall_ms(),
            _secret_files(msgspec.to_builtins(config)) if secrets else (),
        )
    except copies.BackupError as error:
        fail(str(error), MISSING)
    entries = ", ".join(f"{name} up to {last}" for name, last in note.journals.items())
    click.echo(f"{target}: {entries}; read again and sound")


@click.command()
@click.argument("source", type=_folder)
@click.option("--replace", is_flag=True, help="Rename the journals that are there.")
@config_file
def restore(source: Path, replace: bool, path: Path) -> None:
    """Put the journals of a backup SOURCE back. The gateway must not run.

    It then goes on as after a power cut at the moment of the backup: what was delivered since is
    delivered again, and devices send again what they were not told of.

    Example: callpoint restore /mnt/stick/2026-11-24
    """
    config, _ = load(path)
    state_dir = Path(config.gateway.state_dir)
    try:
        with hold(state_dir):
            note = copies.take_back(source, state_dir, config.gateway.site, replace=replace)
    except (copies.BackupError, StateDirInUse) as error:
        fail(str(error), MISSING)
    click.echo(f"{state_dir}: as it was at {iso(note.made_ms, UTC)}")
