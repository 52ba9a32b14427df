"""Measures how late a press is at the centre while another board sends panics without end.

End to end: from the press's publication at Mosquitto, through the gateway's process, until the
receiver of pysiaalarm has it. The floor is the same press with nobody else, in the same run.
"""

import asyncio
import socket
from pathlib import Path
from typing import Final

from callpoint_gateway.transport.mqtt_packets import connect, publish
from callpoint_rig.chaos.flood import flood, panic
from callpoint_rig.rig import Rig
from callpoint_rig.virtual_board import now_ms

FLOOD: Final = 20_000
ZONE: Final = 7
EVERY_S: Final = 0.25
PRESSES: Final = 40  # longer than the centre needs for what the flood may have stored
SOON_S: Final = 60.0


class _Button:
    """A board of its own: presses, and knows when each was published."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._link = socket.create_connection(("127.0.0.1", rig.port))
        self._link.sendall(connect("button", 0, kept=False))
        self.pressed_ms: list[float] = []

    def press(self) -> None:
        seq = len(self.pressed_ms) + 1
        self.pressed_ms.append(now_ms())
        self._link.sendall(publish(seq, *panic("button", seq, ZONE)))

    async def all_received(self) -> list[float]:
        """Return how long each press took until the centre had it, in s."""
        async with asyncio.timeout(SOON_S):
            while True:
                at_ms = [one.at_ms for one in self._rig.receiver.received if one.zone == ZONE]
                if len(at_ms) >= len(self.pressed_ms):
                    break
                await asyncio.sleep(EVERY_S / 10)
        return [
            (received - pressed) / 1000
            for pressed, received in zip(self.pressed_ms, at_ms, strict=True)
        ]

    def close(self) -> None:
        self._link.close()


async def _presses(button: _Button, count: int) -> None:
    for _ in range(count):
        button.press()
        await asyncio.sleep(EVERY_S)


async def other_delay_s(folder: Path) -> tuple[float, float]:
    """Return the longest that a press took beside the flood and before it, in s."""
    rig = Rig(folder)
    rig.device("hostile", [{"zone": 1, "kind": "panic"}])
    rig.device("button", [{"zone": ZONE, "kind": "panic"}])
    async with rig:
        button = _Button(rig)
        try:
            await _presses(button, PRESSES // 2)
            alone = await button.all_received()
            flooding = asyncio.create_task(asyncio.to_thread(flood, rig.port, "hostile", FLOOD))
            await _presses(button, PRESSES)
            await flooding
            took = await button.all_received()
            return max(took[len(alone) :]), max(alone)
        finally:
            button.close()
