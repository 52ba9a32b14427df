"""Finds the programs and the library that the demo and the tests run."""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from callpoint_cli.errors import MISSING, fail
from callpoint_rig.rig_words import rig_said

# In front of a command: the kernel kills the program when its parent ends, even by SIGKILL.
MORTAL = ("setpriv", "--pdeathsig", "KILL", "--")
_SERVER = ("postgres", "initdb")
_DEBIAN_PACKAGES = {
    "micropython": "micropython (Debian 13 has it)",
    "mosquitto": "mosquitto",
    "setpriv": "util-linux",
    "nats-server": "nats-server (of Debian 13)",
    "psql": "postgresql-client",
    **dict.fromkeys(_SERVER, "postgresql (and put /usr/lib/postgresql/*/bin on the PATH)"),
}
# What of a checkout brings a program, where that is not `make prepare`.
_TARGETS = dict.fromkeys(("nats-server", "psql", *_SERVER), "district-parts")
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
            target = _TARGETS.get(name, "prepare")
            fail(rig_said("tool.checkout", name=name, target=target), MISSING)
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
