"""An event loop whose clock jumps to the next thing that is due: hours of waiting take no time.

For what uses nothing but the loop (no sockets, no threads, no other clock).
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _Selector(selectors.DefaultSelector):
    """Says at once that nothing has arrived, and lets the time pass that was to be waited."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        assert timeout is not None, "nothing is due any more, and nothing can arrive"
        self.now_s += max(0.0, timeout)
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.selector = _Selector()
        super().__init__(self.selector)

    def time(self) -> float:
        return self.selector.now_s


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine; the loop's clock begins at 0."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        runner.run(coroutine)
