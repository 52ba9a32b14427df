"""The firmware over CoAP: through a bad network, and beside a broker without a gateway."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from callpoint_gateway.journal.entries import DeliveryBody, NewEntry, Type
from callpoint_protocol import names
from callpoint_rig.ports import free_port
from callpoint_rig.tools import tool
from callpoint_rig.virtual_board import VirtualBoard

from .coap_gateway import (
    KEY,
    SITE,
    open_gateway,
)

INTERPRETERS = ["micropython"] + ["micropython32"] * (
    (Path(sys.executable).parent / "micropython32").exists()
)


class _BadNetwork(asyncio.DatagramProtocol):
    """Loses the first datagram, doubles the others and delays each copy as chance will."""

    def __init__(self, port: int, seed: int) -> None:
        self._gateway = ("127.0.0.1", port)
        self._random = random.Random(seed)
        self._device: Any = None
        self._seen = 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, sender: Any) -> None:
        to = self._gateway
        if sender[1] == self._gateway[1]:
            to = self._device
        else:
            self._device = sender
        self._seen += 1
        if self._seen == 1:
            return
        loop = asyncio.get_running_loop()
        for _ in range(2):
            loop.call_later(self._random.random() * 0.1, self._transport.sendto, data, to)


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_without_a_broker_the_press_still_arrives(tmp_path: Path, interpreter: str) -> None:
    async def play() -> None:
        async with open_gateway(tmp_path) as gateway:
            loop = asyncio.get_running_loop()
            relay, _ = await loop.create_datagram_endpoint(
                lambda: _BadNetwork(gateway.port, 3), local_addr=("127.0.0.1", 0)
            )
            second = {
                "host": "127.0.0.1",
                "port": relay.get_extra_info("sockname")[1],
                "key": KEY.hex(),
                "after_s": 1,
            }
            settings = {
                "site": SITE,
                "device": "button",
                "host": "127.0.0.1",
                "port": free_port(),
                "zones": [{"zone": 1, "kind": "panic", "input": "button"}],
                "second": second,
            }
            board = VirtualBoard(tmp_path / "board", settings, interpreter)
            await board.start()
            try:
                await board.press("button")
                await board.until_lamp("stored", 60)
                await board.set("button", 0)
                async with asyncio.timeout(60):
                    while len(gateway.events()) < 2 or (await board.state())["depth"]:
                        await asyncio.sleep(0.05)
            finally:
                await board.kill()
                relay.close()
            kinds = [(e.body.kind, e.body.state) for e in gateway.events()]  # type: ignore[union-attr]
            assert kinds == [(names.PANIC, names.ALARM), (names.PANIC, names.RESTORE)]

    asyncio.run(play())


def test_behind_a_broker_that_leads_nowhere_the_lamp_still_goes_on_to_centre(
    tmp_path: Path,
) -> None:
    """The device's link stands, but the gateway has none: questions must go the second way."""
    port = free_port()
    configuration = tmp_path / "mosquitto.conf"
    configuration.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
    )

    async def play() -> None:
        async with open_gateway(tmp_path) as gateway:
            settings = {
                "site": SITE,
                "device": "button",
                "host": "127.0.0.1",
                "port": port,
                "zones": [{"zone": 1, "kind": "panic", "input": "button"}],
                "second": {
                    "host": "127.0.0.1",
                    "port": gateway.port,
                    "key": KEY.hex(),
                    "after_s": 1,
                },
            }
            board = VirtualBoard(tmp_path / "board", settings)
            await board.start()
            try:
                await board.until_up(60)
                await board.press("button")
                await board.until_lamp("stored", 60)
                (event,) = gateway.events()
                accepted = DeliveryBody("police", 1, True, "ACK", 0)
                gateway.alarms.submit([NewEntry(Type.DELIVERY, accepted, about=event.position)])
                await board.until_lamp("centre", 60)
            finally:
                await board.kill()

    with subprocess.Popen(
        [str(tool("mosquitto")), "-c", str(configuration)], stderr=subprocess.DEVNULL
    ) as broker:
        try:
            asyncio.run(play())
        finally:
            broker.kill()
