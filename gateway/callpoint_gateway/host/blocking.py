"""Threads for what blocks: a lookup, a request over HTTP, the check of a code, of a file.

asyncio has few threads for all of it, and waits for them at the end: a name server that is silent
would hold up a centre that needs no name, and the end of the process. Here each call has a thread
of its own, up to ``MOST``, and nobody waits for one that does not come back.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, ParamSpec, TypeVar

MOST: Final = 64

P = ParamSpec("P")
T = TypeVar("T")


class _PassedOn:
    """Gives who waits for a future whatever is raised: the thread has nobody else to tell."""

    def __init__(self, future: Future[Any]) -> None:
        self._future = future

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if error is not None:
            self._future.set_exception(error)
        return True


class Blocking(ThreadPoolExecutor):
    """For ``loop.set_default_executor``, which takes nothing but a ``ThreadPoolExecutor``."""

    def __init__(self) -> None:
        """Begin without a thread."""
        super().__init__(max_workers=1)  # never used: ``submit`` is what starts a thread there
        self._lock = threading.Lock()
        self._alive = 0
        self._later: deque[Callable[[], None]] = deque()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call ``fn`` in a thread of its own; beyond ``MOST`` as soon as another has ended."""
        future: Future[T] = Future()

        def call() -> None:
            if not future.set_running_or_notify_cancel():
                return
            with _PassedOn(future):
                future.set_result(fn(*args, **kwargs))

        with self._lock:
            if self._alive >= MOST:
                self._later.append(call)
                return future
            self._alive += 1
        threading.Thread(target=self._work, args=(call,), name="blocking", daemon=True).start()
        return future

    def _work(self, call: Callable[[], None]) -> None:
        while True:
            call()
            with self._lock:
                if not self._later:
                    self._alive -= 1
                    return
                call = self._later.popleft()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for nothing: the threads end with the process."""
        del wait, cancel_futures


def use_threads(loop: Any) -> None:
    """Let ``asyncio.to_thread`` and the lookups of an event loop have them."""
    loop.set_default_executor(Blocking())
