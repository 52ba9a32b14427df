"""``callpoint upgrade``: changes the version that runs, and comes back when it does not.

1. The version to come checks the configuration, and opens a copy of the site's files.
2. The present version opens what the other has made of the copy. So it is known, before anything
   changes, that the present one can take the files back, with all that is stored meanwhile.
3. The link to the version that runs is changed, and the services start anew, the gateway first.
   Until then the present version answers.
4. What is not ready in time ends the attempt: the link goes back and the services start anew.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final, NoReturn

import click

from callpoint_cli.errors import BAD, MISSING, USAGE, fail
from callpoint_cli.journals import settings
from callpoint_cli.language import language, texts
from callpoint_cli.options import DEFAULT_CONFIG
from callpoint_cli.setup import switch, trial, versions
from callpoint_cli.setup.places import USER, check_machine, make_folder
from callpoint_cli.setup.site_files import changed
from callpoint_cli.setup.units import systemd_runs
from callpoint_gateway.words.said import said, said_by, verbatim

# Room that is left beside a copy of the files: the gateway's own reserve.
_ROOM: Final = 64 * 1024 * 1024


@click.command()
@click.argument("version")
@click.option(
    "--limit",
    "limit_s",
    type=click.IntRange(5, 3600),
    default=60,
    show_default=True,
    help="How long the new version may take to be ready, beside what its trial took.",
)
def upgrade(version: str, limit_s: int) -> None:
    """Change to another version that is installed.

    The new version is first tried on the configuration and on a copy of the journals, and the
    present one is tried on what the new one has made of them. Then the services start with the
    new version. If it does not come up, the present one goes on.

    Example: callpoint upgrade 0.2.0
    """
    if not versions.program(version).exists():
        fail(said("upgrade.not_there", version=version, folder=str(versions.VERSIONS)), USAGE)
    check_machine()
    present = versions.current()
    words = texts()
    if present == version:
        click.echo(words("upgrade.already", version=version))
        return
    if present is None or not DEFAULT_CONFIG.exists():
        versions.choose(version)
        click.echo(words("upgrade.done", version=version))
        return
    took_s = _tried(version, present)
    if not systemd_runs():
        versions.choose(version)
        click.echo(words("upgrade.no_systemd", version=version))
        return
    try:
        gap_s = switch.switch(present, version, limit_s + 3 * took_s)
    except switch.NotReady as late:
        fail(said("upgrade.back", version=version, present=present, unit=late.unit), BAD)
    click.echo(words("upgrade.done_in", version=version, seconds=f"{gap_s:.1f}"))
    versions.forget_others(version, present)


def _tried(version: str, present: str) -> float:
    """Try both versions; return how long the new one takes for the files, in seconds."""
    _as_service(versions.program(version), "config", "check", "-c", str(DEFAULT_CONFIG))
    config, _ = settings(DEFAULT_CONFIG)
    state = Path(config.gateway.state_dir)
    copy = state / trial.FOLDER
    # Beside the original, because relative paths in it begin there.
    copied = DEFAULT_CONFIG.with_name(".trial.toml")
    shutil.rmtree(copy, ignore_errors=True)
    needed = _ROOM + sum(file.stat().st_size for file in trial.sources(state))
    free = shutil.disk_usage(state).free
    if free < needed:
        fail(said("upgrade.no_room", needed=needed >> 20, free=free >> 20), MISSING)
    try:
        make_folder(copy, USER, 0o700)
        python = versions.program(version).with_name("python")
        took = _as_service(python, "-I", "-m", "callpoint_cli.setup.trial", str(state), str(copy))
        text = DEFAULT_CONFIG.read_text(encoding="utf-8")
        copied.write_text(changed(text, {("gateway", "state_dir"): str(copy)}), encoding="utf-8")
        for command in sorted(set(trial.opened_by(copy).values())):
            _as_service(versions.program(present), *command, "-c", str(copied))
    except (OSError, ValueError) as error:
        fail(said("upgrade.unfit", version=version, why=said_by(error)), BAD)
    finally:
        shutil.rmtree(copy, ignore_errors=True)
        copied.unlink(missing_ok=True)
    return float(took)


def _as_service(program: Path, *words: str) -> str:
    """Run a command as the service's own user; end this one if it fails. Return what it prints."""
    done = subprocess.run(
        [program, *words],
        user=USER,
        group=USER,
        extra_groups=[],
        cwd="/",
        env={**os.environ, "LANG": f"{language()}.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        _unfit(program, done.stderr.strip() or done.stdout.strip())
    return done.stdout.strip()


def _unfit(program: Path, why: str) -> NoReturn:
    version = program.parent.parent.name
    fail(said("upgrade.unfit", version=version, why=verbatim(why)), BAD)
