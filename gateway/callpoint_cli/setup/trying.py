"""What a trial of a version needs: its program as a service's user, and the end when it fails."""

import os
import pwd
import subprocess
from pathlib import Path
from typing import NoReturn

from callpoint_cli.errors import BAD, fail
from callpoint_cli.language import language
from callpoint_cli.setup.places import USER
from callpoint_gateway.words.said import said, verbatim


def run_as(user: str, program: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command of a version as a service's own user, in that user's group."""
    return subprocess.run(
        [program, *words],
        user=user,
        group=pwd.getpwnam(user).pw_gid,
        extra_groups=[],
        cwd="/",
        env={**os.environ, "LANG": f"{language()}.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def as_service(program: Path, *words: str, user: str = USER) -> str:
    """Run a command as a service's own user; end this one if it fails. Return what it prints."""
    done = run_as(user, program, *words)
    if done.returncode != 0:
        unfit(program, printed_by(done))
    return done.stdout.strip()


def printed_by(done: subprocess.CompletedProcess[str]) -> str:
    """Return why a command failed, as it says itself."""
    return done.stderr.strip() or done.stdout.strip()


def python_of(program: Path) -> Path:
    """Return the Python of a version's program."""
    return program.with_name("python")


def unfit(program: Path, why: str) -> NoReturn:
    """End the command: a version cannot be used here."""
    version = program.parent.parent.name
    fail(said("upgrade.unfit", version=version, why=verbatim(why)), BAD)
