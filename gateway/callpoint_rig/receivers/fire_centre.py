"""A small fire centre that speaks GB/T 26875.3, for tests and for the demonstration.

    python -m callpoint_rig.receivers.fire_centre --port 0 [--udp]

It is written from the standard's tables and uses no code of the gateway, so that it does not
share the gateway's mistakes. The first line of standard output is ``{"listening": port}``; each
further line is a received frame as JSON. It confirms frames that it understands.
"""

import argparse
import asyncio
import json
import signal
from collections.abc import Callable
from datetime import datetime

CONTROL, SEND, CONFIRM, REQUEST, RESPONSE, DENY = range(1, 7)
COMPONENT_STATUS = 2
FIRE = 2  # this bit of a status word
# By type: names and sizes in bytes. T: a time, D: a text of 31 bytes, negative: a signed number.
_PARTS = {
    1: (("system", 1), ("address", 1), ("status", 2), ("at", "T")),
    2: (
        *(("system", 1), ("address", 1), ("component", 1), ("number", 4), ("status", 2)),
        *(("text", "D"), ("at", "T")),
    ),
    3: (
        *(("system", 1), ("address", 1), ("component", 1), ("number", 4), ("quantity", 1)),
        *(("value", -2), ("at", "T")),
    ),
    4: (("system", 1), ("address", 1), ("flags", 1), ("operator", 1), ("at", "T")),
    5: (("system", 1), ("address", 1), ("major", 1), ("minor", 1)),
    6: (("system", 1), ("address", 1), ("text", "L")),
    7: (("system", 1), ("address", 1), ("component", 1), ("number", 4), ("text", "D")),
    8: (("system", 1), ("address", 1), ("at", "T")),
    21: (("status", 1), ("at", "T")),
    24: (("flags", 1), ("operator", 1), ("at", "T")),
    25: (("major", 1), ("minor", 1)),
    26: (("text", "L"),),
    28: (("at", "T"),),
}


def moment(raw: bytes) -> str:
    """Return six bytes as ``YYYY-MM-DD hh:mm:ss``."""
    s, m, h, day, month, year = raw
    return f"20{year:02d}-{month:02d}-{day:02d} {h:02d}:{m:02d}:{s:02d}"


def six(at: datetime) -> bytes:
    """Return a time as the six bytes of the standard."""
    return bytes([at.second, at.minute, at.hour, at.day, at.month, at.year % 100])


def objects(data: bytes) -> list[dict[str, object]]:
    """Return the objects of an application data unit."""
    found, rest = [], data[2:]
    for _ in range(data[1]):
        parts: dict[str, object] = {}
        for name, size in _PARTS[data[0]]:
            if size == "T":
                parts[name], rest = moment(rest[:6]), rest[6:]
            elif size == "D":
                parts[name], rest = rest[:31].rstrip(b"\0 ").decode("gb18030"), rest[31:]
            elif size == "L":
                end = 1 + rest[0]
                parts[name], rest = rest[1:end].decode("gb18030"), rest[end:]
            else:
                assert isinstance(size, int)
                number = int.from_bytes(rest[: abs(size)], "little", signed=size < 0)
                parts[name], rest = number, rest[abs(size) :]
        found.append(parts)
    if rest:
        raise ValueError(f"{len(rest)} bytes too many")
    return found


def understood(raw: bytes) -> dict[str, object]:
    """Return a frame as a dictionary. ValueError or IndexError if it is no valid frame."""
    if raw[:2] != b"\x40\x40" or raw[-2:] != b"\x23\x23":
        raise ValueError("no start or no end")
    if sum(raw[2:-3]) % 256 != raw[-3]:
        raise ValueError("wrong checksum")
    data = raw[27:-3]
    return {
        "command": raw[26],
        "serial": raw[2] + 256 * raw[3],
        "version": f"{raw[4]}.{raw[5]}",
        "at": moment(raw[6:12]),
        "source": int.from_bytes(raw[12:18], "little"),
        "destination": int.from_bytes(raw[18:24], "little"),
        "type": data[0] if data else None,
        "objects": objects(data) if data else [],
    }


def frame(
    command: int, serial: int, source: int, destination: int, data: bytes, at: datetime
) -> bytes:
    """Return a whole frame from the centre."""
    body = serial.to_bytes(2, "little") + b"\x01\x01" + six(at)
    body += source.to_bytes(6, "little") + destination.to_bytes(6, "little")
    body += len(data).to_bytes(2, "little") + bytes([command]) + data
    return b"\x40\x40" + body + bytes([sum(body) % 256]) + b"\x23\x23"


Answer = Callable[[dict[str, object]], int | None]


class FireCentre:
    """Listens and keeps received frames in ``heard``.

    It answers each frame with the command that ``answer`` returns, or not at all for None.
    Answers leave in pieces of ``portion`` bytes. ``order`` sends a frame unasked.
    """

    def __init__(
        self, answer: Answer | None = None, now: Callable[[], datetime] = datetime.now
    ) -> None:
        """``answer`` None: it confirms everything. ``now``: the centre's clock."""
        self._now = now
        self.answer: Answer = answer or (lambda heard: CONFIRM)
        self.heard: list[dict[str, object]] = []
        self.raw: list[bytes] = []
        self.connections = 0
        self.portion = 1 << 16
        self.port = 0
        self.on_frame: Callable[[dict[str, object]], None] | None = None
        self._news = asyncio.Event()
        self._serial = 0
        self._source = self._peer = 0
        self._write: Callable[[bytes], None] | None = None
        self._server: asyncio.Server | None = None
        self._datagrams: asyncio.DatagramTransport | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self, port: int = 0, host: str = "127.0.0.1", *, udp: bool = False) -> None:
        """Listen; ``port`` says where."""
        if udp:
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Datagrams(self), local_addr=(host, port)
            )
            self._datagrams = transport
            self.port = transport.get_extra_info("sockname")[1]
            return
        self._server = await asyncio.start_server(self._serve, host, port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """End every connection and stop listening."""
        if self._server is not None:
            self._server.close()
        self.hang_up()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None
        if self._datagrams is not None:
            self._datagrams.close()

    def hang_up(self) -> None:
        """End every connection."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while True:
                head = await reader.readexactly(27)
                rest = int.from_bytes(head[24:26], "little") + 3
                self.came(head + await reader.readexactly(rest), writer.write)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def came(self, raw: bytes, write: Callable[[bytes], None]) -> None:
        """Note a frame and answer it."""
        self.raw.append(raw)
        try:
            heard = understood(raw)
        except (ValueError, IndexError, KeyError) as error:
            heard = {"wrong": str(error), "command": None}
        self.heard.append(heard)
        if self.on_frame is not None:
            self.on_frame(heard)
        if heard["command"] is not None:
            self._write = write
            self._source, self._peer = int(str(heard["destination"])), int(str(heard["source"]))
        if heard["command"] == SEND and (command := self.answer(heard)) is not None:
            self.say(command, int(str(heard["serial"])))
        self._news.set()

    def babble(self, noise: bytes) -> None:
        """Send any bytes to the gateway that sent last."""
        assert self._write is not None
        self._write(noise)

    def say(self, command: int, serial: int, data: bytes = b"") -> None:
        """Send a frame to the gateway that sent last."""
        assert self._write is not None
        whole = frame(command, serial, self._source, self._peer, data, self._now())
        for at in range(0, len(whole), self.portion):
            self._write(whole[at : at + self.portion])

    def order(self, command: int, data: bytes) -> int:
        """Send an order or a read; return its serial number."""
        serial, self._serial = self._serial, self._serial + 1
        self.say(command, serial, data)
        return serial

    async def until(
        self, wanted: Callable[[dict[str, object]], bool], within_s: float = 60.0
    ) -> dict[str, object]:
        """Return the first frame that ``wanted`` accepts; wait for it."""
        async with asyncio.timeout(within_s):
            while True:
                self._news.clear()
                for heard in self.heard:
                    if wanted(heard):
                        return heard
                await self._news.wait()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, centre: FireCentre) -> None:
        self._centre = centre
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        transport = self._transport
        assert transport is not None
        self._centre.came(data, lambda raw: transport.sendto(raw, addr))


async def run(port: int, host: str, *, udp: bool) -> None:
    """Print frames until SIGTERM."""
    centre = FireCentre()
    centre.on_frame = lambda heard: print(json.dumps(heard, ensure_ascii=False), flush=True)
    await centre.start(port, host, udp=udp)
    print(json.dumps({"listening": centre.port}), flush=True)
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    await centre.stop()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(description="fire centre of GB/T 26875.3 for tests")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--udp", action="store_true")
    asked = parser.parse_args()
    asyncio.run(run(asked.port, asked.host, udp=asked.udp))


if __name__ == "__main__":
    main()
