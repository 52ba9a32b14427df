"""A board that sends 20,000 panics: another's press passes by, and the disk stays bounded.

Real parts only: Mosquitto, the gateway as a process, and the receiver of pysiaalarm.
"""

import asyncio
import socket
from pathlib import Path

import pytest

from callpoint_gateway.ingest.allowance import BURST
from callpoint_gateway.journal.entries import FaultBody, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.transport.mqtt_packets import connect, publish
from callpoint_rig.chaos.flood import flood, panic
from callpoint_rig.rig import Received, Rig

pytestmark = pytest.mark.end_to_end

SOON_S = 60.0
FLOOD = 20_000


def press(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.settimeout(SOON_S)
        link.sendall(connect("button", 0, kept=False) + publish(1, *panic("button", 1, 7)))
        assert len(link.makefile("rb").read(8)) == 8


def is_press(received: Received) -> bool:
    return received.zone == 7


def test_a_flood_of_one_board_keeps_no_other_alarm_from_the_centre(
    tmp_path: Path, program: str
) -> None:
    rig = Rig(tmp_path, mosquitto=program)
    rig.device("hostile", [{"zone": 1, "kind": "panic"}])
    rig.device("button", [{"zone": 7, "kind": "panic"}])

    async def play() -> None:
        async with rig:
            await asyncio.to_thread(flood, rig.port, "hostile", FLOOD)
            before = len(rig.receiver.received)
            await asyncio.to_thread(press, rig.port)
            await rig.receiver.until(is_press, SOON_S)
            numbers = [is_press(one) for one in rig.receiver.received]
            assert numbers.index(True) - before < BURST // 2, "it stood behind the flood"
            with Reader(rig.state_dir / "alarms.db") as reader:
                events = reader.read(0, 2 * FLOOD, (Type.EVENT,))
                faults = [one.body for one in reader.read(0, 2 * FLOOD, (Type.FAULT,))]
            assert sum(one.device == "hostile" for one in events) < BURST + 200
            named = [one.source for one in faults if isinstance(one, FaultBody) and one.active]
            assert named == ["device/hostile/chatter/1", "device/hostile/flood"]

    asyncio.run(play())
