"""Finds the programs that the demo and the tests run: beside Python first, then on PATH."""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from callpoint_cli.errors import MISSING, fail

# In front of a command: the kernel kills it when whoever started it is gone, however it went.
MORTAL = ("setpriv", "--pdeathsig", "KILL", "--")


def find_tool(name: str) -> Path | None:
    """Return the path of a program, None when it is not installed."""
    beside = Path(sys.executable).parent / name
    if beside.exists():
        return beside
    found = shutil.which(name)
    return Path(found) if found else None


def tool(name: str) -> Path:
    """Return the path of a program, or end the command saying how to get it."""
    found = find_tool(name)
    if found is None:
        fail(f"{name} is not installed; 'make prepare' in a checkout installs it", MISSING)
    return found


def virtual_board_program(name: str = "virtual.py") -> Path:
    """Return the program of the virtual board; ``virtual_boot.py`` starts it from a slot."""
    package = find_spec("callpoint_boards")
    locations = package.submodule_search_locations if package else None
    for folder in locations or ():
        program = Path(folder) / name
        if program.exists():
            return program
    fail("the firmware is not installed beside this command", MISSING)
