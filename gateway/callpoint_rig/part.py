"""A process of the rig: starts it, waits until it is up, kills or stops it."""

import asyncio
import os
import signal
from pathlib import Path

from callpoint_gateway.words.said import Said
from callpoint_rig.rig_words import rig_said
from callpoint_rig.tools import MORTAL

START_S = 60.0


class RigError(Exception):
    """A part did not start, did not end or refused a request. ``why`` holds what it printed."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


def not_up(name: str, printed: str) -> Said:
    """Return why a part that has not come up in ``START_S`` is given up."""
    return rig_said("part.silent", name=name, seconds=START_S, printed=printed)


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


class Part:
    """A process of the rig. What it prints goes into the file ``log``."""

    def __init__(self, name: str, folder: Path, command: list[str], port: int | None) -> None:
        """``port``: the process is up when it listens there; None: as soon as it runs."""
        self.name = name
        self.log = folder / f"{name}.log"
        self._command = command
        self._port = port
        self._process: asyncio.subprocess.Process | None = None
        self.environment: dict[str, str] = {}  # added to that of this process
        self.before: tuple[str, ...] = MORTAL  # what starts the command

    async def start(self) -> None:
        """Start it and wait until it is up."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self.before,
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"PYTHONUNBUFFERED": "1"} | self.environment,
            )
        if self._port is None:
            return
        try:
            async with asyncio.timeout(START_S):
                while not await _listens(self._port):
                    if self._process.returncode is not None:
                        raise RigError(
                            rig_said("part.ended", name=self.name, printed=self.printed())
                        )
                    await asyncio.sleep(0.01)
        except TimeoutError:
            await self.kill()
            raise RigError(not_up(self.name, self.printed())) from None

    def printed(self) -> str:
        """Return the end of what it printed."""
        return self.log.read_text(errors="replace")[-2000:].strip()

    async def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        await self.end(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM and wait; RigError (after SIGKILL) if it does not end."""
        try:
            async with asyncio.timeout(START_S):
                await self.end(signal.SIGTERM)
        except TimeoutError:
            await self.kill()
            why = rig_said("part.stays", name=self.name, printed=self.printed())
            raise RigError(why) from None

    async def end(self, number: signal.Signals) -> None:
        """Send a signal and wait for the end."""
        if self._process is not None:
            if self._process.returncode is None:
                self._process.send_signal(number)
            await self._process.wait()
            self._process = None

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, such as SIGSTOP, and do not wait."""
        os.kill(self.pid, number)

    async def wait(self) -> int:
        """Wait until it has ended by itself and return its exit code."""
        if self._process is None:
            raise RigError(rig_said("part.off", name=self.name))
        return await self._process.wait()

    async def ended(self, within_s: float) -> int:
        """As ``wait``; TimeoutError after ``within_s``."""
        async with asyncio.timeout(within_s):
            return await self.wait()

    @property
    def has_ended(self) -> bool:
        """Whether it was started and has ended by itself."""
        return self._process is not None and self._process.returncode is not None

    @property
    def pid(self) -> int:
        """Its process number."""
        if self._process is None:
            raise RigError(rig_said("part.off", name=self.name))
        return self._process.pid
