"""``callpoint backup`` and ``callpoint restore``: copy the journals and put them back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from callpoint_cli.errors import MISSING, fail
from callpoint_cli.journals import UTC, settings
from callpoint_cli.language import texts
from callpoint_cli.options import config_file
from callpoint_cli.service.district_file import district_settings, is_district
from callpoint_cli.times import iso
from callpoint_console import database as console
from callpoint_console.accounts.schema import forget_sessions
from callpoint_console.commissioning.site_key import KEY as HANDOVER_KEY
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.state_lock import StateDirInUse, hold
from callpoint_gateway.journal import backup as copies
from callpoint_gateway.journal.further_files import FurtherFile
from callpoint_gateway.journal.reader import JOURNALS
from callpoint_gateway.upstream.given_plans import FILE as GIVEN_PLANS
from callpoint_gateway.upstream.own_plans.file import FILE as OWN_PLANS
from callpoint_gateway.words.said import said, said_by
from callpoint_people import database as people
from callpoint_people import outbox_file as notify
from callpoint_technician.plan import boards_file, record

_folder = click.Path(path_type=Path)
_CONSOLE: Final = FurtherFile(
    file=f"{console.FOLDER}/{console.FILE}",
    lock=f"{console.FOLDER}/{console.LOCK}",
    secrets=(f"{console.FOLDER}/{HANDOVER_KEY}",),
    # Whoever was signed out, or has used a link, since the copy was made stays so.
    prepare=forget_sessions,
)
#: What belongs to a site beside its journals.
FURTHER: Final = (
    _CONSOLE,
    FurtherFile(
        file=f"{people.FOLDER}/{people.FILE}",
        keys=(f"{people.FOLDER}/{people.KEY}",),
        secret=True,
    ),
    FurtherFile(file=f"{notify.FOLDER}/{notify.FILE}", lock=f"{notify.FOLDER}/{notify.LOCK}"),
    FurtherFile(file=GIVEN_PLANS),
    FurtherFile(file=OWN_PLANS),
)


class _Kept(msgspec.Struct, frozen=True):
    """What a copy is made of. ``name``: the site's or the district's.

    ``files`` are copied always, ``secrets`` only on request.
    """

    state_dir: Path
    name: str
    files: list[Path]
    secrets: list[Path]
    further: tuple[FurtherFile, ...] = FURTHER
    journals: tuple[str, ...] = tuple(JOURNALS)

    def further_files(self, *, secrets: bool) -> Iterator[FurtherFile]:
        """Yield the further files of a copy with or without what is secret."""
        for each in self.further:
            if secrets:
                yield each
            elif not each.secret:
                yield msgspec.structs.replace(each, secrets=())


def _of_site(path: Path) -> _Kept:
    config, _ = settings(path)
    register = Path(config.gateway.register)
    plan = register.with_name(record.FILE)
    boards = path.with_name(boards_file.FILE)
    return _Kept(
        Path(config.gateway.state_dir),
        config.gateway.site,
        [path, register, *([plan] if plan.exists() else [])],
        [*_secret_files(msgspec.to_builtins(config)), *([boards] if boards.exists() else [])],
    )


def _of_district(path: Path) -> _Kept:
    """Return what a district keeps beside its database, which is copied by pg_dump."""
    found = district_settings(path)
    state_dir = Path(found.state_dir)
    return _Kept(
        state_dir,
        found.district,
        [Path(found.areas)] if found.areas else [],
        # The address of the database may have a password.
        [path, *_secret_files(msgspec.to_builtins(found))],
        (_CONSOLE,),
        (),
    )


def _kept(path: Path) -> _Kept:
    return _of_district(path) if is_district(path) else _of_site(path)


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

    The configuration, the register and the console's accounts are copied too. Gateway and console
    may run. Keys, passwords and contacts are copied only with --secrets.

    Of a district (-c district.toml) the console's accounts are copied; pg_dump copies its
    database.

    Example: callpoint backup /mnt/stick/2026-11-24
    """
    kept = _kept(path)
    if not kept.journals and not console.file_in(kept.state_dir).exists():
        fail(said("backup.no_accounts", folder=str(kept.state_dir)), MISSING)
    try:
        note = copies.make(
            kept.state_dir,
            kept.files,
            target,
            kept.name,
            SystemClock().wall_ms(),
            kept.secrets if secrets else (),
            list(kept.further_files(secrets=secrets)),
            kept.journals,
        )
    except copies.BackupError as error:
        fail(said_by(error), MISSING)
    words = texts()
    journals = ", ".join(
        words("backup.journal", name=name, last=last) for name, last in note.journals.items()
    )
    if not journals:
        click.echo(words("backup.done_accounts", target=target))
        return
    click.echo(words("backup.done", target=target, journals=journals))
    try:
        copies.remember(kept.state_dir, note)
    except OSError as error:
        click.echo(words("backup.not_noted", why=said_by(error).in_(words.language)), err=True)


@click.command()
@click.argument("source", type=_folder)
@click.option(
    "--replace", is_flag=True, help="Rename the journals that exist, instead of refusing."
)
@config_file
def restore(source: Path, replace: bool, path: Path) -> None:
    """Put the journals of a backup SOURCE back. Gateway and console must not run.

    The gateway then goes on as after a power cut at the moment of the backup: it delivers again
    what it has delivered since, and devices send again what has no answer.

    Example: callpoint restore /mnt/stick/2026-11-24
    """
    kept = _kept(path)
    try:
        with hold(kept.state_dir):
            note = copies.take_back(
                source,
                kept.state_dir,
                kept.name,
                replace=replace,
                further=kept.further,
                journals=kept.journals,
            )
    except (copies.BackupError, StateDirInUse) as error:
        fail(said_by(error), MISSING)
    words, folder, time = texts(), kept.state_dir, iso(note.made_ms, UTC)
    if kept.journals:
        click.echo(words("backup.restored", folder=folder, time=time))
    else:
        click.echo(words("backup.restored_accounts", folder=folder, time=time))
