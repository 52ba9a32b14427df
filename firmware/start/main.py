"""The device's own start, frozen as ``main``: identity, pin map, application; then a restart.

Nothing here may end in the REPL, which a panic button cannot use. Whatever fails is printed and
ends in a reset after a pause; the watchdog is armed first, so that also a hang ends in one.
"""

import asyncio
import sys
import time

import machine
from micropython import const

_WATCHDOG_MS = const(60_000)
_PAUSE_MS = const(5_000)


def start() -> None:
    """Build the board and run the application; returns when that has ended."""
    from callpoint_boards import esp32_board
    from callpoint_firmware import app, identity
    from callpoint_firmware.settings import Settings

    settings = Settings(identity.read(esp32_board.partition("identity")))
    name = settings.board.get("map", "devkit")
    if name not in ("devkit", "c3", "s3"):
        raise ValueError("map: one of devkit c3 s3")
    pins = getattr(__import__("callpoint_boards." + name), name)
    asyncio.run(app.run(esp32_board.Board(pins, settings), settings))


def main() -> None:
    machine.WDT(timeout=_WATCHDOG_MS)
    try:
        start()
    except Exception as error:  # any fault at all must end in a restart
        sys.print_exception(error, sys.stderr)  # type: ignore[arg-type]
    time.sleep_ms(_PAUSE_MS)
    machine.reset()


if __name__ == "__main__":
    main()
