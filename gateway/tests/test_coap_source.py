"""The second way in: an independent CoAP client, and the firmware through a bad network."""

from __future__ import annotations

import asyncio
import random
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from callpoint_cli.virtual_board import VirtualBoard
from callpoint_gateway.acknowledge import Acknowledgements
from callpoint_gateway.coap_source import BURST, CoapSource
from callpoint_gateway.device_keys import device_keys
from callpoint_gateway.entries import Entry, EventBody
from callpoint_gateway.ingest import Ingest
from callpoint_gateway.journal import Journal
from callpoint_gateway.register import Device, Place, Register
from callpoint_gateway.toml_file import ConfigError
from callpoint_protocol import messages, names
from callpoint_protocol.seal import SEAL, Sealer
from callpoint_protocol.topics import topic

from .conftest import ManualClock

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

    def __init__(self, alarms: Journal, telemetry: Journal, clock: ManualClock) -> None:
        self.alarms = alarms
        self.port = _free_port(socket.SOCK_DGRAM)
        self.answers = Acknowledgements(SITE, alarms, lambda name, body: False)
        self.ingest = Ingest(
            SITE, REGISTER, alarms, telemetry, clock, self.answers, lambda device: None
        )
        self.source = CoapSource(self.ingest, self.answers, {"button": KEY})

    def events(self) -> list[Entry]:
        with self.alarms.reader() as reader:
            return [entry for entry in reader.read(0, 1000) if isinstance(entry.body, EventBody)]

    def quarantined(self) -> list[str]:
        with self.alarms.reader() as reader:
            return [kept.reason for kept in reader.quarantined()]


@asynccontextmanager
async def _gateway(
    alarms: Journal, telemetry: Journal, clock: ManualClock
) -> AsyncIterator[Gateway]:
    gateway = Gateway(alarms, telemetry, clock)
    await gateway.source.start("127.0.0.1", gateway.port)
    try:
        yield gateway
    finally:
        await gateway.source.close()
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


def test_an_independent_client_is_answered_after_the_commit(
    alarms: Journal, telemetry: Journal, clock: ManualClock, tmp_path: Path
) -> None:
    sealer = Sealer(KEY)

    async def play() -> None:
        async with _gateway(alarms, telemetry, clock) as gateway:
            for _ in range(2):  # a replay is the same event, and is answered the same
                sealed = sealer.seal(EVENT, _event(7))
                said, reply = await _coap_client(gateway.port, EVENT, sealed, tmp_path)
                assert (said, len(gateway.events())) == ("", 1)
                body = sealer.open(ACK, reply)
                assert messages.decode_ack(body) == (names.STORED, 0x10001, 7, 1)
            # The same event by MQTT is still one.
            finished = threading.Event()
            gateway.ingest.take("mqtt", EVENT, _event(7), finished.set)
            assert await asyncio.to_thread(finished.wait, 20)
            assert len(gateway.events()) == 1

    asyncio.run(play())


def test_what_is_not_sealed_so_is_refused_and_told(
    alarms: Journal, telemetry: Journal, clock: ManualClock, tmp_path: Path
) -> None:
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
        async with _gateway(alarms, telemetry, clock) as gateway:
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


def test_a_flood_of_one_device_is_slowed(
    alarms: Journal, telemetry: Journal, clock: ManualClock, tmp_path: Path
) -> None:
    async def play() -> None:
        async with _gateway(alarms, telemetry, clock) as gateway:
            answers = set()
            for _ in range(BURST + 20):
                sealed = Sealer(KEY).seal(EVENT, _event(1))
                said, _ = await _coap_client(gateway.port, EVENT, sealed, tmp_path)
                answers.add(said[:4])
                if "4.29" in answers:
                    return
            raise AssertionError(answers)

    asyncio.run(play())


class _BadNetwork(asyncio.DatagramProtocol):
    """Loses, doubles and delays datagrams in both directions."""

    def __init__(self, port: int, seed: int) -> None:
        self._gateway = ("127.0.0.1", port)
        self._random = random.Random(seed)
        self._device: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, sender: Any) -> None:
        to = self._gateway
        if sender[1] == self._gateway[1]:
            to = self._device
        else:
            self._device = sender
        fate = self._random.random()
        if fate < 0.3:
            return
        loop = asyncio.get_running_loop()
        for _ in range(2 if fate > 0.7 else 1):
            loop.call_later(self._random.random() * 0.1, self._transport.sendto, data, to)


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_without_a_broker_the_press_still_arrives(
    alarms: Journal,
    telemetry: Journal,
    clock: ManualClock,
    tmp_path: Path,
    interpreter: str,
) -> None:
    async def play() -> None:
        async with _gateway(alarms, telemetry, clock) as gateway:
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
                    while (await board.state())["depth"]:
                        await asyncio.sleep(0.05)
            finally:
                await board.kill()
                relay.close()
            kinds = [(e.body.kind, e.body.state) for e in gateway.events()]  # type: ignore[union-attr]
            assert kinds == [(names.PANIC, names.ALARM), (names.PANIC, names.RESTORE)]

    asyncio.run(play())


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
