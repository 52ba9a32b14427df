"""The start of a real board: identity, pin map, application. The same for frozen and stock."""

import asyncio
import gc

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from callpoint_firmware.settings import Settings

# Without it nothing is collected until the heap is full, and then no large piece is left in it.
_COLLECT_AFTER = const(2_048)


def _settings(partition: Any) -> Settings:
    """Read the identity; nothing of the modules that did it is held here."""
    from callpoint_firmware import identity, settings

    return settings.Settings(identity.read(partition))


def run(images: Any) -> None:
    """Build the board and run the application; returns when that has ended.

    ``images``: the two places of the firmware, see ``callpoint_firmware.update``.
    """
    gc.collect()
    gc.threshold(_COLLECT_AFTER)
    from callpoint_boards import esp32_board
    from callpoint_firmware import app

    settings = _settings(esp32_board.partition("identity"))
    name = settings.board.get("map", "devkit")
    if name not in ("devkit", "c3", "s3"):
        raise ValueError("map: one of devkit c3 s3")
    pins = getattr(__import__("callpoint_boards." + name), name)
    asyncio.run(app.run(esp32_board.Board(pins, settings, images), settings))
