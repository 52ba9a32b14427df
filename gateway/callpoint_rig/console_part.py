"""The console as a part of the rig, with accounts that sign in by a one-time link."""

import asyncio
import importlib.util
import re
import sys
from pathlib import Path
from typing import Final

from callpoint_rig.part import Part, RigError
from callpoint_rig.ports import free_port
from callpoint_rig.rig import PROGRAM, Rig
from callpoint_rig.rig_words import rig_said

_NEEDED: Final = ("starlette", "uvicorn", "jinja2", "argon2", "pyotp")
_LINK: Final = re.compile(r"https?://\S+")


def console_installed() -> bool:
    """Say whether the packages of the extra ``console`` are there."""
    return all(importlib.util.find_spec(package) is not None for package in _NEEDED)


class ConsolePart(Part):
    """The console of a rig. Make it before the rig writes its configuration."""

    def __init__(self, rig: Rig) -> None:
        """Choose a port, and put it into the rig's configuration."""
        port = free_port()
        self._config = str(rig.folder / "gateway.toml")
        rig.sections += ["[console]", f"port = {port}"]
        command = [sys.executable, *PROGRAM, "console", "-c", self._config]
        super().__init__("console", rig.folder, command, port)

    async def account(self, login: str, *options: str) -> str:
        """Make an account and return its one-time link."""
        return await _account(self._config, login, *options)


class DistrictConsolePart(Part):
    """The console of a district, whose configuration is written before it starts."""

    def __init__(self, configuration: Path, port: int) -> None:
        """``port``: that of the configuration."""
        self._config = str(configuration)
        command = [sys.executable, *PROGRAM, "district", "console", "-c", self._config]
        super().__init__("district-console", configuration.parent, command, port)

    async def account(self, login: str, *options: str) -> str:
        """Make an account and return its one-time link."""
        return await _account(self._config, login, *options)


async def _account(config: str, login: str, *options: str) -> str:
    """Make an account by ``callpoint user add`` and return its one-time link."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *PROGRAM,
        *("user", "add", login, *options, "-c", config),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    link = _LINK.search(printed.decode())
    if process.returncode or link is None:
        raise RigError(rig_said("part.account", printed=printed.decode().strip()))
    return link[0]
