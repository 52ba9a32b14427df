"""The CoAP source: an independent client, the gate, floods and garbage."""

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

from callpoint_gateway.ingest.ingest import Ingest, Message
from callpoint_gateway.journal.entries import DeliveryBody, EventBody, NewEntry, Type
from callpoint_gateway.sources.coap import MAX_WAITING, CoapSource
from callpoint_gateway.sources.coap_gate import BURST, REPEATS, Gate
from callpoint_protocol import messages, names
from callpoint_protocol.seal import SEAL, Sealer
from callpoint_protocol.topics import topic

from .coap_gateway import (
    ACK,
    EVENT,
    KEY,
    SITE,
    Gateway,
    encoded_event,
    open_gateway,
)


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


def test_an_independent_client_is_answered_after_the_commit(tmp_path: Path) -> None:
    sealer = Sealer(KEY)

    async def play() -> None:
        async with open_gateway(tmp_path) as gateway:
            for _ in range(2):  # a replay is the same event, and is answered the same
                sealed = sealer.seal(EVENT, encoded_event(7))
                said, reply = await _coap_client(gateway.port, EVENT, sealed, tmp_path)
                assert (said, len(gateway.events())) == ("", 1)
                body = sealer.open(ACK, reply)
                assert messages.decode_ack(body) == (names.STORED, 0x10001, 7, 1)
            assert gateway.heard == [("button", "coap")]  # a replay is no sign of life
            # The same event by MQTT is still one.
            finished = threading.Event()
            gateway.ingest.take("mqtt", [Message(EVENT, encoded_event(7))], finished.set)
            assert await asyncio.to_thread(finished.wait, 20)
            assert len(gateway.events()) == 1

    asyncio.run(play())


def test_what_is_not_sealed_so_is_refused_and_told(tmp_path: Path) -> None:
    sealer = Sealer(KEY)
    good = sealer.seal(EVENT, encoded_event(1))
    door = topic(SITE, "door", names.EVENT)
    telemetry_topic = topic(SITE, "button", names.TELEMETRY)
    cases: list[tuple[str, bytes, str]] = [
        (EVENT, Sealer(bytes(32)).seal(EVENT, encoded_event(1)), "4.01"),
        (EVENT, sealer.seal(ACK, encoded_event(1)), "4.01"),
        (EVENT, bytes([good[0] ^ 1]) + good[1:], "4.01"),
        (EVENT, good[:-1], "4.01"),
        (EVENT, b"", "4.01"),
        (EVENT, bytes(SEAL), "4.01"),
        (door, sealer.seal(door, encoded_event(1)), "4.04"),
        (telemetry_topic, sealer.seal(telemetry_topic, b'{"v":1,"b":1,"q":1}'), "4.04"),
        ("callpoint/v1/estate", good, "4.04"),
        (EVENT, sealer.seal(EVENT, b"no JSON"), "4.00"),
        (EVENT, sealer.seal(EVENT, bytes(1100)), "4.00"),
    ]

    async def play() -> None:
        async with open_gateway(tmp_path) as gateway:
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
        async with open_gateway(tmp_path) as gateway:
            answers = set()
            for _ in range(BURST + 20):
                sealed = Sealer(KEY).seal(EVENT, encoded_event(1))
                said, _ = await _coap_client(gateway.port, EVENT, sealed, tmp_path)
                answers.add(said[:4])
                if "4.29" in answers:
                    return
            raise AssertionError(answers)

    asyncio.run(play())


def test_a_recording_that_is_replayed_uses_up_nothing_of_its_device() -> None:
    gate = Gate({"button": KEY}, lambda topic, reason, body: None)

    def judged(seq: int) -> bool:
        request = aiocoap.Message(
            code=aiocoap.POST,
            payload=Sealer(KEY).seal(EVENT, encoded_event(seq)),
            uri=f"coap://x/{EVENT}",
        )
        request.mtype, request.mid = aiocoap.CON, 1
        return gate.judge(request.encode()) is None

    replayed = 0
    for seq in range(2, BURST + 1):
        replayed += sum(judged(1) for _ in range(50))
        assert judged(seq)
    assert replayed < 50 * REPEATS, "of a thousand"
    assert judged(BURST), "its device may ask for the answer again"
    flood = [judged(BURST + number) for number in range(1, 200)]
    assert not all(flood), "a flood is slowed as ever"


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
        async with open_gateway(tmp_path) as gateway, _peer(gateway) as peer:
            gateway.alarms.hold(True)
            number = peer.post(sealer.seal(EVENT, encoded_event(1)))
            # aiocoap says that the request is here, and that the answer comes later.
            heard = await peer.heard()
            assert (heard.mid, heard.mtype, heard.code) == (number, types.ACK, codes.EMPTY)
            # Impatience fills no memory while the disk refuses.
            numbers = [peer.post(sealer.seal(EVENT, encoded_event(1))) for _ in range(MAX_WAITING)]
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
        async with open_gateway(tmp_path) as gateway, _peer(gateway) as peer:
            heard = await peer.answer(peer.post(sealer.seal(EVENT, encoded_event(1))))
            assert messages.decode_ack(sealer.open(ACK, heard.payload))[0] == names.STORED
            (event,) = gateway.events()
            accepted = DeliveryBody("police", 1, True, "ACK", 0)
            delivered = threading.Event()
            gateway.alarms.submit(
                [NewEntry(Type.DELIVERY, accepted, about=event.position)],
                lambda _: delivered.set(),
            )
            assert await asyncio.to_thread(delivered.wait, 20)
            heard = await peer.answer(peer.post(sealer.seal(EVENT, encoded_event(1))))
            assert messages.decode_ack(sealer.open(ACK, heard.payload))[0] == names.CENTRE

    asyncio.run(play())


def test_a_datagram_that_was_held_back_does_not_move_the_time(tmp_path: Path) -> None:
    """Whoever delays a sealed event cannot make it look as if it had happened just now."""
    happened = 1_794_999_000_000  # 1,000 s before the gateway's clock

    async def play() -> None:
        async with open_gateway(tmp_path) as gateway, _peer(gateway) as peer:
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
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealer = Sealer(KEY)
    wrong = Sealer(bytes(32)).seal(EVENT, encoded_event(1))
    flood = 1_000
    # However long the flood takes here, it is less than this allows for a second one.
    monkeypatch.setattr("callpoint_gateway.sources.coap.KEPT_PER_S", 1e-3)

    async def play() -> int:
        async with open_gateway(tmp_path) as gateway, _peer(gateway) as peer:
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
            heard = await peer.answer(peer.post(sealer.seal(EVENT, encoded_event(2))))
            assert heard.code == codes.CHANGED
            assert len(gateway.quarantined()) == 1
            return grown

    tracemalloc.start()
    try:
        grown = asyncio.run(play())
    finally:
        tracemalloc.stop()
    # What aiocoap would remember of the flood is some 3 MB.
    assert grown < 300_000
    assert len(caplog.records) < 30
    assert "Traceback" not in caplog.text


def test_an_event_that_cannot_be_taken_is_in_the_log_and_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("made to fail by a test")

    async def play() -> None:
        sealed = Sealer(KEY).seal(EVENT, encoded_event(1))
        async with open_gateway(tmp_path) as gateway, _peer(gateway) as peer:
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
        async with open_gateway(tmp_path) as gateway, _peer(gateway) as peer:
            with monkeypatch.context() as patched:
                patched.setattr(aiocoap.Message, "decode", broken)
                for _ in range(flood):
                    peer.send(b"x")
                async with asyncio.timeout(60):
                    while gateway.source.refused < flood:
                        await asyncio.sleep(0.01)
            sealed = Sealer(KEY).seal(EVENT, encoded_event(1))
            assert (await peer.answer(peer.post(sealed))).code == codes.CHANGED

    asyncio.run(play())
    assert 1 <= sum(one.exc_info is not None for one in caplog.records) < flood / 5


# aiocoap leaves its socket to the collector where it cannot have the address.
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning"
)
def test_it_listens_where_it_was_told_and_nowhere_else(tmp_path: Path) -> None:
    async def play() -> None:
        async with open_gateway(tmp_path) as gateway:
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", gateway.port)
            for address, port in (("no.such.host.invalid", 5683), ("192.0.2.1", 5683)):
                other = CoapSource(gateway.ingest, gateway.answers, {})
                with pytest.raises(OSError, match=r".+"):
                    await other.start(address, port)
                await other.close()

    asyncio.run(play())
    gc.collect()
