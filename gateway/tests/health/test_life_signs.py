"""systemd is told that the gateway is ready, and that it lives, only when that is so."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from callpoint_gateway.health import parts as health_parts
from callpoint_gateway.health.life_signs import LifeSigns
from callpoint_gateway.host.notify import Notify
from callpoint_gateway.journal.writer import Journal

SOON_S = 60.0


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    """Return what systemd would listen on."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(SOON_S)
        yield listener


class Parts:
    """What a gateway would be made of, with a real journal."""

    def __init__(self, alarms: Journal) -> None:
        self.site, self.alarms, self.missing = (
            SimpleNamespace(id="estate"),
            alarms,
            ["broker (events)"],
        )
        self.thread = SimpleNamespace(running=True)

    def dead(self) -> list[str]:
        return health_parts.dead([self.alarms, self.thread])

    def waits_for(self) -> list[str]:
        return self.missing


def environment(systemd: socket.socket, watchdog_s: float) -> dict[str, str]:
    return {
        "NOTIFY_SOCKET": systemd.getsockname(),
        "WATCHDOG_USEC": str(int(watchdog_s * 1e6)),
    }


async def until(systemd: socket.socket, wanted: str) -> list[str]:
    heard: list[str] = []
    while wanted not in heard:
        heard += (await asyncio.to_thread(systemd.recv, 4096)).decode().splitlines()
    return heard


def nothing_more(systemd: socket.socket) -> bool:
    systemd.setblocking(False)
    try:
        while systemd.recv(4096):
            pass
    except BlockingIOError:
        return True
    return False


def test_ready_when_the_broker_is_there_and_alive_meanwhile(
    systemd: socket.socket, alarms: Journal
) -> None:
    parts = Parts(alarms)

    async def go() -> None:
        signs = LifeSigns(cast(Any, parts), Notify(environment(systemd, 0.3)))
        task = asyncio.create_task(signs.run())
        heard = await until(systemd, "WATCHDOG=1")
        assert heard[0] == "STATUS=waiting for broker (events)"
        assert "READY=1" not in heard
        parts.missing = []
        await until(systemd, "READY=1")
        await until(systemd, "WATCHDOG=1")
        task.cancel()

    asyncio.run(go())


def test_a_writer_that_stands_still_is_not_alive(systemd: socket.socket, alarms: Journal) -> None:
    parts = Parts(alarms)
    parts.missing = []

    async def go() -> None:
        signs = LifeSigns(cast(Any, parts), Notify(environment(systemd, 0.3)))
        task = asyncio.create_task(signs.run())
        await until(systemd, "WATCHDOG=1")
        alarms.hold(True)
        while signs.alive():
            await asyncio.sleep(0.01)
        assert nothing_more(systemd)
        alarms.hold(False)
        systemd.settimeout(SOON_S)
        await until(systemd, "WATCHDOG=1")
        parts.thread.running = False
        assert not signs.alive()
        task.cancel()

    asyncio.run(go())


def test_without_systemd_nothing_is_told(systemd: socket.socket) -> None:
    Notify({}).tell("READY=1")
    Notify({"NOTIFY_SOCKET": "/nobody/listens"}).tell("READY=1")
    assert Notify({"WATCHDOG_USEC": "1000000"}).watchdog_s is None
    other = {"NOTIFY_SOCKET": "x", "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}
    assert Notify(other).watchdog_s is None
    assert nothing_more(systemd)
