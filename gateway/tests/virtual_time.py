"""An event loop whose clock jumps to the next thing that is due: hours of waiting take no time.

For what uses nothing but the loop and sockets of which it has both ends; no threads, and no other
clock. So a machine that is busy makes no answer too late, however short the patience is.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any

# What one end has sent is there for the other one at once; the kernel may be busy.
_ARRIVES_S = 0.02


class _Selector(selectors.DefaultSelector):
    """Lets the time that was to be waited pass at once if nothing arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        arrived = super().select(_ARRIVES_S if timeout and len(self.get_map()) > 1 else 0)
        if not arrived:
            assert timeout is not None, "nothing is due any more, and nothing can arrive"
            self.now_s += max(0.0, timeout)
        return arrived


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
