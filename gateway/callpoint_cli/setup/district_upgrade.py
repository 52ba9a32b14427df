"""How a version is tried on a district's machine, and how it takes over the database.

A version that needs no other tables is taken back like that of a site. Tables that were brought
to a later version cannot be taken back: the version before does not start with them. So the
database is copied first, this is said, and the copy is the way back.
"""

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from callpoint_cli.errors import BAD, MISSING, fail
from callpoint_cli.language import texts
from callpoint_cli.options import DEFAULT_CONFIG
from callpoint_cli.setup import trial, versions
from callpoint_cli.setup.district_standing import Standing
from callpoint_cli.setup.places import (
    DISTRICT_CONSOLE,
    DISTRICT_PROCESS,
    ENROLMENT,
    USER,
    Places,
)
from callpoint_cli.setup.site_upgrade import copied_and_opened
from callpoint_cli.setup.switch import NotReady
from callpoint_cli.setup.trying import as_service, printed_by, python_of, run_as
from callpoint_cli.setup.units import START_S, active, systemctl
from callpoint_gateway.words.said import Said, said, said_by, verbatim

CONFIGURATION: Final = DEFAULT_CONFIG.with_name("district.toml")
ENGINE: Final = DEFAULT_CONFIG.with_name("engine")
_LOOK_S: Final = 0.2
# Sessions end a moment after their processes.
_LEAVE_S: Final = 10.0
# Of what a command printed, in characters: the end says why.
_MOST_SHOWN: Final = 400


def is_there() -> bool:
    """Say whether parts of a district are on this machine."""
    return CONFIGURATION.exists() or ENGINE.exists()


def units() -> list[str]:
    """Return the district's units that run here, in the order in which they start.

    The engine goes on: a version of Callpoint does not change it.
    """
    return active(ENROLMENT, f"{DISTRICT_PROCESS}@*", DISTRICT_CONSOLE)


def tried(version: str, present: str) -> Standing | None:
    """Try a version on what is here, and return how the database stands for it.

    None: no process of the district belongs here.
    """
    program = versions.program(version)
    if ENGINE.exists():
        as_service(program, "district", "list", str(ENGINE), "--json", user=ENGINE.owner())
    if not CONFIGURATION.exists():
        return None
    standing = msgspec.json.decode(_database(version, "look"), type=Standing)
    state = Path(standing.state_dir)
    if trial.sources(state):
        _accounts_tried(version, present, state)
    return standing


def _accounts_tried(version: str, present: str, state: Path) -> None:
    """Let a version open a copy of the accounts, and the present one what it made of them."""
    copy = state / trial.FOLDER
    try:
        copied_and_opened(version, state, copy)
        words = ("-I", "-m", "callpoint_cli.setup.trial", str(copy), str(copy / "again"))
        as_service(python_of(versions.program(present)), *words)
    except OSError as error:
        fail(said("upgrade.unfit", version=version, why=said_by(error)), BAD)
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def copy_database(version: str, present: str, size: int) -> Path:
    """Say that there is no return without a copy, and make it; return its file.

    ``size``: of the database, in bytes. The command ends if there is no room for it.
    """
    words = texts()
    folder = Places().state
    file = folder / f"before-{version}.dump"
    click.echo(words("upgrade.copies", version=version, present=present, file=str(file)))
    free = shutil.disk_usage(folder).free
    if free < size:
        fail(said("upgrade.no_room_dump", needed=size >> 20, free=free >> 20), MISSING)
    _database(version, "copy", str(file))
    return file


def migrate(version: str, running: Sequence[str]) -> None:
    """Stop the district's processes, and bring the database to a version.

    If that fails, nothing of it is done, the present version's processes start again, and the
    command ends.
    """
    stopped = [unit for unit in running if unit != ENROLMENT]
    for unit in reversed(stopped):
        systemctl("stop", f"{unit}.service")
    why = _in_use(version) or _migrated(version)
    if why is None:
        return
    for unit in stopped:
        systemctl("start", "--no-block", f"{unit}.service")
    fail(said("upgrade.unfit", version=version, why=why), BAD)


def _in_use(version: str) -> Said | None:
    """Return who else uses the database, once those that were stopped have left it."""
    ends = time.monotonic() + _LEAVE_S
    while others := msgspec.json.decode(_database(version, "look"), type=Standing).others:
        if time.monotonic() > ends:
            return said("upgrade.others", count=others)
        time.sleep(_LOOK_S)
    return None


def _migrated(version: str) -> Said | None:
    done = run_as(USER, python_of(versions.program(version)), *_module("migrate"))
    return verbatim(printed_by(done)) if done.returncode != 0 else None


def _database(version: str, work: str, *more: str) -> str:
    return as_service(python_of(versions.program(version)), *_module(work), *more)


def _module(work: str) -> tuple[str, ...]:
    return ("-I", "-m", "callpoint_cli.setup.district_database", work, str(CONFIGURATION))


def tell_engine(version: str) -> None:
    """Have the engine read the permissions that a version writes. NotReady: it does not."""
    if not ENGINE.exists():
        return
    program = versions.program(version)
    done = run_as(ENGINE.owner(), program, "district", "reload", str(ENGINE))
    if done.returncode != 0:
        raise NotReady("callpoint-engine")


def bad_findings(present: str) -> int:
    """Return how many things the present version's doctor finds bad; ask it for a minute."""
    ends = time.monotonic() + START_S
    while isinstance(found := _bad_findings(present), str):
        if time.monotonic() > ends:
            fail(said("upgrade.no_doctor", version=present, why=found), BAD)
        time.sleep(_LOOK_S)
    return found


def _bad_findings(version: str) -> int | str:
    """Return how many things a version's doctor finds bad, or what it printed instead."""
    words = ("district", "doctor", "-c", str(CONFIGURATION), "--json")
    done = run_as(USER, versions.program(version), *words)
    if done.returncode not in (0, BAD):
        return printed_by(done)[-_MOST_SHOWN:]
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)
    except ValueError:
        return printed_by(done)[-_MOST_SHOWN:]
    return len([each for each in found if each["grade"] == "bad"])


def see_that_it_works(version: str, bad_before: int) -> None:
    """Ask a version that runs how the district is. NotReady: worse than before, for a minute."""
    program = versions.program(version)
    ends = time.monotonic() + START_S
    while True:
        done = run_as(USER, program, "district", "status", "-c", str(CONFIGURATION), "--json")
        if done.returncode == 0:
            bad = _bad_findings(version)
            if isinstance(bad, int) and bad <= bad_before:
                return
        if time.monotonic() > ends:
            raise NotReady(DISTRICT_PROCESS)
        time.sleep(_LOOK_S)
