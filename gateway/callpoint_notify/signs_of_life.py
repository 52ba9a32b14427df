"""Says that the notifier lives: to the gateway, and to an address outside.

Both are said only while the journal is read. The address outside is called only while the gateway
answers too: whoever watches it notices a site that is dead, or a gateway that is.
"""

import asyncio
import logging
from pathlib import Path
from typing import Final

from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.secret_file import secret
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.client import Unanswered, ask_async
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.supervision.questions import NotifierLives
from callpoint_gateway.transport.http import Post
from callpoint_gateway.transport.unreachable import Unreachable
from callpoint_notify.dispatcher import Dispatcher

LOOK_WITHIN_MS: Final = 10_000
OUTSIDE_TIMEOUT_S: Final = 10.0
#: As the journal would name it, if it named who says that it lives.
BY: Final = By("notifier", Role.ADMIN, "notify")

log = logging.getLogger(__name__)


class SignsOfLife:
    """``run`` until cancelled."""

    def __init__(
        self, config: Config, dispatcher: Dispatcher, unusable: list[str], clock: Clock
    ) -> None:
        """``unusable``: the channels that cannot be used."""
        self._state_dir = Path(config.gateway.state_dir)
        self._settings = config.notify
        self._dispatcher = dispatcher
        self._unusable = unusable
        self._clock = clock
        self._looked_ms: int | None = None
        self._answered: bool | None = None
        self._beat_failed = False

    def looked(self) -> None:
        """Note that the journal was read."""
        self._looked_ms = self._clock.monotonic_ms()

    @property
    def works(self) -> bool:
        """Whether the journal was read a moment ago."""
        now_ms = self._clock.monotonic_ms()
        return self._looked_ms is not None and now_ms - self._looked_ms < LOOK_WITHIN_MS

    async def run(self) -> None:
        """Say it to both, each at its intervals."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tell_gateway())
            if self._settings.heartbeat_file is not None:
                group.create_task(self._tell_outside(self._settings.heartbeat_file))

    async def _tell_gateway(self) -> None:
        every_s = min(10.0, self._settings.silent_after_s / 3)
        while True:
            if self.works:
                await self._say()
            await asyncio.sleep(every_s)

    async def _say(self) -> None:
        question = NotifierLives(undelivered=self._dispatcher.failing(), unusable=self._unusable)
        try:
            try:
                await ask_async(self._state_dir, question)
            except QuestionRefused:
                # Another user's process: one that [control] lists.
                await ask_async(self._state_dir, question, BY)
        except (Unanswered, QuestionRefused) as error:
            if self._answered is not False:
                log.warning("the gateway does not answer: %s", error)
            self._answered = False
            return
        if not self._answered:
            log.info("the gateway answers")
        self._answered = True

    async def _tell_outside(self, file: str) -> None:
        while True:
            if self.works and self._answered:
                problem = await asyncio.to_thread(_beat, file)
                if problem and not self._beat_failed:
                    log.warning("the heartbeat outside fails: %s", problem)
                self._beat_failed = bool(problem)
            await asyncio.sleep(self._settings.heartbeat_s)


def _beat(file: str) -> str:
    """Call the address in a file; return what went wrong, without the address."""
    try:
        url = secret(file) or ""
        post = Post(url, OUTSIDE_TIMEOUT_S)
    except OSError as error:
        return f"{file}: {error.strerror}"
    except ValueError:
        return f"{file}: holds no address such as https://watch.example/ping/..."
    try:
        answer = post.post(url, b"", {})
    except Unreachable as error:
        return str(error).removeprefix(f"{post.server.base}: ")
    finally:
        post.close()
    return "" if 200 <= answer.status < 300 else f"HTTP {answer.status}"
