"""Tells a district the register of a site whenever the district has another one.

What it promises:

1. It asks after each connection, at once when the register has changed, and once an hour; a
   reload of the register makes a connection.
2. It waits for a moment while the alarms journal is behind: alarms go first.
3. It holds one part of the register in memory, however large that is.
4. Whatever goes wrong is the fault of this part alone; the line goes on. It tries again after
   pauses that grow.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Final

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from callpoint_gateway.host.part_report import PartReport
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.protocols.upstream import (
    REGISTER_BYTES,
    REGISTER_PARTS,
    NotUsable,
    RegisterAnswer,
    RegisterPart,
)
from callpoint_gateway.words.said import Said, said

ANSWER_S: Final = 5.0
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 600.0
AGAIN_S: Final = 3600.0
#: The journal may be behind for so long before the register goes nevertheless.
ALARMS_FIRST_S: Final = 60.0
LOOK_S: Final = 0.25

Lines = Callable[[], Iterable[bytes]]
#: Returns the present register; what it returned before stays as it was.
Present = Callable[[], Lines]

log = logging.getLogger(__name__)


class Refused(Exception):
    """The district does not take the register."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


class RegisterPost:
    """Tells one register once, part by part."""

    def __init__(self, lines: Lines, subject: str) -> None:
        """``lines`` gives the text of the register again with each call, always the same."""
        self._lines = lines
        self._subject = subject
        self._known: tuple[str, int] | None = None

    async def tell(self, client: Client) -> None:
        """Tell the register once if the district has another one.

        Refused, NotUsable: it does not take it. NatsError, OSError, TimeoutError: it did not hear.
        """
        if self._known is None:
            self._known = await asyncio.to_thread(_announced, self._lines())
        digest, parts = self._known
        if parts > REGISTER_PARTS:
            raise Refused(said("upstream.register_large", mb=_most_mb()))
        answer = await self._ask(client, RegisterPart(digest=digest, parts=parts))
        # Twice as many as there are: it may want a part once more.
        for _ in range(2 * parts):
            if answer.digest == digest:
                break
            text = await asyncio.to_thread(_piece, self._lines(), answer.wants)
            part = RegisterPart(digest=digest, parts=parts, number=answer.wants, text=text)
            answer = await self._ask(client, part)
        if answer.digest != digest:
            raise Refused(said("upstream.register_other"))

    async def _ask(self, client: Client, part: RegisterPart) -> RegisterAnswer:
        reply = await client.request(self._subject, words.encode(part), timeout=ANSWER_S)
        answer = words.decode(reply.data, RegisterAnswer)
        if answer.refused:
            raise Refused(answer.refused)
        return answer


class Unreadable(Exception):
    """The register of now cannot be read here; ``why`` says why and what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


class RegisterSender:
    """Tells one register to one district. ``run`` for each connection, until cancelled."""

    def __init__(
        self,
        present: Present,
        subject: str,
        report: PartReport,
        *,
        behind: Callable[[], bool],
        news: asyncio.Event,
    ) -> None:
        """``present`` returns the lines of a register; Unreadable.

        ``behind`` says whether the alarms journal waits for receipts. ``news`` is set when
        ``present`` returns another register.
        """
        self._present = present
        self._subject = subject
        self._report = report
        self._behind = behind
        self._news = news
        self._post: RegisterPost | None = None

    async def run(self, client: Client) -> None:
        """Tell the register, and look again whether the district has it."""
        pause_s = FIRST_PAUSE_S
        while True:
            await self._let_alarms_go_first()
            try:
                await (await self._newest()).tell(client)
                self._report.up(said("upstream.register_known"))
                pause_s = FIRST_PAUSE_S
                await self._news_within(AGAIN_S)
                continue
            except Refused as error:
                self._report.down(error.why, said("upstream.register_refused.do"))
            except Unreadable as error:
                self._report.down(error.why, said("upstream.register_unreadable.do"))
            except NotUsable as error:
                self._report.down(error.why, said("upstream.version.do"))
            except NoRespondersError:
                self._report.down(
                    said("upstream.register_unheard"), said("upstream.register_unheard.do")
                )
            except (NatsError, OSError, TimeoutError):
                self._report.down(said("upstream.register_no_answer"), said("upstream.away.do"))
            except Exception:
                log.exception("telling the register failed")
                self._report.down(said("part.unexpected"), said("part.unexpected.do"))
            await self._news_within(pause_s)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    async def _newest(self) -> RegisterPost:
        if self._news.is_set():
            self._post = None
            self._news.clear()
        if self._post is None:
            self._post = RegisterPost(await asyncio.to_thread(self._present), self._subject)
        return self._post

    async def _news_within(self, seconds: float) -> None:
        """Wait for so long, or until the register has changed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    async def _let_alarms_go_first(self) -> None:
        for _ in range(round(ALARMS_FIRST_S / LOOK_S)):
            if not self._behind():
                return
            await asyncio.sleep(LOOK_S)
        log.info("the register goes although alarms wait")


def pieces_of(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a text in pieces of ``REGISTER_BYTES``, the last of them shorter."""
    held = bytearray()
    for line in lines:
        held += line
        while len(held) >= REGISTER_BYTES:
            yield bytes(held[:REGISTER_BYTES])
            del held[:REGISTER_BYTES]
    if held:
        yield bytes(held)


def _announced(lines: Iterable[bytes]) -> tuple[str, int]:
    """Return the digest of a text, and in how many pieces it goes."""
    digest, length = hashlib.sha256(), 0
    for line in lines:
        digest.update(line)
        length += len(line)
    return digest.hexdigest(), max(1, -(-length // REGISTER_BYTES))


def _piece(lines: Iterable[bytes], number: int) -> bytes:
    """Return the piece with a number, empty if there are not so many."""
    return next(islice(pieces_of(lines), number, None), b"")


def _most_mb() -> int:
    return REGISTER_BYTES * REGISTER_PARTS // 1024 // 1024
