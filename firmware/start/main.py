"""The device's own start, frozen as ``main``: identity, pin map, application; then a restart.

Nothing here may end in the REPL, which a panic button cannot use. Whatever fails is printed and
ends in a reset after a pause; the watchdog is armed first, so that also a hang ends in one.
"""

import sys
import time

import machine
from micropython import const

_WATCHDOG_MS = const(60_000)
_PAUSE_MS = const(5_000)


def main() -> None:
    machine.WDT(timeout=_WATCHDOG_MS)
    try:
        from callpoint_boards.slots import Slots
        from callpoint_boards.start import run

        run(Slots())
    except Exception as error:  # any fault at all must end in a restart
        sys.print_exception(error, sys.stderr)  # type: ignore[arg-type]
    time.sleep_ms(_PAUSE_MS)
    machine.reset()


if __name__ == "__main__":
    main()
