"""The versions of the program on this machine: each in a folder, and which of them runs."""

import os
import shutil
from pathlib import Path
from typing import Final

VERSIONS: Final = Path("/opt/callpoint")
CURRENT: Final = "current"


def program(version: str, versions: Path = VERSIONS) -> Path:
    """Return the command of a version."""
    return versions / version / "bin/callpoint"


def current(versions: Path = VERSIONS) -> str | None:
    """Return the version that runs at the next start; None: there is none."""
    try:
        return (versions / CURRENT).readlink().name
    except OSError:
        return None


def choose(version: str, versions: Path = VERSIONS) -> None:
    """Let another version run from the next start on; at no moment there is none."""
    fresh = versions / f"{CURRENT}.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(version)
    fresh.replace(versions / CURRENT)
    folder = os.open(versions, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def forget_others(*kept: str, versions: Path = VERSIONS) -> None:
    """Remove every version but these."""
    for folder in versions.iterdir():
        if folder.is_dir() and not folder.is_symlink() and folder.name not in kept:
            shutil.rmtree(folder)
