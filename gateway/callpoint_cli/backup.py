"""``callpoint backup`` and ``callpoint restore``: a copy of the journals, and the way back."""

from pathlib import Path

import click

from callpoint_cli.errors import MISSING, fail
from callpoint_cli.journals import utc
from callpoint_cli.options import config_file
from callpoint_cli.run import load
from callpoint_gateway import backup as copies
from callpoint_gateway.clock import SystemClock
from callpoint_gateway.state_lock import StateDirInUse, hold

_folder = click.Path(path_type=Path)


@click.command()
@click.argument("target", type=_folder)
@config_file
def backup(target: Path, path: Path) -> None:
    """Copy both journals, the configuration and the register into a new folder TARGET.

    Also while the gateway runs. Keys and passwords are not in it.

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
    click.echo(f"{state_dir}: as it was at {utc(note.made_ms)}")
