"""Single keys from the terminal, for a demo that stays."""

import asyncio
import sys
import termios
import tty


class Keys:
    """Reads single keys from the terminal."""

    def __enter__(self) -> "asyncio.Queue[str]":
        """Return the queue of keys as they are pressed."""
        self._old = termios.tcgetattr(sys.stdin)
        tty.setcbreak(sys.stdin)
        pressed: asyncio.Queue[str] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        loop.add_reader(sys.stdin, lambda: pressed.put_nowait(sys.stdin.read(1)))
        return pressed

    def __exit__(self, *exception: object) -> None:
        """Give the terminal back as it was."""
        asyncio.get_running_loop().remove_reader(sys.stdin)
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._old)
