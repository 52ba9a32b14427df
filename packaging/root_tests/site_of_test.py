"""A site on a machine: its centre and its board, which are this machine's processes."""

import asyncio
import json
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cryptography import x509
from machines import Machine

from callpoint_gateway.broker.certificates import der
from callpoint_rig.rig import Receiver
from callpoint_rig.virtual_board import VirtualBoard

ANSWERS = """
site = "garden-estate"
names = ["gateway.local", "alarm.example.org", "127.0.0.1", "192.168.1.10"]
language = "en"
time_zone = "Asia/Shanghai"
"""
REGISTER = """
[[place]]
id = "hall"
building = "3"
[[device]]
id = "lobby"
place = "hall"
[[device.zone]]
zone = 1
kind = "panic"
"""
CENTRE = """
[[centre]]
name = "police"
host = "127.0.0.1"
port = {port}
account = "1234"
supervision_s = 10
"""
FOLDER = "etc/callpoint/certificates"
PATIENCE_S = 60


class SiteOfTest:
    """What watches a machine from outside: every press must reach the centre, once."""

    def __init__(self, machine: Machine, receiver: Receiver, board: VirtualBoard) -> None:
        self.machine, self.receiver, self.board = machine, receiver, board
        self.presses = 0

    async def press(self) -> None:
        """Press and let go, and wait until the centre has the press and the lamp shows that."""
        self.presses += 1
        seen = len(self.board.moments)
        await self.board.press("button", 1)
        await self.board.until_lamp("centre", PATIENCE_S, seen)
        await self.board.press("button", 0)
        assert self.alarms() == self.presses

    def alarms(self) -> int:
        """Return how many presses the centre has."""
        return sum(received.code == "PA" for received in self.receiver.received)

    async def call(self, *command: str, check: bool = True) -> str:
        """Run a command in the machine while board and centre go on; return what it says."""
        done = await asyncio.to_thread(self.machine.run, *command, check=check)
        return done.stdout + done.stderr

    async def stored(self) -> int:
        """Return how many presses the journal holds; the journal's chain is whole."""
        verified = json.loads(await self.call("callpoint", "journal", "verify", "--json"))
        assert verified["problems"] == []
        rows = await self.call("callpoint", "events", "--kind", "panic", "--json")
        states = [json.loads(line)["state"] for line in rows.splitlines()]
        return states.count("alarm")


@asynccontextmanager
async def site_on(machine: Machine, folder: Path) -> AsyncIterator[SiteOfTest]:
    """Yield a site whose gateway has been set up: with a centre, a device and its board."""
    receiver = Receiver(folder)
    await receiver.start()
    try:
        with (machine.root / "etc/callpoint/gateway.toml").open("a", encoding="utf-8") as file:
            file.write(CENTRE.format(port=receiver.port))
        machine.write("etc/callpoint/register.toml", REGISTER)
        machine.run("callpoint", "config", "check")
        machine.run("callpoint", "reload")
        machine.run("callpoint", "broker", "certificate", "lobby", "--certificates", f"/{FOLDER}")
        board = VirtualBoard(folder / "board", _settings(machine, folder))
        await board.start()
        try:
            await board.until_up(PATIENCE_S)
            yield SiteOfTest(machine, receiver, board)
        finally:
            await board.kill()
    finally:
        await receiver.kill()


def _settings(machine: Machine, folder: Path) -> dict[str, Any]:
    made = machine.root / FOLDER
    certificate = folder / "lobby.der"
    pem = (made / "lobby.pem").read_bytes()
    certificate.write_bytes(der(x509.load_pem_x509_certificate(pem)))
    files = {"ca": made / "ca.pem", "cert": certificate, "key": made / "lobby.key"}
    return {
        "site": tomllib.loads(ANSWERS)["site"],
        "device": "lobby",
        "host": "127.0.0.1",
        "port": 8883,
        "zones": [{"zone": 1, "kind": "panic", "input": "button"}],
        "settings": {"hb": 5, "gs": 1},
        "tls": {"hostname": "127.0.0.1", **{name: str(file) for name, file in files.items()}},
    }
