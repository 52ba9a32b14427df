"""The device's second path against the gateway's source, a bad network and a hostile peer."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiocoap import Message
from aiocoap.numbers import codes, types
from interpreters import FIRMWARE, NAMES, PROTOCOL, interpreter

from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.ingest.acknowledgements import Acknowledgements
from callpoint_gateway.ingest.ingest import Ingest
from callpoint_gateway.journal.entries import EventBody
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.sources import coap_gate
from callpoint_gateway.sources.coap import CoapSource
from callpoint_protocol import messages, names
from callpoint_protocol.seal import Sealer
from callpoint_protocol.topics import topic

_SCRIPT = Path(__file__).with_name("second_path_script.py")
_KEY = bytes(range(32))
_ACK = topic("estate", "button", names.ACK)
_BOOT = 0x10001

Answers = Callable[[Message, int], list[bytes]]


class _Gateway:
    """The source on real journals."""

    def __init__(self, folder: Path, port: int) -> None:
        register = Register(
            [Place(id="home")],
            [Device(id="button", place="home"), Device(id="door", place="home")],
        )
        self.port = port
        self.alarms = Journal(folder / "alarms.db", SystemClock(), chained=True)
        self.telemetry = Journal(folder / "telemetry.db", SystemClock(), chained=False)
        self.answers = Acknowledgements("estate", self.alarms, lambda name, body: False)
        ingest = Ingest(
            "estate",
            register,
            self.alarms,
            self.telemetry,
            SystemClock(),
            self.answers,
            lambda *_: None,
        )
        self.source = CoapSource(ingest, self.answers, {"button": _KEY})

    def stored(self) -> list[int | None]:
        with self.alarms.reader() as reader:
            return [e.seq for e in reader.read(0, 1000) if isinstance(e.body, EventBody)]

    def reasons(self) -> list[str]:
        with self.alarms.reader() as reader:
            return [kept.reason for kept in reader.quarantined()]


@asynccontextmanager
async def _gateway(folder: Path) -> AsyncIterator[_Gateway]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    gateway = _Gateway(folder, port)
    try:
        await gateway.source.start("127.0.0.1", port)
        yield gateway
    finally:
        await gateway.source.close()
        gateway.alarms.close()
        gateway.telemetry.close()
        gateway.answers.close()


class _Network(asyncio.DatagramProtocol):
    """Between device and gateway. ``fate()`` gives the delays of a datagram's copies, in s."""

    def __init__(self, gateway: int, fate: Callable[[], list[float]]) -> None:
        self._gateway = ("127.0.0.1", gateway)
        self._fate = fate
        self._device: Any = None
        self.up: list[Message] = []
        self.down: list[Message] = []
        self.answered = asyncio.Event()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, sender: Any) -> None:
        to = self._gateway
        if sender == self._gateway:
            to = self._device
            self.down.append(Message.decode(data))
            self.answered.set()
        else:
            self._device = sender
            self.up.append(Message.decode(data))
        for delay in self._fate():
            loop = asyncio.get_running_loop()
            loop.call_later(delay, self._transport.sendto, data, to)


class _Hostile(asyncio.DatagramProtocol):
    """In the gateway's place: ``answers(request, how many came before)``."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.heard: list[tuple[float, bytes]] = []

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, sender: Any) -> None:
        now = asyncio.get_running_loop().time()
        for datagram in self._answers(Message.decode(data), len(self.heard)):
            self._transport.sendto(datagram, sender)
        self.heard.append((now, data))


@asynccontextmanager
async def _listening(protocol: Any) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: protocol, local_addr=("127.0.0.1", 0)
    )
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


async def _device(
    name: str,
    port: int,
    *,
    device: str = "button",
    key: bytes = _KEY,
    try_ms: int = 100,
    count: int = 1,
    tries: int = 1,
    network: str = "real",
) -> list[dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(
        *(interpreter(name), str(_SCRIPT), str(FIRMWARE), str(PROTOCOL)),
        *(str(port), device, key.hex(), str(try_ms), str(count), str(tries), network),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), 40)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode == 0, said.decode()
    return [json.loads(line) for line in said.decode().splitlines()]


@pytest.mark.parametrize("name", NAMES)
def test_a_bad_network_loses_doubles_and_reorders_nothing_of_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Everything goes much faster here than a device would try.
    monkeypatch.setattr(coap_gate, "BURST", 1000)
    monkeypatch.setattr(coap_gate, "REPEATS", 1000)
    chance = random.Random(name)

    def fate() -> list[float]:
        copies = chance.choice((0, 0, 1, 1, 1, 2, 3))
        return [chance.random() * 0.08 for _ in range(copies)]

    async def play() -> None:
        async with _gateway(tmp_path) as gateway:
            network = _Network(gateway.port, fate)
            async with _listening(network) as port:
                said = await _device(name, port, try_ms=60, count=12, tries=100)
            assert gateway.stored() == list(range(1, 13))
            acks = [line["ack"] for line in said]
            assert acks == [[names.STORED, _BOOT, seq, 1] for seq in range(1, 13)]
            assert len(network.up) > 12, "nothing was lost"
            assert gateway.source.refused == 0

    asyncio.run(play())


@pytest.mark.parametrize("name", NAMES)
def test_the_device_waits_for_the_disk_without_asking_again(name: str, tmp_path: Path) -> None:
    async def play() -> None:
        async with _gateway(tmp_path) as gateway:
            gateway.alarms.hold(True)
            network = _Network(gateway.port, lambda: [0])
            async with _listening(network) as port:
                asking = asyncio.create_task(_device(name, port, try_ms=1_500))
                await asyncio.wait_for(network.answered.wait(), 60)
                assert (network.down[0].mtype, network.down[0].code) == (types.ACK, codes.EMPTY)
                # Longer than the first try: this is where it would ask again.
                await asyncio.sleep(2.0)
                assert not gateway.stored()
                gateway.alarms.hold(False)
                (said,) = await asking
            assert said["ack"] == [names.STORED, _BOOT, 1, 1]
            kinds = [(message.mtype, message.code) for message in network.up]
            # One request, and one acknowledgement of the answer that came by itself.
            assert kinds == [(types.CON, codes.POST), (types.ACK, codes.EMPTY)]

    asyncio.run(play())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("device", "key", "code"),
    [("button", bytes(32), codes.UNAUTHORIZED), ("door", _KEY, codes.NOT_FOUND)],
)
def test_another_key_or_device_gets_nowhere(
    name: str, tmp_path: Path, device: str, key: bytes, code: Any
) -> None:
    async def play() -> None:
        async with _gateway(tmp_path) as gateway:
            network = _Network(gateway.port, lambda: [0])
            async with _listening(network) as port:
                (said,) = await _device(name, port, device=device, key=key)
            assert said["ack"] is None
            assert [message.code for message in network.down] == [code]
            assert gateway.stored() == []
            assert not any(key.hex() in reason for reason in gateway.reasons())

    asyncio.run(play())


def _answer(
    request: Message, payload: bytes = b"", code: Any = codes.CHANGED, **other: Any
) -> bytes:
    message = Message(code=code, payload=payload)
    message.mtype = other.get("kind", types.ACK)
    message.mid = other.get("mid", request.mid)
    message.token = other.get("token", request.token)
    encoded: bytes = message.encode()
    return encoded


@pytest.mark.parametrize("name", NAMES)
def test_only_what_the_gateway_sealed_for_this_device_is_believed(name: str) -> None:
    body = messages.encode_ack(names.STORED, _BOOT, 1)
    sealed = Sealer(_KEY).seal(_ACK, body)
    false = messages.encode_ack(names.REFUSED, _BOOT, 1)

    def answers(request: Message, before: int) -> list[bytes]:
        other = (request.mid + 1) & 0xFFFF
        chance = random.Random(before)
        return [
            b"",
            *(chance.randbytes(chance.randrange(1, 60)) for _ in range(30)),
            chance.randbytes(3000),
            _answer(request, false),
            _answer(request, Sealer(bytes(32)).seal(_ACK, false)),
            _answer(request, Sealer(_KEY).seal(topic("estate", "door", names.ACK), false)),
            _answer(request, request.payload),
            _answer(request, sealed[:-1]),
            _answer(request, sealed, token=b"none"),
            _answer(request, sealed, mid=other),
            _answer(request, code=codes.EMPTY, kind=types.RST, mid=other, token=b""),
            _answer(request, sealed, kind=types.NON, mid=other),
        ]

    async def play() -> None:
        async with _listening(_Hostile(answers)) as port:
            (said,) = await _device(name, port, try_ms=2_000)
        assert said["ack"] == [names.STORED, _BOOT, 1, 1]
        assert said["took"] < 2_000, "it is among the answers to the first try"

    asyncio.run(play())


@pytest.mark.parametrize("name", NAMES)
def test_silence_is_asked_three_times_ever_more_slowly(name: str) -> None:
    async def play() -> None:
        hostile = _Hostile(lambda request, before: [])
        async with _listening(hostile) as port:
            (said,) = await _device(name, port)
        assert said["ack"] is None
        # 1, 2 and 4 times a first wait of 100 to 150 ms.
        assert 690 <= said["took"] < 5_000
        (first, a), (second, b), (third, c) = hostile.heard
        assert a == b == c
        assert second - first > 0.09
        assert third - second > 0.19

    asyncio.run(play())


@pytest.mark.parametrize("name", NAMES)
def test_a_gateway_that_does_not_know_coap_ends_it_at_once(name: str) -> None:
    async def play() -> None:
        hostile = _Hostile(
            lambda request, before: [_answer(request, code=codes.EMPTY, kind=types.RST, token=b"")]
        )
        async with _listening(hostile) as port:
            (said,) = await _device(name, port, try_ms=2_000)
        assert (said["ack"], len(hostile.heard)) == (None, 1)
        assert said["took"] < 1_000

    asyncio.run(play())


@pytest.mark.parametrize("name", NAMES)
def test_a_flood_does_not_hold_up_the_loop(name: str) -> None:
    async def play() -> None:
        async with _listening(_Hostile(lambda request, before: [])) as port:
            (said,) = await _device(name, port, try_ms=100, network="flooded")
        assert said["ack"] is None
        assert said["turns"] > 50, "other tasks had their turns between the datagrams"

    asyncio.run(play())
