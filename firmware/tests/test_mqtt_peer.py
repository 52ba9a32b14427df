"""The client against a peer that does what no broker should (OASIS MQTT 3.1.1)."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from callpoint_rig.ports import free_port

from .mqtt_peer import IMPATIENT, INTERPRETERS, Device, Peer, publish_packet
from .mqtt_tls import device_files

Start = Callable[..., Device]


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


@pytest.fixture(params=INTERPRETERS)
def start(request: pytest.FixtureRequest, peer: Peer) -> Iterator[Start]:
    devices: list[Device] = []

    def started(**options: Any) -> Device:
        devices.append(Device(request.param, **({"port": peer.port} | options)))
        return devices[-1]

    yield started
    for device in devices:
        device.kill()


def test_connect_says_everything_in_its_place(peer: Peer, start: Start) -> None:
    device = start(user="u", password="pw", keepalive=15)
    sent = peer.accept().expect(0x10)
    assert sent == (
        b"\x00\x04MQTT\x04\xec\x00\x0f\x00\x08device-1\x00\x08t/status\x00\x04lost"
        b"\x00\x01u\x00\x02pw"
    )
    device.close()


@pytest.mark.parametrize("session", [0, 1])
def test_accepts_a_new_and_a_resumed_session(peer: Peer, start: Start, session: int) -> None:
    device = start()
    link = peer.accept()
    link.welcome(session)
    assert device.wait("up")["session"] is bool(session)
    device.close()
    assert link.packet() == (0xE0, b"")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (1, "does not speak MQTT 3.1.1"),
        (2, "client id"),
        (3, "not available"),
        (4, "wrong user or password"),
        (5, "not authorised"),
        (77, "code 77"),
    ],
)
def test_a_refusal_is_told_and_tried_again(peer: Peer, start: Start, code: int, text: str) -> None:
    device = start()
    link = peer.accept()
    link.expect(0x10)
    link.send(bytes((0x20, 2, 0, code)))
    assert text in device.wait("error")["reason"]
    peer.accept().welcome()
    device.wait("up")
    device.close()


def test_who_refuses_is_not_asked_again_before_the_least_wait(peer: Peer, start: Start) -> None:
    """Half of it is fixed; not even something to send makes the device come earlier."""
    device = start(retry_ms=5, refused_ms=2_000)
    link = peer.accept()
    link.expect(0x10)
    began = time.monotonic()
    link.send(bytes((0x20, 2, 0, 3)))
    device.wait("error")
    device.order("hurry")
    peer.accept().welcome()
    assert time.monotonic() - began >= 0.9
    device.wait("up")
    device.close()


def test_a_refused_subscription_is_told(peer: Peer, start: Start) -> None:
    device = start()
    link = peer.accept()
    link.expect(0x10)
    link.send(b"\x20\x02\x00\x00")
    asked = link.expect(0x82)
    link.send(b"\x90\x04" + asked[:2] + b"\x01\x80")
    assert "t/cfg" in device.wait("error")["reason"]
    device.close()


def test_packets_split_and_joined_anywhere(peer: Peer, start: Start) -> None:
    device = start()
    link = peer.accept()
    link.expect(0x10)
    for byte in b"\x20\x02\x00\x00":
        link.send(bytes([byte]))
    asked = link.expect(0x82)
    early = publish_packet(b"t/cmd", b"before SUBACK", 3)
    for byte in early + b"\x90\x04" + asked[:2] + b"\x01\x01":
        link.send(bytes([byte]))
    assert device.wait("message")["body"] == str(b"before SUBACK")
    device.wait("up")
    assert link.expect(0x40) == b"\x00\x03"
    burst = b"".join(publish_packet(b"t/cmd", b"n%d" % n, n) for n in range(10, 160))
    link.send(burst + publish_packet(b"t/cfg", b"", 0))
    for n in range(10, 160):
        assert device.wait("message")["body"] == str(b"n%d" % n)
        assert link.expect(0x40) == n.to_bytes(2, "big")
    assert device.wait("message")["topic"] == "t/cfg"
    device.close()


def test_an_oversize_packet_is_passed_over_and_acknowledged(peer: Peer, start: Start) -> None:
    device = start()
    link = peer.accept()
    link.welcome()
    device.wait("up")
    link.send(publish_packet(b"t/cmd", b"y" * 2039, 6))
    link.send(publish_packet(b"t/cmd", b"x" * 100_000, 7))
    link.send(publish_packet(b"t/cmd", b"x" * 2_100))
    link.send(publish_packet(b"t/cmd", b"after", 8))
    assert device.wait("message")["size"] == 2039
    assert device.wait("message")["body"] == str(b"after")
    assert [link.expect(0x40)[1] for _ in range(3)] == [6, 7, 8]
    assert device.report()["oversize"] == 2
    device.close()


@pytest.mark.parametrize(
    "bytes_sent",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x20\xff\xff\xff\xff\x7f",
        b"\x20\x01\x00",
        b"\x90\x03\x00\x01\x01",
        b"\x00\x00",
        publish_packet(b"t/cmd", b"x", 1),
    ],
)
def test_what_is_no_connack_ends_the_attempt(peer: Peer, start: Start, bytes_sent: bytes) -> None:
    device = start(**IMPATIENT)
    link = peer.accept()
    link.expect(0x10)
    link.send(bytes_sent)
    assert link.ended()
    peer.accept().welcome()
    device.wait("up")
    device.close()


def test_malformed_packets_end_the_link_and_not_the_client(peer: Peer, start: Start) -> None:
    device = start()
    for wrong in (
        b"\x30\xff\xff\xff\xff\x01",
        b"\x30\x00",
        b"\x30\x03\x00\x09t",
        b"\x32\x05\x00\x03abc",
        b"\x32\x07\x00\x03abc\x00\x00",
        b"\x30\x04\x00\x02\xff\xfe",
        publish_packet(b"t/cmd", b"x", 1, flags=4),
        b"\x40\x00",
        b"\x90\x03\x00\x01\x01",
        b"\x20\x02\x00\x00",
        b"\x62\x02\x00\x01",
        b"\x32\xff\xff\x03\xff\xff" + b"a" * 3000,
    ):
        link = peer.accept()
        link.welcome()
        device.wait("up")
        link.send(wrong)
        assert device.wait("down")["reason"], wrong
        assert link.ended()
    device.close()


@pytest.mark.parametrize("stage", ["accept", "CONNECT", "CONNACK", "SUBACK", "half a packet"])
def test_a_link_closed_at_any_stage_is_made_again(peer: Peer, start: Start, stage: str) -> None:
    device = start()
    link = peer.accept()
    if stage != "accept":
        link.expect(0x10)
    if stage not in ("accept", "CONNECT"):
        link.send(b"\x20\x02\x00\x00")
        asked = link.expect(0x82)
        if stage != "CONNACK":
            link.send(b"\x90\x04" + asked[:2] + b"\x01\x01")
            device.wait("up")
        if stage == "half a packet":
            link.send(b"\x30\x20\x00\x05t/")
    link.sock.close()
    again = peer.accept()
    again.welcome()
    device.wait("up")
    device.publish("t/event", "hello")
    again.expect(0x32)
    device.close()


@pytest.mark.parametrize(
    ("stage", "reason"),
    [("CONNACK", "no CONNACK"), ("SUBACK", "no SUBACK"), ("ping", "silent")],
)
def test_a_peer_that_falls_silent_is_noticed(
    peer: Peer, start: Start, stage: str, reason: str
) -> None:
    device = start(**IMPATIENT)
    link = peer.accept()
    if stage == "CONNACK":
        link.expect(0x10)
    elif stage == "SUBACK":
        link.expect(0x10)
        link.send(b"\x20\x02\x00\x00")
    else:
        link.welcome()
    assert reason in device.wait("error")["reason"]
    peer.accept().welcome()
    device.wait("up")
    device.close()


@pytest.mark.parametrize("first_bytes", [b"", b"\x16\x03\x03\x00\x7a\x02\x00"])
def test_a_handshake_that_is_never_answered_holds_up_nothing(
    peer: Peer, start: Start, first_bytes: bytes, tmp_path: Path
) -> None:
    device = start(tls=device_files(tmp_path), server_hostname="127.0.0.1", **IMPATIENT)
    link = peer.accept()
    link.send(first_bytes)
    assert "TLS handshake" in device.wait("error")["reason"]
    peer.accept()
    device.close()


def test_garbage_in_a_handshake_is_tried_again(peer: Peer, start: Start, tmp_path: Path) -> None:
    device = start(tls=device_files(tmp_path), server_hostname="127.0.0.1", **IMPATIENT)
    peer.accept().send(b"220 mail ready\r\n")
    assert device.wait("error")["reason"]
    peer.accept()
    device.close()


def test_a_connection_nobody_answers_is_given_up(start: Start) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        for _ in range(4):
            sock = socket.socket()
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
            waiting.append(sock)
        device = start(port=full.getsockname()[1], attempt_ms=200)
        assert device.wait("error")["reason"] == "timed out"
        device.close()
        for sock in waiting:
            sock.close()


def test_nobody_listens(start: Start) -> None:
    device = start(port=free_port())
    assert device.wait("error")["reason"] == "connection refused"
    device.publish("t/event", "x")
    assert device.wait("failed")
    device.close()


def test_a_peer_that_reads_nothing_does_not_block_the_publishers(peer: Peer, start: Start) -> None:
    device = start(**IMPATIENT | {"ping_ms": 5000})
    link = peer.accept()
    link.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    link.welcome()
    device.wait("up")
    for _ in range(400):
        device.order("many", count=10, size=1200)
    assert "writing: timed out" in device.wait("down")["reason"]
    device.wait("failed")
    device.kill()


def test_publishers_do_not_mix_their_packets(peer: Peer, start: Start) -> None:
    device = start()
    link = peer.accept()
    link.welcome()
    device.wait("up")
    device.order("many", count=40, size=200)
    ids = []
    for _ in range(40):
        body = link.expect(0x32)
        assert body[:8] == b"\x00\x06t/many"
        assert body[10:] == b"x" * 200
        ids.append(body[8:10])
    assert len(set(ids)) == 40
    assert device.report()["unacknowledged"] == 40
    for packet_id in ids:
        link.send(b"\x40\x02" + packet_id)
    link.send(b"\x40\x02\x00\x09" + publish_packet(b"t/cmd", b"all acknowledged"))
    device.wait("message")
    assert device.report()["unacknowledged"] == 0
    device.close()


def test_a_fault_of_the_application_does_not_cost_the_link(peer: Peer, start: Start) -> None:
    device = start()
    link = peer.accept()
    link.welcome()
    device.wait("up")
    link.send(publish_packet(b"t/cmd", b"raise", 5) + publish_packet(b"t/cmd", b"next", 6))
    assert device.wait("message")["body"] == str(b"next")
    assert [link.expect(0x40)[1] for _ in range(2)] == [5, 6]
    report = device.report()
    assert report["up"]
    assert report["faults"] == 1
    device.close()


def _serve(peer: Peer, links: int, done: threading.Semaphore) -> None:
    for _ in range(links):
        link = peer.accept()
        link.welcome()
        for _ in range(20):
            kind, body = link.packet()
            if kind == 0x32:
                size = body[1]
                link.send(b"\x40\x02" + body[2 + size : 4 + size])
                link.send(publish_packet(b"t/cmd", b"answer", 9))
        done.acquire()
        link.sock.close()


def test_memory_stays_level_over_200_links_and_2000_publishes(peer: Peer, start: Start) -> None:
    device = start(retry_ms=1, retry_limit_ms=1)
    done = threading.Semaphore(0)
    server = threading.Thread(target=_serve, args=(peer, 200, done))
    server.start()
    free = []
    for number in range(200):
        device.wait("up")
        for _ in range(10):
            device.publish("t/event", "a press")
        for _ in range(10):
            device.wait("published")
        if number in (20, 199):
            free.append(device.report()["free"])
        done.release()
        device.wait("down")
    server.join()
    device.close()
    print(f"free heap: {free[0]} after 20 links, {free[1]} after 200")
    assert free[0] - free[1] < 1024
