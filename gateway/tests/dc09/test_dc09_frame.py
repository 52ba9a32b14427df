"""Frames against every vector of the fact sheet, both directions, and against nonsense."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callpoint_gateway.protocols.dc09.cipher import Cipher, key_from_text
from callpoint_gateway.protocols.dc09.errors import FrameError
from callpoint_gateway.protocols.dc09.frame import (
    Frame,
    build,
    crc16,
    next_number,
    parse,
    time_from_text,
    time_text,
    unwrap,
    wrap,
)

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "vectors.json").read_text("utf-8")
)
KEY = b"0123456789ABCDEF"


def cipher_of(vector: dict[str, Any]) -> Cipher | None:
    """Return the cipher of a vector with its pad in place of random bytes."""
    if "key" not in vector:
        return None
    pad = bytes.fromhex(vector["pad"])

    def fixed(length: int) -> bytes:
        assert length == len(pad)
        return pad

    return Cipher(
        key_from_text(vector["key"]),
        fixed,
        least_pad=vector.get("least_pad", 1),
        bar_without_data=vector.get("bar_without_data", True),
    )


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_vector_is_read_and_built_again_byte_for_byte(vector: dict[str, Any]) -> None:
    raw = b"\n" + vector["frame"].encode("ascii") + b"\r"
    cipher = cipher_of(vector)
    frame = parse(raw, cipher)
    assert frame.encrypted == (cipher is not None)
    assert build(frame, cipher) == raw


def test_all_vectors_are_there() -> None:
    assert len(VECTORS) == 107
    assert len({vector["frame"] for vector in VECTORS}) >= 105


def test_fields_of_a_full_frame() -> None:
    vector = next(vector for vector in VECTORS if vector["name"] == "P2")
    assert parse(b"\n" + vector["frame"].encode() + b"\r") == Frame(
        token="SIA-DCS",
        number=2,
        account="1234",
        data="#1234|Nri1/FA2",
        extended=("H12:34:50,11-22-2026", "IKitchen smoke", "X007E26.123", "Y46N56.789"),
        time=1_795_350_896,
        receiver="1",
        prefix="1",
    )


def test_checksum_register_after_each_byte() -> None:
    registers = [
        "1980",
        "9498",
        "9555",
        "CA54",
        "0ACA",
        "4E0A",
        "13CE",
        "8092",
        "B901",
        "D478",
        "D7D5",
        "8B16",
        "174B",
        "E396",
        "BBE2",
        "5C7B",
        "F41D",
        "F275",
        "1EF2",
    ]
    register = 0
    for byte, expected in zip(b'"NULL"0000L0#1234[]', registers, strict=True):
        register = crc16(bytes([byte]), register)
        assert f"{register:04X}" == expected


@pytest.mark.parametrize(
    ("body", "expected"), [(b"123456789", 0xBB3D), (b"", 0), (b'"ACK"0003L0#1234[]', 0xD160)]
)
def test_checksum(body: bytes, expected: int) -> None:
    assert crc16(body) == expected


def test_whole_frame_in_hexadecimal() -> None:
    frame = Frame("NULL", 0, "1234", receiver="0")
    assert build(frame).hex(" ").upper() == (
        "0A 32 38 33 33 30 30 31 35 22 4E 55 4C 4C 22 30 30 30 30 52 30 4C 30 23 31 32 33 34 "
        "5B 5D 0D"
    )


def test_numbers_wrap_past_zero() -> None:
    assert [next_number(n) for n in (0, 1, 9998, 9999)] == [1, 2, 9999, 1]


def test_time_is_utc_with_the_month_first() -> None:
    assert time_text(1_795_350_896) == "12:34:56,11-22-2026"
    assert time_from_text("12:34:56,11-22-2026") == 1_795_350_896


@pytest.mark.parametrize("text", ["12:34:56,13-22-2026", "24:00:00,01-01-2026", "", "١٢:34:56,1"])
def test_no_such_time(text: str) -> None:
    with pytest.raises(FrameError, match="time"):
        time_from_text(text)


def test_hexadecimal_of_the_envelope_may_be_lower_case() -> None:
    raw = build(Frame("NULL", 0, "1234"))
    assert parse(raw[:1] + raw[1:9].lower() + raw[9:]) == parse(raw)


BODY = b'"SIA-DCS"0001L0#1234[#1234|Nri1/PA3]'


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"", "LF"),
        (wrap(BODY)[1:], "LF"),
        (wrap(BODY)[:-1], "CR"),
        (b"\n\r", "checksum and length"),
        (b"\n" + b"%04X%04X" % (crc16(BODY) ^ 1, len(BODY)) + BODY + b"\r", "checksum"),
        (b"\n" + b"%04X%04X" % (crc16(BODY), len(BODY) + 1) + BODY + b"\r", "length"),
        (wrap(BODY.replace(b"L0", b"")), "header"),
        (wrap(BODY.replace(b"L0", b"L")), "header"),
        (wrap(BODY.replace(b"0001", b"001")), "header"),
        (wrap(BODY.replace(b"0001", b"0001None")), "header"),
        (wrap(BODY.replace(b"#1234[", b"#12[")), "header"),
        (wrap(BODY.replace(b"#1234[", b"A0[")), "account"),
        (wrap(BODY[:-1]), "data"),
        (wrap(BODY + b"x"), "data"),
        (wrap(BODY + b"[]"), "data"),
        (wrap(BODY + b"_12:34:56,02-30-2026"), "time"),
        (wrap(BODY.replace(b'"SIA', b'"*SIA')), "key"),
    ],
)
def test_what_is_no_frame_is_named(raw: bytes, field: str) -> None:
    with pytest.raises(FrameError, match=field):
        parse(raw)


@pytest.mark.parametrize(
    ("frame", "field"),
    [
        (Frame("NULL", -1, "1234"), "number"),
        (Frame("NULL", 10_000, "1234"), "number"),
        (Frame("NULL", 0, None), "account"),
        (Frame("NULL", 0, "12"), "account"),
        (Frame("NULL", 0, "12345678901234567"), "account"),
        (Frame("NULL", 0, "12G4"), "account"),
        (Frame("NU LL", 0, "1234"), "token"),
        (Frame("NULL", 0, "1234", receiver=""), "receiver"),
        (Frame("NULL", 0, "1234", receiver="1234567"), "receiver"),
        (Frame("NULL", 0, "1234", prefix=""), "prefix"),
        (Frame("NULL", 0, "1234", data="]"), "data"),
        (Frame("NULL", 0, "1234", data="a\rb"), "data"),
        (Frame("NULL", 0, "1234", data="\ud800"), "text"),
        (Frame("NULL", 0, "1234", extended=("",)), "block"),
        (Frame("NULL", 0, "1234", extended=("I]",)), "block"),
        (Frame("NULL", 0, "1234", extended=("I\n",)), "line end"),
        (Frame("NULL", 0, "1234", data="x" * 4095), "body"),
        (Frame("NULL", 0, "1234", time=10**15), "time"),
        (Frame("NULL", 0, "1234", time=0, encrypted=True), "key"),
    ],
)
def test_what_no_receiver_could_read_is_not_built(frame: Frame, field: str) -> None:
    with pytest.raises(FrameError, match=field):
        build(frame)


def test_encrypted_frames_have_a_time_and_are_no_refusals() -> None:
    cipher = Cipher(KEY)
    with pytest.raises(FrameError, match="time"):
        build(Frame("NULL", 0, "1234", encrypted=True), cipher)
    with pytest.raises(FrameError, match="never"):
        build(Frame("DUH", 1, "1234", time=0, encrypted=True), cipher)


def test_longest_body() -> None:
    header = len('"SIA-DCS"0001L0#1234[]')
    raw = build(Frame("SIA-DCS", 1, "1234", data="x" * (4095 - header)))
    assert raw[5:9] == b"0FFF"
    assert parse(raw).data == "x" * (4095 - header)


HEX = "0123456789ABCDEF"
VALUES = st.text(
    st.characters(exclude_characters="[]\r\n", exclude_categories=["Cs"]), max_size=60
)
FRAMES = st.builds(
    Frame,
    token=st.sampled_from(["SIA-DCS", "ADM-CID", "NULL", "ACK", "RSP"]),
    number=st.integers(0, 9999),
    account=st.text(HEX, min_size=3, max_size=16),
    data=VALUES,
    extended=st.lists(st.tuples(st.sampled_from("HILX"), VALUES).map("".join), max_size=3).map(
        tuple
    ),
    time=st.integers(-2_000_000_000, 200_000_000_000),
    receiver=st.none() | st.text(HEX, min_size=1, max_size=6),
    prefix=st.text(HEX, min_size=1, max_size=6),
    encrypted=st.booleans(),
)


@given(FRAMES, st.sampled_from([16, 24, 32]), st.sampled_from([1, 16]))
def test_round_trip(frame: Frame, key_length: int, least_pad: int) -> None:
    cipher = Cipher(bytes(range(key_length)), least_pad=least_pad)
    raw = build(frame, cipher)
    assert parse(raw, cipher) == frame
    assert unwrap(raw) == raw[9:-1]


@given(st.binary(max_size=300), st.booleans())
@example(b'"NAK"0000R0L0A0[]', True)
@example(b'"*NULL"0000L0#1234[00', True)
@example(b'"*NULL"0000L0#1234[' + b"0" * 64, True)
def test_arbitrary_bytes_are_frames_or_frame_errors(noise: bytes, wrapped: bool) -> None:
    raw = wrap(noise) if wrapped else noise
    for cipher in (None, Cipher(KEY)):
        try:
            parse(raw, cipher)
        except FrameError as error:
            assert str(error)


@given(st.sampled_from(VECTORS), st.data())
def test_damaged_frames_are_frames_or_frame_errors(
    vector: dict[str, Any], data: st.DataObject
) -> None:
    body = bytearray(vector["frame"][8:].encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        body[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    try:
        parse(wrap(bytes(body)), cipher_of(vector))
    except FrameError as error:
        assert str(error)


def test_every_single_bit_error_is_found() -> None:
    raw = build(Frame("ADM-CID", 3, "1234", data="#1234|1120 01 003", time=1_795_350_896))
    for bit in range(8, 8 * (len(raw) - 1)):
        damaged = bytearray(raw)
        damaged[bit // 8] ^= 1 << bit % 8
        # Hexadecimal is read in both cases, which is bit 5 of a letter.
        if bytes(damaged[1:9]).upper() + damaged[9:] == raw[1:]:
            continue
        with pytest.raises(FrameError):
            parse(bytes(damaged))
