"""The process of one port and one board: it obeys the flasher, and ends when that has gone.

Started as ``python -m callpoint_technician.flash.port_process``. What esptool prints goes nowhere.
It never decides anything: which identity a board gets, it is told when that is on record.
"""

import os
import signal
import sys
from collections.abc import Callable

from callpoint_gateway.words.said import said, verbatim
from callpoint_technician.flash import frames
from callpoint_technician.flash.trouble import Layer, Trouble


def _private_pipes() -> tuple[int, int]:
    """Return the pipes to the flasher; standard input and outputs become the null device."""
    pipes = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    return pipes


def serve(orders: int, replies: int) -> None:
    """Obey until the flasher has gone or something has failed."""
    from callpoint_technician.flash.esptool_adapter import Chip

    chip: Chip | None = None
    with os.fdopen(orders, "rb") as heard, os.fdopen(replies, "wb") as told:

        def obey(order: frames.Order) -> frames.Reply:
            nonlocal chip
            if isinstance(order, frames.Open):
                chip = Chip(order.port, order.baud)
                return frames.Found(chip.name, chip.mac, chip.flash_bytes)
            if chip is None:
                raise ValueError("no port is open")
            match order:
                case frames.Erase():
                    chip.erase(order.offset, order.size)
                case frames.Write():
                    chip.write(
                        order.offset,
                        order.data,
                        lambda count: frames.send(told, frames.Told(count)),
                    )
                case frames.Digest():
                    return frames.Text(chip.md5(order.offset, order.size))
                case frames.Address():
                    return frames.Text(chip.mac_now())
                case frames.Restart():
                    chip.restart()
            return frames.Done()

        while True:
            answer = _answer(obey, frames.order(heard))
            frames.send(told, answer)
            if isinstance(answer, frames.Failed):
                return


def _answer(obey: Callable[[frames.Order], frames.Reply], order: frames.Order) -> frames.Reply:
    try:
        return obey(order)
    except BrokenPipeError:
        raise
    except Trouble as trouble:
        return frames.Failed(trouble.layer, trouble.why)
    except Exception as error:
        # Whatever esptool may raise; its text can hold no identity, which it never sees as text.
        why = said("flash.program", why=verbatim(f"{type(error).__name__}: {error}"))
        return frames.Failed(Layer.PROGRAM, why)


def main() -> None:
    """Serve the flasher that has started this process."""
    # Ctrl-C reaches every process of the terminal; the flasher decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        serve(*_private_pipes())
    except (EOFError, BrokenPipeError):
        sys.exit(0)


if __name__ == "__main__":
    main()
