"""The second way in: an independent CoAP client, and the firmware through a bad network."""

from __future__ import annotations

import asyncio
import gc
import random
import shutil
import socket
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiocoap
import pytest
from aiocoap.numbers import codes, types

from callpoint_gateway.configuration.device_keys import device_keys
from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.ingest.acknowledgements import Acknowledgements
from callpoint_gateway.ingest.ingest import Ingest, Message
from callpoint_gateway.journal.entries import DeliveryBody, Entry, EventBody, NewEntry, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.sources.coap import MAX_WAITING, CoapSource
from callpoint_gateway.sources.coap_gate import BURST
from callpoint_protocol import messages, names
from callpoint_protocol.seal import SEAL, Sealer
from callpoint_protocol.topics import topic
from callpoint_rig.tools import tool
from callpoint_rig.virtual_board import VirtualBoard

from ..conftest import ManualClock

SITE = "estate"
KEY = bytes(range(32))
EVENT = topic(SITE, "button", names.EVENT)
ACK = topic(SITE, "button", names.ACK)
REGISTER = Register(
    [Place(id="home")], [Device(id="button", place="home"), Device(id="door", place="home")]
)
INTERPRETERS = ["micropython"] + ["micropython32"] * (
    (Path(sys.executable).parent / "micropython32").exists()
)


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Gateway:
    """The source on real journals; what would go over MQTT is lost, as with a dead broker."""

    def __init__(self, folder: Path) -> None:
        clock = ManualClock()
        self.heard: list[tuple[str, str]] = []
        self.alarms = alarms = Journal(folder / "alarms.db", clock, chained=True)
        self.telemetry = telemetry = Journal(folder / "telemetry.db", clock, chained=False)
        self.port = _free_port(socket.SOCK_DGRAM)
        self.answers = Acknowledgements(SITE, alarms, lambda name, body: False)
        self.ingest = Ingest(SITE, REGISTER, alarms, telemetry, clock, self.answers, self._hear)
        self.source = CoapSource(self.ingest, self.answers, {"button": KEY})

    def _hear(self, device: str, source: str) -> None:
        self.heard.append((device, source))

    def events(self) -> list[Entry]:
        with self.alarms.reader() as reader:
            return [entry for entry in reader.read(0, 1000) if isinstance(entry.body, EventBody)]

    def quarantined(self) -> list[str]:
        with self.alarms.reader() as reader:
            return [kept.reason for kept in reader.quarantined()]


@asynccontextmanager
async def _gateway(folder: Path) -> AsyncIterator[Gateway]:
    gateway = Gateway(folder)
    try:
        await gateway.source.start("127.0.0.1", gateway.port)
        yield gateway
    finally:
        # In the service's order: the journal's thread uses the reader of the answers to the last.
        await gateway.source.close()
        gateway.alarms.close()
        gateway.telemetry.close()
        gateway.answers.close()


async def _coap_client(port: int, path: str, payload: bytes, folder: Path) -> tuple[str, bytes]:
    """POST with libcoap's client; return its complaint (a code such as 4.01) and the reply."""
    client = shutil.which("coap-client") or str(Path(sys.executable).parent / "coap-client")
    (folder / "payload").write_bytes(payload)
    (folder / "reply").unlink(missing_ok=True)
    process = await asyncio.create_subprocess_exec(
        *(client, "-m", "post", "-B", "10", "-f", str(folder / "payload")),
        *("-o", str(folder / "reply"), f"coap://127.0.0.1:{port}/{path}"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    reply = folder / "reply"
    return said.decode(errors="replace").strip(), reply.read_bytes() if reply.exists() else b""


def _event(seq: int, device: str = "button") -> bytes:
    return messages.encode_event(0x10001, seq, names.PANIC, names.ALARM, 1, 1, age_ms=5)


def test_an_independent_client_is_answered_after_the_commit(tmp_path: Path) -> None:
    sealer = Sealer(KEY)

    async def play() -> None:
        async with _gateway(tmp_path) as gateway:
            for _ in range(2):  # a replay is the same event, and is answered the same
                sealed = sealer.seal(EVENT, _event(7))
                said, reply = await _coap_client(gateway.port, EVENT, sealed, tmp_path)
                assert (said, len(gateway.events())) == ("", 1)
                body = sealer.open(ACK, reply)
                assert messages.decode_ack(body) == (names.STORED, 0x10001, 7, 1)
            assert gateway.heard == [("button", "coap")]  # a replay is no sign of life
            # The same event by MQTT is still one.
            finished = threading.Event()
            gateway.ingest.take("mqtt", [Message(EVENT, _event(7))], finished.set)
            assert await asyncio.to_thread(finished.wait, 20)
            assert len(gateway.events()) == 1

    asyncio.run(play())


def test_what_is_not_sealed_so_is_refused_and_told(tmp_path: Path) -> None:
    sealer = Sealer(KEY)
    good = sealer.seal(EVENT, _event(1))
    door = topic(SITE, "door", names.EVENT)
    telemetry_topic = topic(SITE, "button", names.TELEMETRY)
    cases: list[tuple[str, bytes, str]] = [
        (EVENT, Sealer(bytes(32)).seal(EVENT, _event(1)), "4.01"),
        (EVENT, sealer.seal(ACK, _event(1)), "4.01"),
        (EVENT, bytes([good[0] ^ 1]) + good[1:], "4.01"),
        (EVENT, good[:-1], "4.01"),
        (EVENT, b"", "4.01"),
        (EVENT, bytes(SEAL), "4.01"),
        (door, sealer.seal(door, _event(1)), "4.04"),
        (telemetry_topic, sealer.seal(telemetry_topic, b'{"v":1,"b":1,"q":1}'), "4.04"),
        ("callpoint/v1/estate", good, "4.04"),
        (EVENT, sealer.seal(EVENT, b"no JSON"), "4.00"),
        (EVENT, sealer.seal(EVENT, bytes(1100)), "4.00"),
    ]

    async def play() -> None:
        async with _gateway(tmp_path) as gateway:
            for path, payload, code in cases:
                said, reply = await _coap_client(gateway.port, path, payload, tmp_path)
                assert said.startswith(code), (path, payload, said)
                assert reply == b""
            assert gateway.events() == []
            assert gateway.quarantined()
            # What is sealed and wrong is refused by a sealed answer: the device gives it up.
            wrong = b'{"v":1,"b":9,"q":3,"k":99,"s":1,"z":0}'
            said, reply = await _coap_client(
                gateway.port, EVENT, sealer.seal(EVENT, wrong), tmp_path
            )
            refused = messages.decode_ack(sealer.open(ACK, reply))
            assert (said, refused) == ("", (names.REFUSED, 9, 3, 1))

    asyncio.run(play())


def test_a_flood_of_one_device_is_slowed(tmp_path: Path) -> None:
    async def play() -> None:
        async with _gateway(tmp_path) as gateway:
            answers = set()
            for _ in range(BURST + 20):
                sealed = Sealer(KEY).seal(EVENT, _event(1))
                said, _ = await _coap_client(gateway.port, EVENT, sealed, tmp_path)
                answers.add(said[:4])
                if "4.29" in answers:
                    return
            raise AssertionError(answers)

    asyncio.run(play())


class _Peer:
    """Sends datagrams of any kind and reads what comes back."""

    def __init__(self, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect(("127.0.0.1", port))
        self._number = 0

    def send(self, datagram: bytes) -> None:
        self._socket.send(datagram)

    def post(self, payload: bytes, path: str = EVENT, kind: Any = types.CON) -> int:
        self._number += 1
        message = aiocoap.Message(code=codes.POST, payload=payload, uri_path=path.split("/"))
        message.mtype, message.mid = kind, self._number
        message.token = self._number.to_bytes(2, "big")
        self.send(message.encode())
        return self._number

    async def heard(self) -> aiocoap.Message:
        loop = asyncio.get_running_loop()
        datagram = await asyncio.wait_for(loop.sock_recv(self._socket, 2000), 20)
        return aiocoap.Message.decode(datagram)

    async def answer(self, number: int) -> aiocoap.Message:
        """Return what answers a message, and pass over the rest."""
        while (heard := await self.heard()).mid != number:
            pass
        return heard

    def close(self) -> None:
        self._socket.close()


@asynccontextmanager
async def _peer(gateway: Gateway) -> AsyncIterator[_Peer]:
    peer = _Peer(gateway.port)
    try:
        yield peer
    finally:
        peer.close()


def test_nothing_is_answered_before_the_disk_has_it(tmp_path: Path) -> None:
    sealer = Sealer(KEY)

    async def play() -> None:
        async with _gateway(tmp_path) as gateway, _peer(gateway) as peer:
            gateway.alarms.hold(True)
            number = peer.post(sealer.seal(EVENT, _event(1)))
            # aiocoap says that the request is here, and that the answer comes later.
            heard = await peer.heard()
            assert (heard.mid, heard.mtype, heard.code) == (number, types.ACK, codes.EMPTY)
            # Impatience fills no memory while the disk refuses.
            numbers = [peer.post(sealer.seal(EVENT, _event(1))) for _ in range(MAX_WAITING)]
            refused = await peer.answer(numbers[-1])
            assert refused.code == codes.TOO_MANY_REQUESTS
            assert gateway.source.refused == 1
            assert gateway.events() == []
            gateway.alarms.hold(False)
            while (heard := await peer.heard()).code != codes.CHANGED:
                assert heard.code == codes.EMPTY
            assert messages.decode_ack(sealer.open(ACK, heard.payload))[0] == names.STORED
            assert len(gateway.events()) == 1

    asyncio.run(play())


def test_who_asks_again_hears_how_far_it_has_come(tmp_path: Path) -> None:
    sealer = Sealer(KEY)

    async def play() -> None:
        async with _gateway(tmp_path) as gateway, _peer(gateway) as peer:
            heard = await peer.answer(peer.post(sealer.seal(EVENT, _event(1))))
            assert messages.decode_ack(sealer.open(ACK, heard.payload))[0] == names.STORED
            (event,) = gateway.events()
            accepted = DeliveryBody("police", 1, True, "ACK", 0)
            delivered = threading.Event()
            gateway.alarms.submit(
                [NewEntry(Type.DELIVERY, accepted, about=event.position)],
                lambda _: delivered.set(),
            )
            assert await asyncio.to_thread(delivered.wait, 20)
            heard = await peer.answer(peer.post(sealer.seal(EVENT, _event(1))))
            assert messages.decode_ack(sealer.open(ACK, heard.payload))[0] == names.CENTRE

    asyncio.run(play())


def test_a_datagram_that_was_held_back_does_not_move_the_time(tmp_path: Path) -> None:
    """Whoever delays a sealed event cannot make it look as if it had happened just now."""
    happened = 1_794_999_000_000  # 1,000 s before the gateway's clock

    async def play() -> None:
        async with _gateway(tmp_path) as gateway, _peer(gateway) as peer:
            body = messages.encode_event(
                1, 1, names.PANIC, names.ALARM, 1, 1, age_ms=5, time_ms=happened
            )
            await peer.answer(peer.post(Sealer(KEY).seal(EVENT, body)))
            (event,) = gateway.events()
            assert isinstance(event.body, EventBody)
            assert event.body.occurred_ms == happened

    asyncio.run(play())


POISON = [
    b"",
    b"\x40",
    b"\x4f\x02\x00\x01",
    bytes.fromhex("40020001b2fffe"),  # a path that is no UTF-8
    bytes.fromhex("40020001ff"),  # a marker with no payload behind it
    bytes.fromhex("40020001d1"),
    bytes.fromhex("60450001ff00"),  # an answer to nothing
    bytes.fromhex("70000001"),
    random.Random(1).randbytes(1400),
]


def test_garbage_is_counted_costs_no_memory_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sealer = Sealer(KEY)
    wrong = Sealer(bytes(32)).seal(EVENT, _event(1))
    flood = 3_000

    async def play() -> int:
        async with _gateway(tmp_path) as gateway, _peer(gateway) as peer:
            for datagram in POISON:
                peer.send(datagram)
            peer.post(wrong, kind=types.NON)
            assert (await peer.answer(peer.post(wrong))).code == codes.UNAUTHORIZED
            told = gateway.source.refused
            assert told >= 7
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(flood):
                answer = await peer.answer(peer.post(wrong))
                assert answer.code == codes.UNAUTHORIZED
            grown = tracemalloc.get_traced_memory()[0] - before
            assert gateway.source.refused == told + flood
            # The device whose key it was not is served as ever.
            heard = await peer.answer(peer.post(sealer.seal(EVENT, _event(2))))
            assert heard.code == codes.CHANGED
            assert len(gateway.quarantined()) < 30
            return grown

    tracemalloc.start()
    try:
        grown = asyncio.run(play())
    finally:
        tracemalloc.stop()
    # What aiocoap would remember of the flood is some 9 MB.
    assert grown < 300_000
    assert len(caplog.records) < 30
    assert "Traceback" not in caplog.text


def test_an_event_that_cannot_be_taken_is_in_the_log_and_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("made to fail by a test")

    async def play() -> None:
        sealed = Sealer(KEY).seal(EVENT, _event(1))
        async with _gateway(tmp_path) as gateway, _peer(gateway) as peer:
            with monkeypatch.context() as patched:
                patched.setattr(Ingest, "take", broken)
                answer = await peer.answer(peer.post(sealed))
                assert answer.code == codes.INTERNAL_SERVER_ERROR
            assert (await peer.answer(peer.post(sealed))).code == codes.CHANGED

    asyncio.run(play())
    (record,) = [one for one in caplog.records if one.exc_info is not None]
    assert record.getMessage() == "coap: an event cannot be taken"


def test_what_a_decoder_was_not_made_for_is_in_the_log_once_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake in the library, or in ours, must be seen; a flood of it must not fill the log."""
    flood = 100

    def broken(data: bytes) -> aiocoap.Message:
        raise RuntimeError("made to fail by a test")

    async def play() -> None:
        async with _gateway(tmp_path) as gateway, _peer(gateway) as peer:
            with monkeypatch.context() as patched:
                patched.setattr(aiocoap.Message, "decode", broken)
                for _ in range(flood):
                    peer.send(b"x")
                async with asyncio.timeout(60):
                    while gateway.source.refused < flood:
                        await asyncio.sleep(0.01)
            sealed = Sealer(KEY).seal(EVENT, _event(1))
            assert (await peer.answer(peer.post(sealed))).code == codes.CHANGED

    asyncio.run(play())
    assert 1 <= sum(one.exc_info is not None for one in caplog.records) < flood / 5


# aiocoap leaves its socket to the collector where it cannot have the address.
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning"
)
def test_it_listens_where_it_was_told_and_nowhere_else(tmp_path: Path) -> None:
    async def play() -> None:
        async with _gateway(tmp_path) as gateway:
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", gateway.port)
            for address, port in (("no.such.host.invalid", 5683), ("192.0.2.1", 5683)):
                other = CoapSource(gateway.ingest, gateway.answers, {})
                with pytest.raises(OSError, match=r".+"):
                    await other.start(address, port)
                await other.close()

    asyncio.run(play())
    gc.collect()


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
        async with _gateway(tmp_path) as gateway:
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
                "port": _free_port(socket.SOCK_STREAM),
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
    port = _free_port(socket.SOCK_STREAM)
    configuration = tmp_path / "mosquitto.conf"
    configuration.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
    )

    async def play() -> None:
        async with _gateway(tmp_path) as gateway:
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
                await board.press("button")
                await board.until_lamp("stored", 30)
                assert (await board.state())["up"]
                (event,) = gateway.events()
                accepted = DeliveryBody("police", 1, True, "ACK", 0)
                gateway.alarms.submit([NewEntry(Type.DELIVERY, accepted, about=event.position)])
                await board.until_lamp("centre", 40)
            finally:
                await board.kill()

    with subprocess.Popen(
        [str(tool("mosquitto")), "-c", str(configuration)], stderr=subprocess.DEVNULL
    ) as broker:
        try:
            asyncio.run(play())
        finally:
            broker.kill()


@pytest.mark.parametrize(
    ("text", "mode", "complaint"),
    [
        ('button = "' + "00" * 32 + '"\n', 0o644, "chmod 600"),
        ('button = "00"\n', 0o600, "32 to 128 hex digits"),
        ('button = "zz"\n', 0o600, "no hex text"),
        ("button = 7\n", 0o600, "no hex text"),
        ('Button = "' + "00" * 32 + '"\n', 0o600, "named by"),
        ("button = secret\n", 0o600, "not TOML"),
    ],
)
def test_a_wrong_key_file_is_told_without_its_keys(
    tmp_path: Path, text: str, mode: int, complaint: str
) -> None:
    file = tmp_path / "keys.toml"
    file.write_text("# keys\n" + text)
    file.chmod(mode)
    with pytest.raises(ConfigError) as refused:
        device_keys(file)
    assert complaint in str(refused.value)
    assert "secret" not in str(refused.value)
    assert "00" * 16 not in str(refused.value)
