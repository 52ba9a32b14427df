"""Logs exceptions that no code expects: their text without values, and their traceback.

A traceback names files, lines, functions and types. The text of an exception may contain a value
such as a code or a name, so everything in quotation marks and every number of three digits or
more is left out.
"""

import asyncio
import logging
import re
import threading
import time
import traceback
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final

from callpoint_gateway.host.token_bucket import TokenBucket

LEFT_OUT = "…"
PER_S = 1.0
MOST_TRACES = 100
_VALUES = re.compile(r"""b?'(?:[^'\\]|\\.)*'|b?"(?:[^"\\]|\\.)*"|\d{3,}""", re.DOTALL)

#: A task that goes on is cancelled again after so long, in seconds; to end may take a while.
CANCEL_S: Final = 10.0

log = logging.getLogger(__name__)


def without_values(error: BaseException) -> str:
    """Return type and text of an exception on one line, without quoted texts and numbers."""
    text = _VALUES.sub(LEFT_OUT, str(error))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def trace(error: BaseException) -> str:
    """Return the traceback of an exception and of its cause, the cause first."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    parts = [trace(cause)] if cause is not None else []
    frames = "".join(traceback.format_tb(error.__traceback__))
    parts.append(f"Traceback (most recent call last):\n{frames}{without_values(error)}")
    if isinstance(error, BaseExceptionGroup):
        parts += [trace(member) for member in error.exceptions]
    return "\n".join(parts)


class Traces:
    """Lets each traceback pass once a second. Used by one thread at a time."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Begin with nothing shown. ``now`` returns monotonic seconds."""
        self._now = now
        self._shown: dict[str, TokenBucket] = {}

    def fresh(self, error: BaseException) -> str:
        """Return the traceback; empty when the same was shown less than a second ago."""
        text = trace(error)
        bucket = self._shown.get(text)
        if bucket is None:
            if len(self._shown) >= MOST_TRACES:
                self._shown.clear()
            bucket = self._shown[text] = TokenBucket(1, PER_S, self._now)
        return text if bucket.take() else ""


def _thread_ended(arguments: threading.ExceptHookArgs) -> None:
    error = arguments.exc_value
    if error is not None:
        name = arguments.thread.name if arguments.thread is not None else "a thread"
        log.critical("%s has ended", name, exc_info=error)


def _in_loop(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    # asyncio's own text contains the arguments of a callback, which may be secrets.
    error = context.get("exception")
    text = "a callback or a task has failed" if error else context.get("message")
    log.error("event loop: %s", text, exc_info=error)


def log_uncaught(loop: asyncio.AbstractEventLoop) -> None:
    """Log every exception that no code catches, in any thread or in ``loop``."""
    threading.excepthook = _thread_ended
    loop.set_exception_handler(_in_loop)


async def end_all(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait for their end; log each exception other than the cancellation."""
    ending = list(tasks)
    await cancel_all(ending)
    for task in ending:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a task has ended", exc_info=error)


async def first_of(
    works: Iterable[Coroutine[Any, Any, None]], *others: asyncio.Future[None]
) -> None:
    """Do all works until the first of them or of ``others`` ends; raise its error.

    The works have ended then. What they raise after the first follows from it and is not told.
    """
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait([*tasks, *others], return_when=asyncio.FIRST_COMPLETED)
        for ended in done:
            ended.result()
    finally:
        await cancel_all(tasks)
        for task in tasks:
            if not task.cancelled():
                task.exception()


async def cancel_all(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks until all have ended. What they raised stays with them.

    A library may take a cancellation for its own and go on (nats-py does), so it is repeated.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=CANCEL_S)
