"""The flasher's side of a port's process: one call for each order."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from callpoint_gateway.words.said import said
from callpoint_technician.flash import frames
from callpoint_technician.flash.trouble import Layer, Trouble

_MODULE: Final = "callpoint_technician.flash.port_process"
_END_S: Final = 5.0

Tell = Callable[[int], None]


class PortClient:
    """A board by way of a process. One thread; ``stop`` may be called by any.

    Each call raises Trouble when it goes wrong; after that there is nothing to do but ``stop``.
    """

    def __init__(self) -> None:
        """Start the process; it loads esptool while nothing is asked of it yet."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", _MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def open(self, port: str, baud: int) -> frames.Found:
        """Open the port and bring the chip into the flasher."""
        found = self._asked(frames.Open(port, baud))
        assert isinstance(found, frames.Found)
        return found

    def erase(self, offset: int, size: int) -> None:
        """Erase whole sectors."""
        self._asked(frames.Erase(offset, size))

    def write(self, offset: int, data: bytes, tell: Tell) -> None:
        """Write; ``tell`` hears how many more bytes are written."""
        self._asked(frames.Write(offset, data), tell)

    def md5(self, offset: int, size: int) -> str:
        """Return the MD5 of what is on the flash, in hex."""
        return self._text(frames.Digest(offset, size))

    def mac(self) -> str:
        """Return the address of the chip that is there now."""
        return self._text(frames.Address())

    def restart(self) -> None:
        """Start what is on the flash."""
        self._asked(frames.Restart())

    def stop(self) -> None:
        """End the process, whatever it is about; the port is free afterwards."""
        self._process.kill()
        self._process.wait(_END_S)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

    def _text(self, order: frames.Order) -> str:
        answer = self._asked(order)
        assert isinstance(answer, frames.Text)
        return answer.text

    def _asked(self, order: frames.Order, tell: Tell | None = None) -> frames.Reply:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            frames.send(self._process.stdin, order)
            while isinstance(answer := frames.reply(self._process.stdout), frames.Told):
                if tell is not None:
                    tell(answer.count)
        except (OSError, EOFError, ValueError) as error:
            raise Trouble(Layer.PROGRAM, said("flash.process_ended")) from error
        if isinstance(answer, frames.Failed):
            raise Trouble(answer.layer, answer.why)
        return answer
