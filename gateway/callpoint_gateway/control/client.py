"""Puts questions to the gateway that runs on a state directory."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from callpoint_gateway.control.access import refusal
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.line import Envelope, Reply, address_of
from callpoint_gateway.control.peer import this_process
from callpoint_gateway.control.question import AnswerT, Question, QuestionRefused, answer_type
from callpoint_gateway.control.roles import Role
from callpoint_gateway.words.said import Said, said, said_by, stored, verbatim

ANSWER_S: Final = 30.0
#: An answer may list thousands of devices.
MAX_ANSWER: Final = 64 * 1024 * 1024


class Unanswered(Exception):
    """No gateway answers for this state directory; ``why`` says what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


def ask(
    state_dir: Path, question: Question[AnswerT], by: By | None = None, role: Role | None = None
) -> AnswerT:
    """Ask the gateway that runs on ``state_dir``, and return its answer.

    ``by``: a process of the site asks for this account. ``role``: be judged by this role of yours
    only. QuestionRefused: the gateway does not do what is asked, or you may not ask. Unanswered:
    no gateway runs there, it does not answer within 30 s, or its answer is of another version.
    """
    with (
        _explained(state_dir, question),
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection,
    ):
        connection.settimeout(ANSWER_S)
        with address_of(state_dir) as address:
            connection.connect(address)
        connection.sendall(_line(question, by, role))
        with connection.makefile("rb") as file:
            reply = file.readline()
    return _decoded(state_dir, question, reply)


async def ask_async(
    state_dir: Path, question: Question[AnswerT], by: By | None = None, role: Role | None = None
) -> AnswerT:
    """Ask as ``ask`` does, without holding up the event loop."""
    with _explained(state_dir, question):
        async with asyncio.timeout(ANSWER_S):
            with address_of(state_dir) as address:
                reader, writer = await asyncio.open_unix_connection(address, limit=MAX_ANSWER)
            with closing(writer):
                writer.write(_line(question, by, role))
                reply = await reader.readline()
    return _decoded(state_dir, question, reply)


def listens(state_dir: Path) -> bool:
    """Say whether a gateway listens there. PermissionError: this user may not look."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.setblocking(False)
        try:
            with address_of(state_dir) as address:
                connection.connect(address)
        except BlockingIOError:
            return True  # others wait for it as well
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            return False
    return True


def _line(question: Question[AnswerT], by: By | None, role: Role | None) -> bytes:
    raw = msgspec.Raw(msgspec.json.encode(question))
    return msgspec.json.encode(Envelope(question=raw, role=role, by=by)) + b"\n"


@contextmanager
def _explained(state_dir: Path, question: Question[AnswerT]) -> Iterator[None]:
    """Turn what the operating system says into what a person can do."""
    try:
        yield
    except PermissionError:
        # The folder keeps a stranger from the socket, so the gateway cannot say it.
        raise QuestionRefused(refusal(question, this_process().name, None)) from None
    except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
        raise Unanswered(said("socket.no_gateway", folder=str(state_dir))) from None
    except (OSError, ValueError) as error:
        why = said_by(error) or verbatim(type(error).__name__)
        raise Unanswered(said("socket.no_answer", folder=str(state_dir), why=why)) from None


def _decoded(state_dir: Path, question: Question[AnswerT], reply: bytes) -> AnswerT:
    try:
        decoded = msgspec.json.decode(reply, type=Reply)
        if decoded.refused:
            raise QuestionRefused(stored(decoded.why, decoded.refused))
        return msgspec.json.decode(decoded.answer, type=answer_type(type(question)))
    except msgspec.ValidationError as error:
        why = verbatim(str(error))
        raise Unanswered(said("socket.other_version", folder=str(state_dir), why=why)) from None
    except msgspec.DecodeError:
        raise Unanswered(said("socket.ended", folder=str(state_dir))) from None
