"""A wired board: its alarm goes through the whole gateway to a centre, and the answer comes back.

Then the same gateway is asked by the command line to hold a door back, and to say how all is.
"""

import asyncio
import json
import os
import sys
import tty
from contextlib import suppress
from pathlib import Path

import pytest

from callpoint_gateway.journal.entries import EventBody, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_protocol import messages, names
from callpoint_protocol.seal import Sealer
from callpoint_protocol.serial_line import Lines, encode_line
from callpoint_protocol.topics import topic
from callpoint_rig.rig import SITE, Rig

pytestmark = pytest.mark.end_to_end

SOON_S = 60.0
KEY = bytes(range(32))
BOOT = 0x10001
EVENT, ACK = topic(SITE, "wired", names.EVENT), topic(SITE, "wired", names.ACK)


class Wired:
    """A board at the other end of a pseudo-terminal; sends again until it is answered."""

    def __init__(self) -> None:
        self._board, gateway = os.openpty()
        tty.setraw(gateway)
        os.set_blocking(self._board, False)
        self.port = os.ttyname(gateway)
        self._lines = Lines()
        self._sealer = Sealer(KEY)
        self._answers: list[tuple[int, int, int, int]] = []

    async def raised(self, seq: int, kind: int, state: int, detail: int, stage: int) -> None:
        """Raise an event and return when it has come as far as ``stage``."""
        zone = 2 if kind == names.PANIC else 1
        body = messages.encode_event(BOOT, seq, kind, state, zone, detail, age_ms=0)
        line = encode_line(EVENT, self._sealer.seal(EVENT, body))
        async with asyncio.timeout(SOON_S):
            while (stage, BOOT, seq, 1) not in self._answers:
                os.write(self._board, line)
                for _ in range(50):
                    self._hear()
                    await asyncio.sleep(0.01)

    def _hear(self) -> None:
        with suppress(BlockingIOError):
            for name, sealed in self._lines.feed(os.read(self._board, 4096)):
                assert name == ACK
                self._answers.append(messages.decode_ack(self._sealer.open(ACK, sealed)))


async def _typed(rig: Rig, *words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-m",
            "callpoint_cli.main",
            *words,
            "-c",
            str(rig.folder / "gateway.toml"),
        ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said
    return said.decode()


def test_a_wired_board_reaches_the_centre_and_is_answered(tmp_path: Path) -> None:
    async def play() -> None:
        board = Wired()
        rig = Rig(tmp_path)
        door = {"zone": 1, "kind": "door", "report_opening": True}
        rig.device("wired", [door, {"zone": 2, "kind": "panic"}])
        keys = tmp_path / "keys.toml"
        keys.touch(mode=0o600)
        keys.write_text(f'wired = "{KEY.hex()}"\n')
        rig.sections = [
            "[[serial]]",
            'name = "basement"',
            f'port = "{board.port}"',
            'keys_file = "keys.toml"',
        ]
        async with rig:
            await board.raised(1, names.PANIC, names.ALARM, 1, names.CENTRE)
            assert [received.code for received in rig.receiver.received] == ["PA"]

            said = await _typed(rig, "inhibit", "wired", "--for", "1h", "--reason", "new lock")
            assert "ends in 1 h" in said
            # The door is held back, a panic is not.
            await board.raised(2, names.DOOR, names.NOTICE, names.OPEN, names.STORED)
            await board.raised(3, names.PANIC, names.ALARM, 1, names.CENTRE)
            assert [received.code for received in rig.receiver.received] == ["PA", "PA"]
            (one,) = json.loads(await _typed(rig, "inhibit", "--list", "--json"))["inhibits"]

            states = json.loads(await _typed(rig, "supervision", "--json"))
            how = {state["source"]: state["state"] for state in states}
            assert how["serial/basement"] == how["broker/events"] == how["device/wired"] == "ok"
            assert how["centre/police"] == how["disk"] == how["journal/alarms"] == "ok"
            assert how["clock/step"] == "ok"

            # What still stands at the end is raised: the door is open.
            await _typed(rig, "inhibit", "--end", str(one["number"]))
            await rig.receiver.until(lambda received: received.code == "BA", SOON_S)
        with Reader(rig.state_dir / "alarms.db") as reader:
            events = [e.body for e in reader.read(0, 100, (Type.EVENT,))]
            held = [bool(body.inhibited) for body in events if isinstance(body, EventBody)]
            assert held == [False, True, False, False]
            assert list(reader.verify()) == []

    asyncio.run(play())
