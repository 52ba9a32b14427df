"""A real gateway with its broker, its centre and a virtual board, run beside a browser's test."""

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from callpoint_rig.rig import Rig

WITHIN_S = 60.0
T = TypeVar("T")


class RealSite:
    """The parts run in a loop of their own thread, since a browser's test holds its own."""

    def __init__(self, folder: Path) -> None:
        """Start everything and wait for the boards."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.rig = Rig(folder)
        self.button = self.rig.board("button", [{"zone": 1, "kind": "panic", "input": "button"}])
        self.smoke = self.rig.board("smoke", [{"zone": 2, "kind": "smoke", "input": "relay"}])
        self.config = folder / "gateway.toml"
        try:
            self.run(self.rig.start())
            for board in self.rig.boards:
                self.run(board.until_up(WITHIN_S))
        except BaseException:
            self.close()
            raise

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of something that is awaited."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WITHIN_S)

    def press(self) -> None:
        """Press the panic button and release it again."""
        self.run(self.button.set("button", 1))
        self.run(self.button.set("button", 0))

    def close(self) -> None:
        """End every process and the thread."""
        self.run(self.rig.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WITHIN_S)
        self._loop.close()
