"""What the command line may ask of a running gateway: a Unix socket in the state directory.

Only the gateway's writer writes to a journal, so a command that must leave an entry is put to
the gateway. One line of JSON asks, ``{"ask": name, ...}``, and one answers: ``{"answer": {...}}``
or ``{"refused": text}``. Who may ask is who may open the socket (mode 0600): the gateway's own
user and root.
"""

import asyncio
import inspect
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from callpoint_gateway.host.unexpected import end_all

SOCKET = "control.sock"
MAX_LINE = 64 * 1024
ANSWER_S = 30.0

Arguments = dict[str, Any]
Answer = dict[str, Any]
Function = Callable[[Arguments], Answer | Awaitable[Answer]]

log = logging.getLogger(__name__)


class Refused(Exception):
    """The gateway does not do what was asked; the text says why and what to do."""


class Unanswered(Exception):
    """No gateway answers on this state directory; the text says what to do."""


@contextmanager
def _address(state_dir: Path) -> Iterator[str]:
    # A socket's path has at most 107 bytes; by way of the folder's descriptor it is short.
    folder = os.open(state_dir, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET}"
    finally:
        os.close(folder)


def _listener(state_dir: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Before it has a name, so that at no moment anybody else may open it.
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
    """Answers what is registered. ``start`` it under the lock of the state directory."""

    def __init__(self, state_dir: Path) -> None:
        """Prepare; nothing is opened before ``start``."""
        self.state_dir = state_dir
        self._functions: dict[str, Function] = {}
        self._server: asyncio.Server | None = None
        self._asking: set[asyncio.Task[None]] = set()

    def register(self, name: str, function: Function) -> None:
        """Answer ``name`` with ``function``, which runs in the event loop.

        It takes the arguments and returns the answer, or an awaitable of it when it waits for
        a commit. Refused: the text is told to who asked.
        """
        if name in self._functions:
            raise ValueError(f"'{name}' is answered already")
        self._functions[name] = function

    async def start(self) -> None:
        """Listen; OSError when the socket cannot be made."""
        self._server = await asyncio.start_unix_server(
            self._serve, sock=_listener(self.state_dir), limit=MAX_LINE
        )

    async def close(self) -> None:
        """Stop listening; what is being asked is not answered any more."""
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
            pass  # gone, or no line within the limit
        except asyncio.CancelledError:
            pass  # ``close``; the server's own callback would report it as an error
        finally:
            self._asking.discard(task)
            writer.close()

    async def _reply(self, line: bytes) -> dict[str, Any]:
        try:
            arguments = msgspec.json.decode(line, type=dict[str, Any])
            name = arguments.pop("ask", None)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return {"refused": "not a line of JSON"}
        function = self._functions.get(name) if isinstance(name, str) else None
        if function is None:
            return {"refused": f"this gateway knows no '{name}'; is it an older version?"}
        try:
            answer = function(arguments)
            return {"answer": await answer if inspect.isawaitable(answer) else answer}
        except Refused as refused:
            return {"refused": str(refused)}
        except Exception:
            # A command that fails must not take the gateway down.
            log.exception("the command %s failed", name)
            return {"refused": "the gateway failed to do it; its log says why"}


def ask(state_dir: Path, name: str, **arguments: object) -> Answer:
    """Ask the gateway that runs on ``state_dir``, and return its answer.

    Refused: it does not do it. Unanswered: none runs there, or it does not answer in 30 s.
    """
    line = msgspec.json.encode({"ask": name, **arguments}) + b"\n"
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
        said = msgspec.json.decode(reply, type=dict[str, Any])
    except msgspec.DecodeError:
        raise Unanswered(f"the gateway on {state_dir} ended before it answered") from None
    if "refused" in said:
        raise Refused(str(said["refused"]))
    answer: Answer = said["answer"]
    return answer
