"""The two places of the firmware on an ESP32: the OTA partitions and the boot loader's record.

Order that must be kept: write the other slot, ``activate()``, then a hard reset at once. Deep
sleep in between may start the old slot without having tried the new one. The boot loader tries an
activated slot once and goes back unless ``confirm()`` is called before the next reset.
"""

import esp32
from micropython import const

_NOTHING_TO_CONFIRM = const(-261)


class Slots:
    """``board.images``, see ``callpoint_firmware.update``."""

    def __init__(self) -> None:
        self._running = esp32.Partition(esp32.Partition.RUNNING)  # type: ignore[arg-type]
        self.flash = self._running.get_next_update()
        self.pending = False  # activated, and not started yet

    @property
    def running(self) -> int:
        """Return 0 or 1: which slot runs, by its label."""
        return 1 if self._running.info()[4] == "ota_1" else 0

    def activate(self) -> None:
        """Start the other slot next. OSError if it holds no image that the loader takes."""
        self.flash.set_boot()
        self.pending = True

    def confirm(self) -> None:
        """Keep the running image."""
        try:
            esp32.Partition.mark_app_valid_cancel_rollback()
        except OSError as fault:
            if fault.errno != _NOTHING_TO_CONFIRM:
                raise
