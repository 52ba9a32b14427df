"""Finds the programs and the library that the demo and the tests run."""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from callpoint_cli.errors import MISSING, fail
from callpoint_rig.rig_words import rig_said

# In front of a command: the kernel kills the program when its parent ends, even by SIGKILL.
MORTAL = ("setpriv", "--pdeathsig", "KILL", "--")
_DEBIAN_PACKAGES = {
    "micropython": "micropython (Debian 13 has it)",
    "mosquitto": "mosquitto",
    "nats-server": "nats-server (that of Debian 13)",
    "setpriv": "util-linux",
}
# Debian keeps these in a folder that is not on the PATH.
_OF_POSTGRESQL = ("initdb", "postgres", "psql", "pg_dump", "pg_restore")
_OF_A_DISTRICT = ("nats-server", *_OF_POSTGRESQL)
_IN_CHECKOUT = (Path(__file__).parents[2] / "bootstrap" / "prepare.py").exists()


def find_tool(name: str) -> Path | None:
    """Return the path of a program, beside Python first, then on PATH; None when it is absent."""
    beside = Path(sys.executable).parent / name
    if beside.exists():
        return beside
    found = shutil.which(name)
    return Path(found) if found else None


def tool(name: str) -> Path:
    """Return the path of a program, or end the command saying how to get it."""
    found = find_tool(name)
    if found is None:
        if _IN_CHECKOUT:
            command = "make district-parts" if name in _OF_A_DISTRICT else "make prepare"
            fail(rig_said("tool.checkout", name=name, command=command), MISSING)
        if name in _OF_POSTGRESQL:
            fail(rig_said("tool.postgresql", name=name), MISSING)
        package = _DEBIAN_PACKAGES.get(name, name)
        fail(rig_said("tool.package", name=name, package=package), MISSING)
    return found


def need_receiver() -> None:
    """End the command if the library of the independent receiver is not installed."""
    if find_spec("pysiaalarm") is None:
        fail(rig_said("tool.receiver"), MISSING)


def virtual_board_program(name: str = "virtual.py") -> Path:
    """Return the program of the virtual board; ``virtual_boot.py`` starts it from a slot."""
    package = find_spec("callpoint_boards")
    locations = package.submodule_search_locations if package else None
    for folder in locations or ():
        program = Path(folder) / name
        if program.exists():
            return program
    fail(rig_said("tool.boards"), MISSING)
