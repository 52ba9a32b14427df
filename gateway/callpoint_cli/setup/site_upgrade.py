"""How a version is tried on the files of a site, before it runs."""

import shutil
from pathlib import Path
from typing import Final

from callpoint_cli.errors import BAD, MISSING, fail
from callpoint_cli.journals import settings
from callpoint_cli.options import DEFAULT_CONFIG
from callpoint_cli.setup import trial, versions
from callpoint_cli.setup.places import USER, make_folder
from callpoint_cli.setup.site_files import changed
from callpoint_cli.setup.trying import as_service, python_of
from callpoint_gateway.words.said import said, said_by

# Room that is left beside a copy of the files: the gateway's own reserve.
_ROOM: Final = 64 * 1024 * 1024


def is_there() -> bool:
    """Say whether this machine is the gateway of a site."""
    return DEFAULT_CONFIG.exists()


def tried(version: str, present: str) -> float:
    """Try both versions; return how long the new one takes for the files, in seconds."""
    as_service(versions.program(version), "config", "check", "-c", str(DEFAULT_CONFIG))
    config, _ = settings(DEFAULT_CONFIG)
    state = Path(config.gateway.state_dir)
    copy = state / trial.FOLDER
    # Beside the original, because relative paths in it begin there.
    copied = DEFAULT_CONFIG.with_name(".trial.toml")
    try:
        took_s = copied_and_opened(version, state, copy)
        text = DEFAULT_CONFIG.read_text(encoding="utf-8")
        copied.write_text(changed(text, {("gateway", "state_dir"): str(copy)}), encoding="utf-8")
        for command in sorted(set(trial.opened_by(copy).values())):
            as_service(versions.program(present), *command, "-c", str(copied))
    except (OSError, ValueError) as error:
        fail(said("upgrade.unfit", version=version, why=said_by(error)), BAD)
    finally:
        shutil.rmtree(copy, ignore_errors=True)
        copied.unlink(missing_ok=True)
    return took_s


def copied_and_opened(version: str, state: Path, copy: Path) -> float:
    """Copy the files of a state folder, and let a version bring them to its form.

    Return how long that took, in seconds. The caller removes the copy. OSError.
    """
    shutil.rmtree(copy, ignore_errors=True)
    needed = _ROOM + sum(file.stat().st_size for file in trial.sources(state))
    free = shutil.disk_usage(state).free
    if free < needed:
        fail(said("upgrade.no_room", needed=needed >> 20, free=free >> 20), MISSING)
    make_folder(copy, USER, 0o700)
    python = python_of(versions.program(version))
    words = ("-I", "-m", "callpoint_cli.setup.trial", str(state), str(copy))
    return float(as_service(python, *words))
