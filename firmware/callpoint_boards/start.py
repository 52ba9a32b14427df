"""The start of a real board: identity, pin map, application. The same for frozen and stock."""

import asyncio
import gc

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Without it nothing is collected until the heap is full, and then no large piece is left in it.
_COLLECT_AFTER = const(2_048)


def run(images: Any) -> None:
    """Build the board and run the application; returns when that has ended.

    ``images``: the two places of the firmware, see ``callpoint_firmware.update``.
    """
    gc.collect()
    gc.threshold(_COLLECT_AFTER)
    from callpoint_boards import esp32_board
    from callpoint_firmware import app, identity
    from callpoint_firmware.settings import Settings

    settings = Settings(identity.read(esp32_board.partition("identity")))
    name = settings.board.get("map", "devkit")
    if name not in ("devkit", "c3", "s3"):
        raise ValueError("map: one of devkit c3 s3")
    pins = getattr(__import__("callpoint_boards." + name), name)
    asyncio.run(app.run(esp32_board.Board(pins, settings, images), settings))
