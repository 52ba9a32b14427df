"""Breaks a connection to the database that does not answer, so that whoever waits for it goes on.

A database that is frozen keeps its connections: the system answers for it, and keep-alives find
nothing. A page would be live and show what was.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import psycopg

#: Longer than any look at a district takes, in seconds.
FROZEN_S: Final = 20.0


@contextmanager
def answering(connection: psycopg.Connection, frozen_s: float) -> Iterator[Callable[[], None]]:
    """Yield what is called after each answer; without a call for ``frozen_s`` seconds it breaks.

    Whatever waits for it then raises psycopg.Error.
    """
    answered_s = [time.monotonic()]
    over = threading.Event()

    def answer() -> None:
        answered_s[0] = time.monotonic()

    def guard() -> None:
        while not over.wait(frozen_s / 10):
            if time.monotonic() - answered_s[0] > frozen_s:
                with suppress(psycopg.Error, OSError), _line(connection) as line:
                    line.shutdown(socket.SHUT_RDWR)
                return

    guarding = threading.Thread(target=guard, name="district-answering", daemon=True)
    guarding.start()
    try:
        yield answer
    finally:
        over.set()
        guarding.join()


def _line(connection: psycopg.Connection) -> socket.socket:
    return socket.socket(fileno=os.dup(connection.fileno()))
