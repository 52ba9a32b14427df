"""Reloads configuration and register while the gateway runs, without losing a message.

A thread checks the files first: a wrong file changes nothing. Then all parts stop in the order
that loses no message, as at the end of the process, and are built anew in the process. Meanwhile
the broker keeps the sessions and their messages. If the gateway cannot start with the new files,
it starts again with the old ones. Files that the configuration names (keys, certificates) are
read again even when nothing else has changed.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.control.asker import Asker
from callpoint_gateway.control.question import Question, QuestionRefused
from callpoint_gateway.control.roles import EVERYBODY, MACHINE
from callpoint_gateway.control.socket import Control
from callpoint_gateway.host.service_error import ServiceError
from callpoint_gateway.words.said import NOTHING, Said, said, said_by

# Settings that need a restart: the names of the sessions, the journals, the log.
FIXED = ("site", "state_dir", "log_format")

Serve = Callable[[Config, Register], Coroutine[Any, Any, None]]
Load = Callable[[], tuple[Config, Register]]
log = logging.getLogger(__name__)


class ReloadBegun(msgspec.Struct, frozen=True):
    """A reload begins. ``number``: how often the gateway was built; ``changed``: sections."""

    number: int
    changed: list[str]


class ReloadState(msgspec.Struct, frozen=True):
    """How often the gateway was built; ``problem``: why the last reload failed, else empty.

    ``why`` is the same for readers of every language.
    """

    number: int
    problem: str
    why: Said = NOTHING


class AskReload(Question[ReloadBegun], frozen=True, tag="reload"):
    """Read the files again, and build all parts anew."""

    may = MACHINE


class AskReloadState(Question[ReloadState], frozen=True, tag="reload state"):
    """Ask whether a reload has been completed."""

    may = EVERYBODY


class Reload:
    """The present configuration and register, and the next ones while a reload is under way."""

    def __init__(self, load: Load) -> None:
        """``load`` reads and checks the files. ConfigError: they are wrong."""
        self._load = load
        self.config, self.register = load()
        self._next: tuple[Config, Register] | None = None
        self._wanted = asyncio.Event()
        self._running = False
        self._checking = False
        self._hung_up: asyncio.Task[None] | None = None
        #: How often the gateway has been built, and why the last time failed.
        self.number, self.problem = 0, NOTHING

    @property
    def pending(self) -> bool:
        """Whether the gateway is built anew at once when it stops."""
        return self._next is not None

    def answer(self, control: Control) -> None:
        """Register the answers to the command line's questions about reloading."""
        control.register(AskReload, self._begin)
        control.register(AskReloadState, lambda _, __: self._state())

    def _state(self) -> ReloadState:
        return ReloadState(self.number, str(self.problem), self.problem)

    async def _begin(self, _: AskReload, __: Asker) -> ReloadBegun:
        return ReloadBegun(self.number, await self.ask())

    def started(self) -> None:
        """Note that the gateway has been built and takes messages."""
        self.number += 1
        self._running = True

    async def ask(self) -> list[str]:
        """Begin a reload; return the sections that change.

        QuestionRefused: a file is wrong, a setting needs a restart, or a reload is under way.
        """
        if self.pending or self._checking:
            raise QuestionRefused(said("reload.under_way"))
        self._checking = True
        try:
            # A register of thousands takes seconds, in which alarms come.
            config, register = await asyncio.to_thread(self._load)
        except ConfigError as error:
            raise QuestionRefused(said("reload.unchanged", why=said_by(error))) from None
        finally:
            self._checking = False
        gateway = config.gateway
        for name in FIXED:
            if getattr(gateway, name) != getattr(self.config.gateway, name):
                why = said("reload.fixed", name=name)
                raise QuestionRefused(said("reload.unchanged", why=why))
        changed = [
            name
            for name in config.__struct_fields__
            if getattr(config, name) != getattr(self.config, name)
        ]
        if register.fingerprint != self.register.fingerprint:
            changed.append("register")
        log.info("reload: %s", ", ".join(changed) or "no section has changed; keys are read again")
        self._next = config, register
        # Later, so that the asker gets its answer first.
        asyncio.get_running_loop().call_soon(self._wanted.set)
        return changed

    def hang_up(self) -> None:
        """Reload on SIGHUP; a refusal is logged."""
        self._hung_up = asyncio.get_running_loop().create_task(self._ask_or_log())

    async def _ask_or_log(self) -> None:
        try:
            await self.ask()
        except QuestionRefused as refused:
            self.problem = refused.why
            log.error("reload: %s", refused)

    async def run(self, serve: Serve) -> None:
        """Run ``serve`` with the present files, again after each reload, until cancelled.

        ServiceError: the gateway cannot start, or a part has died.
        """
        earlier: tuple[Config, Register] | None = None
        while True:
            self._running = False
            logging.getLogger().setLevel(self.config.gateway.log_level.upper())
            try:
                if not await self._served(serve):
                    return
            except Exception as error:
                if self._running or earlier is None:
                    raise
                # Whatever is raised while the new files are put into force: the earlier ones ran.
                self.problem = said("socket.reloaded_not", why=said_by(error))
                log.error("reload: %s", self.problem, exc_info=not isinstance(error, ServiceError))
                (self.config, self.register), earlier = earlier, None
                continue
            earlier = self.config, self.register
            if self._next is not None:
                (self.config, self.register), self._next = self._next, None
            self.problem = NOTHING

    async def _served(self, serve: Serve) -> bool:
        """Run ``serve`` once; return True if it ended for a reload."""
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
    """Cancel the service once and wait; a second cancellation would disturb its orderly end."""
    cancelled = False
    service.cancel()
    while not service.done():
        try:
            await asyncio.wait((service,))
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError
