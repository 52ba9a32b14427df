"""Many gateways in one process: real lines over TLS, each with its own certificate.

Their journals are in memory, so that what is measured is the line, the engine and the district:
``python bench/district_gateways.py ENGINE FOLDER DISTRICT NAME...``. It reads commands from
stdin, one JSON object a line, and answers each with one.
"""

import asyncio
import hashlib
import json
import logging
import random
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

import msgspec
from nats.aio.client import Client

from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.part_report import PartReport
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.journal.chain import ChainRow
from callpoint_gateway.journal.entries import DeliveryBody, EventBody, Quality, Type
from callpoint_gateway.journal.reader import GENESIS, encode
from callpoint_gateway.protocols.upstream import LifeSign
from callpoint_gateway.upstream.chain_line import ChainLine
from callpoint_gateway.upstream.cursor import new_epoch
from callpoint_gateway.upstream.delivery import Delivery
from callpoint_gateway.upstream.life_signs import LifeSigns
from callpoint_gateway.upstream.line import Line
from callpoint_gateway.words.said import Said
from callpoint_protocol import names

LOOK_S = 0.05


def now_ms() -> float:
    """Return the wall clock in Unix milliseconds; all processes of a machine have the same."""
    return time.time() * 1000


class MemoryChain:
    """A journal in memory (``upstream.source.ChainSource``)."""

    def __init__(self) -> None:
        self._rows: list[ChainRow] = []
        self._seq = 0

    def after(self, position: int, rows: int) -> list[ChainRow]:
        return self._rows[position : position + rows]

    def hash_at(self, position: int) -> bytes | None:
        if position == 0:
            return GENESIS
        return self._rows[position - 1].hash if 0 < position <= len(self._rows) else None

    def first(self) -> int:
        return 1

    def head(self) -> int:
        return len(self._rows)

    def _append(self, type: Type, body: msgspec.Struct, *about: object) -> int:
        position, stamp = len(self._rows) + 1, int(now_ms())
        encoded = msgspec.json.encode(body)
        row = encode((position, type.value, stamp, "0" * 32, stamp, *about, encoded))
        previous = self._rows[-1].hash if self._rows else GENESIS
        self._rows.append(ChainRow(position, row, hashlib.sha256(previous + row).digest()))
        return position

    def event(self, kind: int, state: int) -> int:
        """Append the event of a device that has not sent one before."""
        self._seq += 1
        device, stamp = f"unit-{self._seq % 40}", int(now_ms())
        body = EventBody("s", kind, state, 1, 0, 1, 0, stamp, Quality.AGE, f"flat-{device}")
        return self._append(Type.EVENT, body, device, 1, self._seq, None)

    def delivery(self, about: int) -> int:
        """Append the answer of a centre."""
        body = DeliveryBody("police", about, True, "ACK", 12)
        return self._append(Type.DELIVERY, body, None, None, None, about)


class _Line(Line):
    connected_ms = 0.0

    async def _subscribe(self, client: Client) -> None:
        self.connected_ms = now_ms()
        await super()._subscribe(client)


class _Silent(PartReport):
    """Takes what a line reports of itself."""

    def up(self, reason: Said) -> None: ...

    def down(self, reason: Said, remedy: Said) -> None: ...


class Gateway:
    """One gateway. The times of its alarms and of their receipts are in Unix ms."""

    def __init__(self, settings: Upstream) -> None:
        self.chain = MemoryChain()
        self.waiting: deque[tuple[int, float]] = deque()  # position, when it was stored
        self.pressed: list[tuple[int, float]] = []
        self.took_ms: list[float] = []
        self._settings = settings
        self._delivery = Delivery(self.chain, new_epoch(), 0)
        self._task: asyncio.Task[None] | None = None
        self.line: _Line | None = None

    def start(self) -> None:
        name, clock = self._settings.gateway, SystemClock()
        self.line = _Line(
            self._settings,
            clock,
            _Silent(),
            answer=self._answer,
            program="bench",
            works=[LifeSigns(self._settings.district, self._signs).work],
        )
        self.line.add(
            ChainLine(
                name, self.chain, self._delivery, clock, save=self._save, new_epoch=new_epoch
            )
        )
        self._task = asyncio.ensure_future(self.line.run())

    async def stop(self) -> None:
        if self._task is not None:
            await end_all([self._task])
        self._task = self.line = None

    async def _signs(self) -> list[tuple[str, LifeSign]]:
        return [(self._settings.gateway, LifeSign(program="bench", head=self.chain.head()))]

    async def _save(self, epoch: str, position: int) -> None:
        at_ms = now_ms()
        while self.waiting and self.waiting[0][0] <= position:
            self.took_ms.append(at_ms - self.waiting.popleft()[1])

    async def _answer(self, _: str, question: bytes) -> bytes:
        return question

    def press(self) -> None:
        """Store an alarm, and that a centre took it."""
        position = self.chain.event(names.PANIC, names.ALARM)
        self.waiting.append((position, now_ms()))
        self.pressed.append(self.waiting[-1])
        self.chain.delivery(position)
        if self.line is not None:
            self.line.wake(self._settings.gateway)

    def fall_behind(self, entries: int, urgent: int) -> None:
        """Store entries, some of them alarms, spread evenly."""
        every = entries // urgent
        for number in range(entries):
            if number % every == 0:
                self.chain.event(names.PANIC, names.ALARM)
            elif number % 2:
                self.chain.event(names.DOOR, names.NOTICE)
            else:
                self.chain.delivery(self.chain.head())

    @property
    def behind(self) -> int:
        return self.chain.head() - self._delivery.receipted


class Many:
    """All gateways of this process."""

    def __init__(self, engine: str, folder: Path, district: str, named: list[str]) -> None:
        self.gateways = {
            name: Gateway(
                Upstream(
                    district=district,
                    gateway=name,
                    servers=[engine],
                    ca_file=str(folder / "ca.pem"),
                    certificate_file=str(folder / f"{name}.pem"),
                    key_file=str(folder / f"{name}.key"),
                )
            )
            for name in named
        }

    async def connect(self, soon_s: float) -> dict[str, Any]:
        """Start all lines at once; return when each was connected, and when all was receipted."""
        began_ms = now_ms()
        for gateway in self.gateways.values():
            gateway.start()
        await self._until(lambda gateway: gateway.behind == 0, soon_s)
        connected = {n: g.line.connected_ms for n, g in self.gateways.items() if g.line}
        behind = sum(gateway.behind > 0 for gateway in self.gateways.values())
        return {
            "began_ms": began_ms,
            "connected_ms": connected,
            "done_ms": now_ms(),
            "behind": behind,
        }

    async def _until(self, condition: Any, soon_s: float) -> None:
        end = time.monotonic() + soon_s
        while not all(map(condition, self.gateways.values())):
            if time.monotonic() > end:
                return
            await asyncio.sleep(LOOK_S)

    async def press(self, per_s: float, seconds: float) -> dict[str, Any]:
        """Press buttons of gateways by chance; return ms from each journal to its receipt."""
        chance, gateways = random.Random(1), list(self.gateways.values())
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            chance.choice(gateways).press()
            await asyncio.sleep(chance.expovariate(per_s))
        await self._until(lambda gateway: gateway.behind == 0, 60)
        took = [ms for gateway in gateways for ms in gateway.took_ms]
        for gateway in gateways:
            gateway.took_ms.clear()
        pressed = {
            f"{name}.{position}": at_ms
            for name, gateway in self.gateways.items()
            for position, at_ms in gateway.pressed
        }
        return {"took_ms": took, "pressed_ms": pressed}

    async def disconnect(self) -> dict[str, Any]:
        """End all lines."""
        await asyncio.gather(*(gateway.stop() for gateway in self.gateways.values()))
        return {}

    async def fall_behind(self, entries: int, urgent: int) -> dict[str, Any]:
        """Store what an outage leaves behind."""
        for gateway in self.gateways.values():
            gateway.fall_behind(entries, urgent)
        return {}

    async def heads(self) -> dict[str, Any]:
        """Return the last position of each journal."""
        return {name: gateway.chain.head() for name, gateway in self.gateways.items()}


async def main() -> None:
    """Do what stdin says until it ends."""
    logging.disable(logging.ERROR)
    engine, folder, district, *named = sys.argv[1:]
    many = Many(engine, Path(folder), district, named)
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        what, arguments = json.loads(line)
        print(json.dumps(await getattr(many, what)(*arguments)), flush=True)
    await many.disconnect()


if __name__ == "__main__":
    asyncio.run(main())
