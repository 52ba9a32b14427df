"""What people on the console do to each other and to the gateway.

Two operators take the same 10,000 alarms in the same moments over HTTP; and 50 open pages beside
the gateway's usual load.
"""

import asyncio
import random
import re
import socket
import time
from pathlib import Path
from typing import Final, NamedTuple

import ingest
from console import CLIENTS, Clients, console_part, session_of

from callpoint_console.accounts.sessions import SessionStore
from callpoint_console.database import Database, file_in
from callpoint_console.schema import SUBJECTS
from callpoint_gateway.alarms.questions import ActOnAlarm, ListAlarms
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.control.client import ask_async
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import Action, ActionBody, Cause, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.transport.mqtt_packets import connect, publish
from callpoint_rig.chaos.flood import panic
from callpoint_rig.ports import free_port
from callpoint_rig.rig import Rig

ALARMS: Final = 10_000
#: Between the gateway's unit (-5) and the console's (5).
NICE: Final = 10
AT_ONCE: Final = 8  # connections of each operator
WAVE: Final = 500  # alarms that are open at once
SOON_S: Final = 60.0
_ANSWER: Final = 4  # bytes of CONNACK and of PUBACK
_LENGTH: Final = re.compile(rb"content-length: ([0-9]+)", re.IGNORECASE)


class Race(NamedTuple):
    """How many alarms two people own or were told that they own, how many nobody owns, how many
    each of the two was told to own, and how many were decided in a second."""

    double: int
    untaken: int
    by: tuple[int, int]
    per_s: float


class _Hand:
    """One connection of an operator."""

    def __init__(self, port: int, token: str, csrf: str) -> None:
        self._port = port
        self.taken = 0
        self._head = (
            f"Host: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
            f"Cookie: callpoint-session={token}\r\nX-CSRF-Token: {csrf}\r\n"
            "Content-Length: 0\r\n\r\n"
        )

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def take(self, alarm: int) -> None:
        """Acknowledge an alarm, and count it if it is now this operator's."""
        self._writer.write(f"POST /alarm/{alarm}/acknowledge HTTP/1.1\r\n{self._head}".encode())
        async with asyncio.timeout(SOON_S):
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            await self._reader.readexactly(int(length[1]) if length else 0)
        status = int(head.split(b" ", 2)[1])
        if status not in (204, 409):
            raise RuntimeError(f"alarm {alarm}: {head!r}")
        self.taken += status == 204

    def close(self) -> None:
        self._writer.close()


def _press(port: int, devices: range) -> None:
    """Publish a press of each device; return when the broker has answered the last."""
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.settimeout(SOON_S)
        link.sendall(connect("buttons", 0, kept=False))
        for number in devices:
            link.sendall(publish(number + 1, *panic(f"button-{number}", 1, 1)))
        answered = 0
        while answered < _ANSWER * (1 + len(devices)):  # the CONNACK as well
            answered += len(link.recv(65_536))


async def _open_alarms(state_dir: Path) -> list[int]:
    """Return the numbers of a wave of alarms once all are open."""
    async with asyncio.timeout(SOON_S):
        while True:
            found = await ask_async(state_dir, ListAlarms())
            if len(found.alarms) == WAVE:
                return [alarm.alarm for alarm in found.alarms]
            await asyncio.sleep(0.2)


async def _close(state_dir: Path, alarms: list[int]) -> None:
    for alarm in alarms:
        await ask_async(state_dir, ActOnAlarm(alarm=alarm, action=Action.CLOSE, cause=Cause.TEST))


async def _take(desks: list[list[_Hand]], alarms: list[int]) -> None:
    """Have every desk take each alarm in the same moment, ``AT_ONCE`` alarms side by side."""
    waiting = iter(alarms)
    # Between two waves the console has closed what was idle.
    await asyncio.gather(*(hand.open() for desk in desks for hand in desk))

    async def lane(*hands: _Hand) -> None:
        for alarm in waiting:
            # Who is first is left to chance.
            await asyncio.gather(*(hand.take(alarm) for hand in random.sample(hands, len(hands))))

    await asyncio.gather(*map(lane, *desks))
    for desk in desks:
        for hand in desk:
            hand.close()


async def race(folder: Path) -> Race:
    """Let two operators take each of ``ALARMS`` alarms at once, through console and gateway."""
    rig = Rig(folder)
    for number in range(ALARMS):
        rig.device(f"button-{number}", [{"zone": 1, "kind": "panic"}])
    took_s = 0.0
    async with rig:
        port = free_port()
        console = console_part(folder, port)
        desks = _desks(rig.state_dir, port)
        await console.start()
        try:
            for first in range(0, ALARMS, WAVE):
                await asyncio.to_thread(_press, rig.port, range(first, first + WAVE))
                alarms = await _open_alarms(rig.state_dir)
                started = time.monotonic()
                await _take(desks, alarms)
                took_s += time.monotonic() - started
                await _close(rig.state_dir, alarms)
        finally:
            await console.stop()
    owners = _owners(rig.state_dir)
    told = [sum(hand.taken for hand in desk) for desk in desks]
    twice = sum(len(who) > 1 for who in owners.values()) + abs(sum(told) - len(owners))
    return Race(twice, ALARMS - len(owners), (told[0], told[1]), ALARMS / took_s)


def _desks(state_dir: Path, port: int) -> list[list[_Hand]]:
    """Return two operators with their connections."""
    tokens = [session_of(state_dir, login) for login in ("desk-1", "desk-2")]
    database = Database(file_in(state_dir), SUBJECTS)
    sessions = SessionStore(database, ConsoleSettings(), SystemClock())
    found = [(token, sessions.find(token, click=False)) for token in tokens]
    database.close()
    return [
        [_Hand(port, token, session.csrf) for _ in range(AT_ONCE)]
        for token, session in found
        if session is not None
    ]


def _owners(state_dir: Path) -> dict[int, list[str]]:
    """Return who has acknowledged each alarm, by the journal."""
    owners: dict[int, list[str]] = {}
    with Reader(state_dir / "alarms.db") as reader:
        for entry in reader.all_of(Type.ACTION):
            body = entry.body
            if isinstance(body, ActionBody) and body.action is Action.ACKNOWLEDGE and entry.about:
                owners.setdefault(entry.about, []).append(body.who)
    return owners


async def centre_ms_beside(folder: Path) -> tuple[list[float], list[float]]:
    """Return ms from publication to *centre* with 50 open pages, and without a console."""
    rig = ingest.rig(folder)
    async with rig:
        _, alone = await ingest.latencies(rig, 3)
        port, cookie = free_port(), session_of(rig.state_dir)
        console = console_part(folder, port, NICE)
        await console.start()
        clients = Clients(port, cookie, "manager")
        try:
            await clients.open(CLIENTS)
            _, beside = await ingest.latencies(rig, 4)
        finally:
            await clients.close()
            await console.stop()
    return beside, alone
