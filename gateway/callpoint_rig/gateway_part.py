"""The gateway as a process of the rig, which reads its messages for systemd (sd_notify(3))."""

import asyncio
import os
import secrets
import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from callpoint_rig.part import START_S, Part, RigError
from callpoint_rig.rig_words import rig_said

READY = "READY=1"


class GatewayPart(Part):
    """A gateway. ``heard`` holds its messages for systemd since its last start, in order."""

    def __init__(self, folder: Path, command: list[str], name: str = "gateway") -> None:
        """Nothing runs before ``start``."""
        super().__init__(name, folder, command, None)
        self.heard: list[str] = []
        self._socket: socket.socket | None = None
        self._news = asyncio.Event()

    async def start(self) -> None:
        """Start it and read its messages for systemd."""
        self._leave()
        self.heard = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        # An abstract name: the path of a file may be longer than a socket's address.
        name = f"callpoint-rig-{os.getpid()}-{secrets.token_hex(4)}"
        self._socket.bind(f"\0{name}")
        asyncio.get_running_loop().add_reader(self._socket, self._hear)
        self.environment = {"NOTIFY_SOCKET": f"@{name}"}
        await super().start()

    def _hear(self) -> None:
        assert self._socket is not None
        try:
            while True:
                self.heard += self._socket.recv(4096).decode().split("\n")
        except BlockingIOError:
            self._news.set()

    async def until(
        self, condition: Callable[[Sequence[str]], bool], within_s: float = START_S
    ) -> None:
        """Wait until its messages fulfil a condition; RigError if it ends before that."""
        async with asyncio.timeout(within_s):
            while not condition(self.heard):
                self._news.clear()
                ended = asyncio.ensure_future(self.wait())
                news = asyncio.ensure_future(self._news.wait())
                await asyncio.wait((ended, news), return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
                if ended.done() and not condition(self.heard):
                    raise RigError(rig_said("part.ended", name=self.name, printed=self.printed()))
                ended.cancel()

    async def until_ready(self, times: int = 1, within_s: float = START_S) -> None:
        """Wait for its ``times``-th READY since its start; each reload is followed by another."""
        await self.until(lambda heard: heard.count(READY) >= times, within_s)

    async def wait(self) -> int:
        """Wait until it has ended by itself and return its exit code."""
        code = await super().wait()
        self._leave()
        return code

    async def end(self, number: signal.Signals) -> None:
        """Send a signal and wait for the end."""
        await super().end(number)
        self._leave()

    def _leave(self) -> None:
        """Read the messages that are left, and close the socket."""
        if self._socket is not None:
            self._hear()
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None
