"""A database that is away when a program of the district starts is waited for."""

import asyncio
import signal
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from callpoint_rig.part import Part
from callpoint_rig.ports import free_port

from .faults.bad_line import BadLine
from .played_gateway import until


class Systemd:
    """The socket on which systemd listens to a service."""

    def __init__(self, folder: Path) -> None:
        self.address = str(folder / "notify")
        self._told = ""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(self.address)

    def told(self, what: str) -> bool:
        """Say whether it was told something until now."""
        try:
            while True:
                self._told += f"{self._socket.recv(4096).decode()}\n"
        except BlockingIOError:
            return what in self._told

    def close(self) -> None:
        self._socket.close()


@pytest.mark.parametrize("program", ["run", "console"])
def test_a_program_waits_for_the_database_and_says_so_once(
    folder: Path, address: str, program: str
) -> None:
    there = urlsplit(address)

    async def play() -> tuple[str, int]:
        assert there.port is not None
        line = BadLine(there.port)
        file = folder / "district.toml"
        away = address.replace(f":{there.port}/", f":{line.port}/")
        file.write_text(
            f'district = "d1"\nservers = ["nats://127.0.0.1:{free_port()}"]\n'
            f'database = "{away}"\nstate_dir = "kept"\n[console]\nport = {free_port()}\n',
            encoding="utf-8",
        )
        command = [sys.executable, "-m", "callpoint_cli.main", "--lang", "en", "district", program]
        part = Part(program, folder, [*command, "-c", str(file)], None)
        part.environment = {"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "60000000"}
        await part.start()
        try:
            await until(lambda: "waits for the database" in part.printed())
            assert "see whether it runs" in part.printed()
            assert not systemd.told("READY=1")
            await line.start()
            try:
                await until(lambda: systemd.told("READY=1"))
                await until(lambda: systemd.told("WATCHDOG=1"))
            finally:
                part.send_signal(signal.SIGTERM)
                code = await part.ended(60)
                await line.stop()
        finally:
            await part.kill()
        return part.log.read_text("utf-8"), code

    systemd = Systemd(folder)
    try:
        printed, code = asyncio.run(play())
    finally:
        systemd.close()
    assert printed.count("waits for the database") == 1
    assert code == 0
