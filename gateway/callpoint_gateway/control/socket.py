"""The control socket: a Unix socket in the state directory, for questions to a running gateway.

Only the gateway writes to a journal, so a command that must store an entry asks the gateway. A
question is one line of JSON, ``{"ask": name, ...}``, and so is its answer: ``{"answer": {...}}``
or ``{"refused": text}``; ``question`` has their types. Only the gateway's own user and root may
open the socket (mode 0600).
"""

import asyncio
import inspect
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from callpoint_gateway.control.question import (
    AnswerT,
    Question,
    QuestionRefused,
    answer_type,
    mistake_in,
    name_of,
)
from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.host.unexpected import end_all

SOCKET = "control.sock"
MAX_LINE = 64 * 1024
ANSWER_S = 30.0

QuestionT = TypeVar("QuestionT", bound=Question[Any])
Handler = Callable[[QuestionT], msgspec.Struct | Awaitable[msgspec.Struct]]

log = logging.getLogger(__name__)


class _Named(msgspec.Struct):
    """The part of every question that names it."""

    ask: str


class _Reply(msgspec.Struct, omit_defaults=True):
    """The line that answers: either an answer or a refusal."""

    answer: msgspec.Raw = msgspec.Raw()
    refused: str = ""


class Unanswered(Exception):
    """No gateway answers for this state directory; the text says what to do."""


@contextmanager
def _address(state_dir: Path) -> Iterator[str]:
    # A socket's path has at most 107 bytes (unix(7)); through the folder's descriptor it is short.
    folder = os.open(state_dir, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET}"
    finally:
        os.close(folder)


def _listener(state_dir: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Before ``bind`` gives it a name, so that no other user can ever open it.
        os.fchmod(listener.fileno(), 0o600)
        with _address(state_dir) as address:
            with suppress(FileNotFoundError):
                Path(address).unlink()
            listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


class Control:
    """Answers the registered questions. ``start`` it under the lock of the state directory."""

    def __init__(self, state_dir: Path) -> None:
        """Prepare; ``start`` opens the socket."""
        self.state_dir = state_dir
        self._handlers: dict[str, tuple[type[Question[Any]], Handler[Any]]] = {}
        self._server: asyncio.Server | None = None
        self._asking: set[asyncio.Task[None]] = set()

    def register(self, question: type[QuestionT], handler: Handler[QuestionT]) -> None:
        """Answer a question with ``handler``, which runs in the event loop.

        The handler takes the question and returns the answer, or an awaitable of it if it waits
        for a commit. If it raises QuestionRefused, the asker gets its text.
        """
        name = name_of(question)
        if name in self._handlers:
            raise ValueError(f"'{name}' is answered already")
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
        try:
            while line := await reader.readline():
                writer.write(msgspec.json.encode(await self._reply(line)) + b"\n")
                await writer.drain()
        except (OSError, ValueError):
            pass  # the asker has gone, or sent no line within the limit
        except asyncio.CancelledError:
            pass  # by ``close``; asyncio's server would report it as an error
        finally:
            self._asking.discard(task)
            writer.close()

    async def _reply(self, line: bytes) -> _Reply:
        try:
            name = msgspec.json.decode(line, type=_Named).ask
        except NOT_JSON:
            return _Reply(refused="not a line of JSON that asks")
        if name not in self._handlers:
            return _Reply(refused=f"this gateway knows no '{name}'; is it an older version?")
        question, handler = self._handlers[name]
        try:
            answer = handler(msgspec.json.decode(line, type=question))
            ready = await answer if inspect.isawaitable(answer) else answer
            return _Reply(answer=msgspec.Raw(msgspec.json.encode(ready)))
        except msgspec.ValidationError as error:
            return _Reply(refused=mistake_in(name, error))
        except QuestionRefused as refused:
            return _Reply(refused=str(refused))
        except Exception:
            # A command that fails must not end the gateway.
            log.exception("the command %s failed", name)
            return _Reply(refused="the gateway failed to do it; its log says why")


def ask(state_dir: Path, question: Question[AnswerT]) -> AnswerT:
    """Ask the gateway that runs on ``state_dir``, and return its answer.

    QuestionRefused: the gateway does not do what is asked. Unanswered: no gateway runs there, it
    does not answer within 30 s, or its answer is of another version.
    """
    line = msgspec.json.encode(question) + b"\n"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(ANSWER_S)
            with _address(state_dir) as address:
                connection.connect(address)
            connection.sendall(line)
            reply = connection.makefile("rb").readline()
    except PermissionError:
        raise Unanswered(
            f"{state_dir / SOCKET} is not yours to use; run this as the gateway's user"
        ) from None
    except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
        raise Unanswered(f"no gateway runs on {state_dir}; start it: callpoint run") from None
    except OSError as error:
        raise Unanswered(f"the gateway on {state_dir} does not answer ({error})") from None
    try:
        decoded = msgspec.json.decode(reply, type=_Reply)
        if decoded.refused:
            raise QuestionRefused(decoded.refused)
        return msgspec.json.decode(decoded.answer, type=answer_type(type(question)))
    except msgspec.ValidationError as error:
        raise Unanswered(
            f"the gateway on {state_dir} answers as another version does ({error}); restart it"
        ) from None
    except msgspec.DecodeError:
        raise Unanswered(f"the gateway on {state_dir} ended before it answered") from None
