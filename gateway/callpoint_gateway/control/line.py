"""The lines of the control socket: each is one JSON object, a question or what is said to it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from callpoint_gateway.control.asker import By
from callpoint_gateway.control.roles import Role
from callpoint_gateway.words.said import NOTHING, Said

SOCKET: Final = "control.sock"
MAX_LINE: Final = 64 * 1024


class Named(msgspec.Struct):
    """The part of every question that names it."""

    ask: str


class Envelope(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A question and for whom it is asked.

    ``role``: the asker wants to be judged by this one of its roles only. ``by``: a process of the
    site asks for an account.
    """

    question: msgspec.Raw
    role: Role | None = msgspec.field(name="as", default=None)
    by: By | None = None


class Reply(msgspec.Struct, omit_defaults=True):
    """Either an answer or a refusal: its English text, and ``why`` for every language."""

    answer: msgspec.Raw = msgspec.Raw()
    refused: str = ""
    why: Said = NOTHING


def refused(why: Said) -> Reply:
    """Return the refusal for this reason."""
    return Reply(refused=str(why), why=why)


@contextmanager
def address_of(state_dir: Path) -> Iterator[str]:
    """Yield a short path of the socket. OSError: there is no such folder, or it is not yours."""
    # A socket's path has at most 107 bytes (unix(7)); through the folder's descriptor it is short.
    folder = os.open(state_dir, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET}"
    finally:
        os.close(folder)
