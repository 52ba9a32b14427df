"""The console as a part of the rig, with accounts that sign in by a one-time link."""

import asyncio
import importlib.util
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from callpoint_gateway.words.said import Said
from callpoint_rig.part import Part, RigError
from callpoint_rig.ports import free_port
from callpoint_rig.rig import PROGRAM, Rig
from callpoint_rig.rig_words import rig_said

_NEEDED: Final = ("starlette", "uvicorn", "jinja2", "argon2", "pyotp")
_LINK: Final = re.compile(r"https?://\S+")


def console_installed() -> bool:
    """Say whether the packages of the extra ``console`` are there."""
    return all(importlib.util.find_spec(package) is not None for package in _NEEDED)


class _Console(Part):
    """A console, whose accounts are made by ``callpoint user add``."""

    def __init__(self, name: str, configuration: Path, port: int, *command: str) -> None:
        """``port``: that of the configuration. ``command``: without the configuration."""
        self._given = ("-c", str(configuration))
        words = [sys.executable, *PROGRAM, *command, *self._given]
        super().__init__(name, configuration.parent, words, port)

    async def account(self, login: str, *options: str) -> str:
        """Make an account and return its one-time link."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *PROGRAM,
            *("user", "add", login, *options, *self._given),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await process.communicate()
        link = _LINK.search(printed.decode())
        if process.returncode or link is None:
            raise RigError(rig_said("part.account", printed=printed.decode().strip()))
        return link[0]

    async def serve(self, desk: bool, lead: Callable[[Said, str], None]) -> None:
        """Start it, and show links that need no password to begin with.

        ``desk``: also that of an account that may do everything. ``lead`` is called with what a
        page is and its link.
        """
        await self.start()
        wall = await self.account("wall", "--role", "viewer", "--screen")
        lead(rig_said("demo.pages"), wall)
        if desk:
            roles = ("--role", "operator", "--role", "manager", "--role", "admin")
            lead(rig_said("demo.desk"), await self.account("desk-1", *roles))


class ConsolePart(_Console):
    """The console of a rig. Make it before the rig writes its configuration."""

    def __init__(self, rig: Rig) -> None:
        """Choose a port, and put it into the rig's configuration."""
        port = free_port()
        rig.sections += ["[console]", f"port = {port}"]
        super().__init__("console", rig.folder / "gateway.toml", port, "console")


class DistrictConsolePart(_Console):
    """The console of a district, whose configuration is written before it starts."""

    def __init__(self, configuration: Path, port: int) -> None:
        """``port``: that of the configuration."""
        super().__init__("district-console", configuration, port, "district", "console")
