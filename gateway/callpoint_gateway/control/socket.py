"""The control socket: a Unix socket in the state directory, for questions to a running gateway.

Only the gateway writes to a journal, so a command that must store an entry asks the gateway. A
line of JSON is a question and another its answer or refusal; ``line`` has their types.

Any user of this machine who gets into the folder may open the socket (mode 0666): a socket has one
group, and several groups may ask. The kernel says who asks (``peer``), and ``access`` judges it.
"""

import asyncio
import inspect
import logging
import socket
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from callpoint_gateway.control.access import Access
from callpoint_gateway.control.asker import Asker
from callpoint_gateway.control.line import (
    MAX_LINE,
    SOCKET,
    Envelope,
    Named,
    Reply,
    address_of,
    refused,
)
from callpoint_gateway.control.peer import Peer, peer_of
from callpoint_gateway.control.question import Question, QuestionRefused, mistake_in, name_of
from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.words.decoding import decoding_mistake
from callpoint_gateway.words.said import said

#: Connections of one user at the same time: nobody may use up the gateway's descriptors.
MOST: Final = 32
#: How long a connection may be silent, in seconds.
IDLE_S = 60.0

QuestionT = TypeVar("QuestionT", bound=Question[Any])
Judge = Callable[[Question[Any]], Awaitable[Asker]]
Handler = Callable[[QuestionT, Asker], msgspec.Struct | Awaitable[msgspec.Struct]]

log = logging.getLogger(__name__)


def _listener(state_dir: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with address_of(state_dir) as address:
            with suppress(FileNotFoundError):
                Path(address).unlink()
            listener.bind(address)
            Path(address).chmod(0o666)
    except OSError:
        listener.close()
        raise
    return listener


class Control:
    """Answers the registered questions. ``start`` it under the lock of the state directory."""

    def __init__(self, state_dir: Path, access: Access = Access()) -> None:  # noqa: B008 - frozen
        """Prepare; ``start`` opens the socket. ``access``: which users have which roles."""
        self.state_dir = state_dir
        self._access = access
        self._handlers: dict[str, tuple[type[Question[Any]], Handler[Any]]] = {}
        self._server: asyncio.Server | None = None
        self._asking: set[asyncio.Task[None]] = set()
        self._connections: Counter[int] = Counter()

    def register(self, question: type[QuestionT], handler: Handler[QuestionT]) -> None:
        """Answer a question with ``handler``, which runs in the event loop.

        The handler takes the question and who asks it, and returns the answer, or an awaitable of
        it if it waits for a commit. If it raises QuestionRefused, the asker gets its text.
        """
        name = name_of(question)
        if name in self._handlers:
            raise ValueError(f"'{name}' is answered already")
        if not question.may:
            raise ValueError(f"nobody may ask '{name}'")
        self._handlers[name] = question, handler

    async def start(self) -> None:
        """Listen. OSError: the socket cannot be made."""
        self._server = await asyncio.start_unix_server(
            self._serve, sock=_listener(self.state_dir), limit=MAX_LINE
        )

    async def close(self) -> None:
        """Stop listening; open questions get no answer."""
        if self._server is None:
            return
        self._server.close()
        await end_all(self._asking)
        (self.state_dir / SOCKET).unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._asking.add(task)
        peer: Peer | None = None
        try:
            peer = peer_of(writer.get_extra_info("socket"))
            self._connections[peer.uid] += 1
            if self._connections[peer.uid] > MOST:
                writer.write(msgspec.json.encode(refused(said("refused.busy"))) + b"\n")
                return
            while line := await asyncio.wait_for(reader.readline(), IDLE_S):
                writer.write(msgspec.json.encode(await self._reply(line, peer)) + b"\n")
                await writer.drain()
        except (OSError, ValueError, TimeoutError):
            pass  # the asker has gone, or sent no line within the limits
        except asyncio.CancelledError:
            pass  # by ``close``; asyncio's server would report it as an error
        finally:
            if peer is not None:
                self._connections[peer.uid] -= 1
            self._asking.discard(task)
            writer.close()

    async def _reply(self, line: bytes, peer: Peer) -> Reply:
        try:
            envelope = msgspec.json.decode(line, type=Envelope)
            name = msgspec.json.decode(envelope.question, type=Named).ask
        except msgspec.ValidationError as error:
            return refused(said("socket.not_so", why=decoding_mistake(str(error))))
        except NOT_JSON:
            return refused(said("socket.no_question"))

        async def judge(question: Question[Any]) -> Asker:
            # Names of users may come over the network.
            return await asyncio.to_thread(
                self._access.judge, question, peer, envelope.role, envelope.by
            )

        return await self.answer(name, envelope.question, judge)

    async def answer(self, name: str, text: msgspec.Raw, judge: Judge) -> Reply:
        """Answer the question ``text`` (JSON). ``judge`` returns who asks, or raises its refusal.

        It raises nothing.
        """
        if name not in self._handlers:
            return refused(said("socket.unknown", question=name))
        asked, handler = self._handlers[name]
        try:
            question = msgspec.json.decode(text, type=asked)
            answer = handler(question, await judge(question))
            ready = await answer if inspect.isawaitable(answer) else answer
            return Reply(answer=msgspec.Raw(msgspec.json.encode(ready)))
        except msgspec.ValidationError as error:
            return refused(mistake_in(name, error))
        except QuestionRefused as error:
            return refused(error.why)
        except Exception:
            # A command that fails must not end the gateway.
            log.exception("the command %s failed", name)
            return refused(said("socket.failed"))
