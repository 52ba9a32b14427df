"""Reloads configuration and register while the gateway runs, without losing a message.

Files are checked first: a wrong one changes nothing. Then everything is taken down in the order
that loses nothing, as for the end of the process, and built anew in the same process: the broker
keeps the sessions, devices and centres are told nothing that is not on disk. What cannot start
with the new files makes way for what ran before. Files that the configuration names (keys,
certificates) are read again even when nothing else has changed.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.control.question import Question, QuestionRefused
from callpoint_gateway.control.socket import Control
from callpoint_gateway.host.service_error import ServiceError

# What only another start can change: the name of the sessions, the journals, the log.
FIXED = ("site", "state_dir", "log_format")

Serve = Callable[[Config, Register], Coroutine[Any, Any, None]]
Load = Callable[[], tuple[Config, Register]]
log = logging.getLogger(__name__)


class ReloadBegun(msgspec.Struct, frozen=True):
    """How often the gateway had been built until now, and the sections that change."""

    number: int
    changed: list[str]


class ReloadState(msgspec.Struct, frozen=True):
    """How often the gateway has been built, and why the last time failed; empty: it did not."""

    number: int
    problem: str


class AskReload(Question[ReloadBegun], frozen=True, tag="reload"):
    """Read the files again, and build everything anew."""


class AskReloadState(Question[ReloadState], frozen=True, tag="reload state"):
    """Has it been built?"""


class Reload:
    """What the gateway is built of, and what it shall be built of next."""

    def __init__(self, load: Load) -> None:
        """``load`` reads and checks the files; ConfigError when they are wrong."""
        self._load = load
        self.config, self.register = load()
        self._next: tuple[Config, Register] | None = None
        self._wanted = asyncio.Event()
        self._running = False
        #: How often the gateway has been built, and why the last time failed.
        self.number, self.problem = 0, ""

    @property
    def pending(self) -> bool:
        """What ends now is built anew at once."""
        return self._next is not None

    def answer(self, control: Control) -> None:
        """Let the command line ask for it."""
        control.register(AskReload, lambda _: ReloadBegun(self.number, self.ask()))
        control.register(AskReloadState, lambda _: ReloadState(self.number, self.problem))

    def started(self) -> None:
        """The gateway has been built and takes messages."""
        self.number += 1
        self._running = True

    def ask(self) -> list[str]:
        """Have everything built anew; return the sections that change.

        QuestionRefused: nothing is built anew.
        """
        if self.pending:
            raise QuestionRefused("a reload is under way; try again when it is done")
        try:
            config, register = self._load()
        except ConfigError as error:
            raise QuestionRefused(f"nothing is changed: {error}") from None
        gateway = config.gateway
        for name in FIXED:
            if getattr(gateway, name) != getattr(self.config.gateway, name):
                raise QuestionRefused(
                    f"nothing is changed: {name} of [gateway] cannot change while the gateway "
                    "runs; restart it for that (systemctl restart callpoint)"
                )
        changed = [
            name
            for name in config.__struct_fields__
            if getattr(config, name) != getattr(self.config, name)
        ]
        if register.fingerprint != self.register.fingerprint:
            changed.append("register")
        log.info("reload: %s", ", ".join(changed) or "nothing has changed but maybe keys")
        self._next = config, register
        # What asked is answered first.
        asyncio.get_running_loop().call_soon(self._wanted.set)
        return changed

    def hang_up(self) -> None:
        """SIGHUP: as ``ask``; what is refused is in the log."""
        try:
            self.ask()
        except QuestionRefused as refused:
            self.problem = str(refused)
            log.error("reload: %s", refused)

    async def run(self, serve: Serve) -> None:
        """Serve, with what was asked for last, until cancelled.

        ServiceError: it cannot start, or a part has died.
        """
        earlier: tuple[Config, Register] | None = None
        while True:
            self._running = False
            logging.getLogger().setLevel(self.config.gateway.log_level.upper())
            try:
                if not await self._served(serve):
                    return
            except ServiceError as error:
                if self._running or earlier is None:
                    raise
                self.problem = f"the gateway goes on with what it had: {error}"
                log.error("reload: %s", self.problem)
                (self.config, self.register), earlier = earlier, None
                continue
            earlier = self.config, self.register
            if self._next is not None:
                (self.config, self.register), self._next = self._next, None
            self.problem = ""

    async def _served(self, serve: Serve) -> bool:
        """Return True when it ended for a reload."""
        self._wanted.clear()
        service = asyncio.create_task(serve(self.config, self.register))
        wanted = asyncio.create_task(self._wanted.wait())
        try:
            await asyncio.wait((service, wanted), return_when=asyncio.FIRST_COMPLETED)
        finally:
            wanted.cancel()
            await _end(service)
        if service.cancelled():
            return True
        service.result()
        return False


async def _end(service: asyncio.Task[None]) -> None:
    """Cancel it once, and wait: a second cancellation would disturb it while it ends in order."""
    told = False
    service.cancel()
    while not service.done():
        try:
            await asyncio.wait((service,))
        except asyncio.CancelledError:
            told = True
    if told:
        raise asyncio.CancelledError
