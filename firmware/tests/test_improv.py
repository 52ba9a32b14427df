"""Improv on the device: the packets byte for byte, wrong passwords, silence, scans and garbage."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interpreters import FIRMWARE, NAMES, PROTOCOL, interpreter

_SCRIPT = Path(__file__).with_name("improv_script.py")

READY = "49 4d 50 52 4f 56 01 01 01 02 e2"
PROVISIONING = "49 4d 50 52 4f 56 01 01 01 03 e3"
PROVISIONED = "49 4d 50 52 4f 56 01 01 01 04 e4"
NO_ERROR = "49 4d 50 52 4f 56 01 02 01 00 e1"
UNABLE = "49 4d 50 52 4f 56 01 02 01 03 e4"
REQUEST_STATE = "49 4d 50 52 4f 56 01 03 02 02 00 e5"
REQUEST_DEVICE = "49 4d 50 52 4f 56 01 03 02 03 00 e6"
REQUEST_SCAN = "49 4d 50 52 4f 56 01 03 02 04 00 e7"
SETTINGS = "49 4d 50 52 4f 56 01 03 0f 01 0d 03 6c 61 62 08 73 65 63 72 65 74 31 32 21"
SCAN_ENTRY = "49 4d 50 52 4f 56 01 04 0e 04 0c 03 6c 61 62 03 2d 35 32 03 59 45 53 bd"
SCAN_END = "49 4d 50 52 4f 56 01 04 02 04 00 e8"
PASSWORD = "secret12"


class Played(NamedTuple):
    packets: list[bytes]  # what the device sent, without the line feeds
    happened: list[list[Any]]  # connect, store, rejoin
    times: list[int]  # of the packets, ms
    kept: list[str] | None  # the network in the store


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text)


def _packet(kind: int, data: bytes) -> bytes:
    body = b"IMPROV\x01" + bytes((kind, len(data))) + data
    return body + bytes((sum(body) & 0xFF,))


def _error(code: int) -> bytes:
    return _packet(2, bytes((code,)))


def _command(number: int, body: bytes = b"") -> bytes:
    return _packet(3, bytes((number, len(body))) + body)


def _result(number: int, *texts: bytes) -> bytes:
    body = b"".join(bytes((len(text),)) + text for text in texts)
    return _packet(4, bytes((number, len(body))) + body)


def _join(ssid: bytes, password: bytes) -> bytes:
    return _command(1, bytes((len(ssid),)) + ssid + bytes((len(password),)) + password)


def _play(name: str, *steps: bytes | int | dict[str, Any], **world: Any) -> Played:
    """Bytes come over the line, a number is so many ms in which nothing does."""
    lines: list[Any] = [{"networks": {"lab": PASSWORD}} | world]
    for step in steps:
        if isinstance(step, bytes):
            lines.append({"rx": step.hex()})
        else:
            lines.append(step if isinstance(step, dict) else {"idle": step})
    done = subprocess.run(
        [interpreter(name), str(_SCRIPT), str(FIRMWARE), str(PROTOCOL)],
        input="\n".join(map(json.dumps, lines)).encode(),
        capture_output=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    assert not done.stderr
    said = [json.loads(line) for line in done.stdout.decode(errors="replace").split("\n")[:-1]]
    sent = [(at, bytes.fromhex(what[0])) for at, kind, *what in said if kind == "tx"]
    for _, written in sent:
        assert written.startswith(b"\nIMPROV\x01")
        assert written.endswith(b"\n")
        packet = written[1:-1]
        assert len(packet) == packet[8] + 10
        assert packet[-1] == sum(packet[:-1]) & 0xFF
        assert PASSWORD.encode() not in written
    *happened, (_, _, kept) = said
    return Played(
        [written[1:-1] for _, written in sent],
        [what for _, *what in happened if what[0] != "tx"],
        [at for at, _ in sent],
        kept,
    )


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_network_is_joined_and_stored_with_the_bytes_of_the_protocol(name: str) -> None:
    played = _play(name, _bytes(REQUEST_STATE), 50, _bytes(SETTINGS), 100, _bytes(REQUEST_STATE))
    expected = [NO_ERROR, READY, NO_ERROR, PROVISIONING, PROVISIONED]
    assert played.packets == [
        *map(_bytes, expected),
        _result(1),
        _bytes(NO_ERROR),
        _bytes(PROVISIONED),
        _result(2),
    ]
    assert played.happened == [["connect", "lab"], ["store", "lab"]]
    assert played.kept == ["lab", PASSWORD]


def test_a_scan_tells_each_network_once_the_strongest_first(name: str) -> None:
    seen = [["far", -90, 0], ["lab", -70, 1], ["lab", -52, 1], ["", -30, 1]]
    for coroutine in (False, True):
        played = _play(name, _bytes(REQUEST_SCAN), 200, scan=seen, coroutine=coroutine)
        answers = [packet for packet in played.packets if packet[7] == 4]
        assert answers == [_bytes(SCAN_ENTRY), _result(4, b"far", b"-90", b"NO"), _bytes(SCAN_END)]


def test_a_device_tells_what_it_is(name: str) -> None:
    played = _play(name, _bytes(REQUEST_DEVICE), 50, _command(5), _command(6), 50, _command(7))
    assert [packet for packet in played.packets if packet[7] == 4] == [
        _result(3, b"callpoint", b"0.2.0", b"unix", b"lobby"),
        _result(5, b"lobby"),
        _result(6, b"lobby"),
        _result(7, b"2"),
    ]
    world = {"device": ["f", "v", "c", "n", "http://{}/"], "kept": ["lab", PASSWORD]}
    played = _play(name, _command(7), 50, _bytes(REQUEST_STATE), **world)
    url = b"http://192.0.2.7/"
    assert [packet for packet in played.packets if packet[7] == 4] == [
        _result(7, b"3", url),
        _result(2, url),
    ]


def test_the_name_is_the_identity_and_stays(name: str) -> None:
    played = _play(name, _command(5, b"other"), _command(6, b"other"), _command(6, b"lobby"))
    results = [packet for packet in played.packets if packet[7] in (2, 4) and packet[9]]
    assert results == [_error(5), _error(4), _result(6, b"lobby")]


def test_a_wrong_password_keeps_the_network_that_was_there(name: str) -> None:
    kept = ["lab", PASSWORD]
    played = _play(name, 50, _join(b"other", b"wrong-one"), 100, kept=kept)
    expected = [PROVISIONED, NO_ERROR, PROVISIONING, UNABLE, READY, PROVISIONED]
    assert played.packets == [_bytes(text) for text in expected]
    assert played.happened == [["connect", "other"], ["rejoin", "lab"]]
    assert played.kept == kept


@pytest.mark.parametrize("world", [{"busy": True}, {"full": True}], ids=["busy", "full"])
def test_what_fails_on_the_board_is_told(name: str, world: dict[str, bool]) -> None:
    played = _play(name, _bytes(SETTINGS), 100, _bytes(REQUEST_STATE), **world)
    assert played.packets[2] == (_bytes(UNABLE) if "busy" in world else _error(255))
    assert played.packets[-1] == _bytes(READY)
    assert played.happened[-1] == ["rejoin", None]
    assert played.kept is None


def test_a_network_that_does_not_answer_is_given_up_after_30_s(name: str) -> None:
    silent = _join(b"silent", b"whatever")
    played = _play(name, silent, 29_000, _bytes(REQUEST_STATE), 1_500, silent="silent")
    expected = [NO_ERROR, PROVISIONING, NO_ERROR, PROVISIONING, UNABLE, READY]
    assert played.packets[-6:] == [_bytes(text) for text in expected]
    assert 30_000 < played.times[-1] < 30_100


def test_another_network_may_be_tried_meanwhile(name: str) -> None:
    played = _play(name, _join(b"silent", b""), 500, _bytes(SETTINGS), 100, silent="silent")
    assert played.happened == [["connect", "silent"], ["connect", "lab"], ["store", "lab"]]
    assert _bytes(UNABLE) not in played.packets


def test_a_network_that_comes_and_goes_is_told(name: str) -> None:
    played = _play(name, 50, {"status": 1}, 50, {"status": 2}, 50, kept=["lab", PASSWORD])
    assert played.packets == [_bytes(text) for text in (PROVISIONED, READY, PROVISIONED)]


@pytest.mark.parametrize(
    ("packet", "code"),
    [
        (_bytes(SETTINGS)[:-1] + b"\0", 1),
        (_packet(3, b""), 1),
        (_packet(3, b"\x02"), 1),
        (_packet(3, b"\x02\x01"), 1),
        (_packet(3, b"\x02\x00\x00"), 1),
        (_command(1), 1),
        (_command(1, b"\x03lab"), 1),
        (_command(1, b"\x03lab\x05pass"), 1),
        (_command(1, b"\x03lab\x03pass"), 1),
        (_command(1, b"\xfflab\x04pass"), 1),
        (_join(b"", b"password"), 1),
        (_join(b"a" * 33, b"password"), 1),
        (_join(b"lab", b"a" * 65), 1),
        (_command(0), 2),
        (_command(8), 2),
        (_command(255, b"x" * 253), 2),
    ],
)
def test_a_bad_command_is_told_apart(packet: bytes, code: int) -> None:
    played = _play("micropython", packet, 50, _bytes(REQUEST_STATE), 50)
    assert _error(code) in played.packets[:3]
    assert played.packets[-2:] == [_bytes(NO_ERROR), _bytes(READY)]
    assert not played.happened


def test_the_longest_network_and_an_open_one(name: str) -> None:
    networks = {"s" * 32: "p" * 64, "open": ""}
    played = _play(name, _join(b"s" * 32, b"p" * 64), 100, networks=networks)
    assert played.kept == ["s" * 32, "p" * 64]
    assert _play(name, _join(b"open", b""), 100, networks=networks).kept == ["open", ""]
    odd = _play(name, _join(b"\xff\xfe", b""), 100, networks=networks)
    assert _bytes(UNABLE) in odd.packets


def test_no_packet_is_longer_than_255_bytes_of_data(name: str) -> None:
    long = ["f" * 300, "v" * 10, "c" * 10, "n" * 10, "u" * 400]
    played = _play(name, _bytes(REQUEST_DEVICE), _command(7), device=long, kept=["lab", ""])
    results = [packet for packet in played.packets if packet[7] == 4]
    assert results[0] == _result(3, b"f" * 252)
    assert results[1] == _result(7, b"3", b"u" * 250)


def test_a_packet_is_found_in_other_text_and_in_pieces(name: str) -> None:
    wanted = _bytes(REQUEST_STATE)
    for before in (
        b"boot: IMPRO ready\r\n",
        b"IMPROVE your IMPROV\x02",
        b"IIIMPRIMPROV",
        b"I",
        b"\xff",
    ):
        played = _play(name, before + wanted)
        assert played.packets[:2] == [_bytes(NO_ERROR), _bytes(READY)], before
    pieces = [bytes((byte,)) for byte in wanted]
    assert _play(name, *pieces).packets[-2:] == [_bytes(NO_ERROR), _bytes(READY)]


def test_silence_ends_a_packet_that_was_cut(name: str) -> None:
    cut, wanted = _bytes(SETTINGS)[:-3], _bytes(REQUEST_STATE)
    assert _play(name, 50, cut, 40, wanted).packets == [_bytes(READY), _error(1)]
    played = _play(name, 50, cut, 150, wanted)
    assert played.packets == [_bytes(text) for text in (READY, NO_ERROR, READY)]


_NOISE = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [b"I (1234) wifi:new:<6,0>, old:<1,0>\r\n", b"IMPROV", b"IMPROV\x01\x03", b""]
    ),
    st.builds(_packet, st.integers(0, 255), st.binary(max_size=60)),
    st.builds(_command, st.integers(0, 9), st.binary(max_size=60)),
    st.builds(_join, st.binary(max_size=34), st.binary(max_size=66)),
    st.builds(lambda cut: _bytes(SETTINGS)[:cut], st.integers(0, 24)),
)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, deadline=None)
@given(
    noise=st.lists(
        st.tuples(_NOISE, st.sampled_from((0, 0, 0, 90, 150))), min_size=30, max_size=150
    ),
    size=st.integers(1, 300),
)
def test_garbage_never_stops_it(name: str, noise: list[tuple[bytes, int]], size: int) -> None:
    steps: list[bytes | int] = []
    stream = b""
    for content, pause in noise:
        stream += content
        if pause:
            steps += [stream[at : at + size] for at in range(0, len(stream), size)]
            steps.append(pause)
            stream = b""
    steps += [stream, 31_000, _bytes(REQUEST_DEVICE), 50]
    played = _play(name, *steps, scan=[["lab", -52, 1]])
    assert played.packets[-2:] == [
        _bytes(NO_ERROR),
        _result(3, b"callpoint", b"0.2.0", b"unix", b"lobby"),
    ]
