"""``callpoint backup`` and ``callpoint restore``: copy the journals and put them back."""

from pathlib import Path
from typing import Any

import click
import msgspec

from callpoint_cli.errors import MISSING, fail
from callpoint_cli.journals import UTC, settings
from callpoint_cli.language import texts
from callpoint_cli.options import config_file
from callpoint_cli.times import iso
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.state_lock import StateDirInUse, hold
from callpoint_gateway.journal import backup as copies
from callpoint_gateway.words.said import said_by

_folder = click.Path(path_type=Path)


def _secret_files(settings: Any) -> list[Path]:
    """Return every file that a setting ``*_file`` names, and the files of the authority."""
    found: list[Path] = []
    if isinstance(settings, dict):
        for key, value in settings.items():
            if isinstance(value, str) and key.endswith("_file"):
                found.append(Path(value))
            elif key == "certificates_dir":
                found += [file for file in Path(value).iterdir() if file.is_file()]
            else:
                found += _secret_files(value)
    elif isinstance(settings, list):
        for setting in settings:
            found += _secret_files(setting)
    return sorted(set(found))


@click.command()
@click.argument("target", type=_folder)
@click.option(
    "--secrets", is_flag=True, help="Also copy keys and passwords; keep the copy locked up."
)
@config_file
def backup(target: Path, secrets: bool, path: Path) -> None:
    """Copy the journals into a new folder TARGET.

    The configuration and the register are copied too. The gateway may run. Keys and passwords are
    copied only with --secrets.

    Example: callpoint backup /mnt/stick/2026-11-24
    """
    config, _ = settings(path)
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
        fail(said_by(error), MISSING)
    words = texts()
    journals = ", ".join(
        words("backup.journal", name=name, last=last) for name, last in note.journals.items()
    )
    click.echo(words("backup.done", target=target, journals=journals))


@click.command()
@click.argument("source", type=_folder)
@click.option(
    "--replace", is_flag=True, help="Rename the journals that exist, instead of refusing."
)
@config_file
def restore(source: Path, replace: bool, path: Path) -> None:
    """Put the journals of a backup SOURCE back. The gateway must not run.

    The gateway then goes on as after a power cut at the moment of the backup: it delivers again
    what it has delivered since, and devices send again what has no answer.

    Example: callpoint restore /mnt/stick/2026-11-24
    """
    config, _ = settings(path)
    state_dir = Path(config.gateway.state_dir)
    try:
        with hold(state_dir):
            note = copies.take_back(source, state_dir, config.gateway.site, replace=replace)
    except (copies.BackupError, StateDirInUse) as error:
        fail(said_by(error), MISSING)
    click.echo(texts()("backup.restored", folder=state_dir, time=iso(note.made_ms, UTC)))
