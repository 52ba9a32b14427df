"""Frames of GB/T 26875.3 byte for byte, and whatever else comes over a line."""

import json
import pickle
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callpoint_gateway.protocols.gbt26875.codes import Unit
from callpoint_gateway.protocols.gbt26875.frame import (
    MOST_DATA,
    SHORTEST,
    Command,
    Frame,
    FrameError,
    FrameReader,
    Wrong,
    build,
    checksum,
    parse,
)
from callpoint_gateway.protocols.gbt26875.objects import (
    DESCRIPTION,
    LAYOUTS,
    UNITS,
    ComponentState,
    Object,
    Plain,
    Text,
    cut,
    decode,
    encode,
)

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))
RAW = [bytes.fromhex(one["frame"]) for one in VECTORS]
MOMENT = datetime(2026, 11, 22, 12, 34, 56)
FILLED_WITH_SPACES = "component status, smoke (type 2)"

moments = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)).map(
    lambda one: one.replace(microsecond=0)
)
frames = st.builds(
    Frame,
    command=st.sampled_from(Command),
    serial=st.integers(0, 0xFFFF),
    at=moments,
    source=st.integers(0, (1 << 48) - 1),
    destination=st.integers(0, (1 << 48) - 1),
    data=st.binary(max_size=MOST_DATA) | st.sampled_from([b"@@", b"##", b"@@##@@"]),
    user=st.integers(0, 255),
)
_FIELDS = {
    "B": st.integers(0, 255),
    "H": st.integers(0, 0xFFFF),
    "h": st.integers(-0x8000, 0x7FFF),
    "I": st.integers(0, 0xFFFF_FFFF),
    "T": moments,
    "D": st.text("厨房A1 é", max_size=15).map(str.rstrip),
    "L": st.text("厨房A1 é", max_size=60).map(str.rstrip),
}


def units() -> st.SearchStrategy[tuple[Unit, list[Object]]]:
    def of(unit: Unit) -> st.SearchStrategy[tuple[Unit, list[Object]]]:
        kind, most = UNITS[unit]
        one = st.tuples(*(_FIELDS[letter] for letter in LAYOUTS[kind])).map(
            lambda values: kind(*values)
        )
        return st.tuples(st.just(unit), st.lists(one, max_size=min(most, 3)))

    return st.sampled_from(Unit).flatmap(of)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: one["name"])
def test_every_vector_is_read_and_built_again(vector: dict[str, Any]) -> None:
    raw = bytes.fromhex(vector["frame"])
    frame = parse(raw)
    assert build(frame) == raw
    if frame.data:
        unit, objects = decode(frame.data)
        again = encode(unit, objects)
        if vector["name"] == FILLED_WITH_SPACES:
            again = again[:11] + b" " * (DESCRIPTION - 1) + again[10 + DESCRIPTION :]
        assert again == frame.data


def test_all_vectors_are_there() -> None:
    assert len(VECTORS) == 26
    assert len({one["name"] for one in VECTORS}) == 26


def test_what_the_first_vector_says() -> None:
    frame = parse(RAW[0])
    assert (frame.command, frame.serial, frame.user) == (Command.SEND, 1, 1)
    assert (frame.source, frame.destination) == (100001, 1)
    assert frame.at == MOMENT
    unit, objects = decode(frame.data)
    assert unit is Unit.COMPONENT_STATUS
    assert objects == [
        ComponentState(1, 1, 42, 2 << 16 | 1, 3, "厨房烟感", datetime(2026, 11, 22, 12, 34, 50))
    ]


def damaged(**changes: int) -> bytes:
    raw = bytearray(RAW[1])
    for place, value in changes.items():
        raw[int(place[1:])] = value
    if "c27" not in changes:
        raw[-3] = checksum(raw[2:-3])
    return bytes(raw)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (RAW[1][:-1], "length"),
        (damaged(c0=0x41), "start"),
        (damaged(c29=0x24), "end"),
        (damaged(c27=0xD2), "checksum: D2 for D1"),
        (damaged(c4=2), "version: 2"),
        (damaged(c26=0), "command: 0"),
        (damaged(c26=7), "command: 7"),
        (damaged(c24=1), "length: 1 in a frame of 30 bytes"),
        (damaged(c25=5), "length: 1280 is more than 1024"),
        (damaged(c10=13), "time: no such moment"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_is_no_frame_is_named(raw: bytes, words: str) -> None:
    with pytest.raises(FrameError, match=words):
        parse(raw)


def test_every_single_bit_error_is_found() -> None:
    raw = RAW[0]
    for bit in range(8 * len(raw)):
        with pytest.raises(FrameError):
            parse((int.from_bytes(raw) ^ 1 << bit).to_bytes(len(raw)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"serial": 1 << 16}, "serial"),
        ({"source": 1 << 48}, "source"),
        ({"destination": -1}, "destination"),
        ({"data": bytes(MOST_DATA + 1)}, "data length"),
        ({"at": datetime(1999, 12, 31)}, "time"),
    ],
    ids=str,
)
def test_what_no_centre_could_read_is_not_built(change: dict[str, Any], words: str) -> None:
    right = {"command": Command.SEND, "serial": 0, "at": MOMENT, "source": 1, "destination": 2}
    with pytest.raises(FrameError, match=words):
        build(Frame(**(right | change)))


@given(frames)
def test_frames_survive_the_way(frame: Frame) -> None:
    assert parse(build(frame)) == frame


@given(units())
def test_objects_survive_the_way(unit: tuple[Unit, list[Object]]) -> None:
    assert decode(encode(*unit)) == unit


@given(st.binary(max_size=80) | units().map(lambda one: encode(*one)[:-1]))
def test_any_data_is_objects_or_an_error(data: bytes) -> None:
    try:
        unit, objects = decode(data)
    except FrameError:
        return
    assert len(encode(unit, objects)) == len(data)


@given(
    st.lists(st.sampled_from(RAW) | st.binary(max_size=12), max_size=6),
    st.lists(st.integers(1, 40), min_size=1),
)
def test_portions_make_no_difference(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(parts)
    whole = [one for one in FrameReader().feed(stream) if isinstance(one, Frame)]
    reader, found, at = FrameReader(), [], 0
    for number in range(len(stream)):
        size = cuts[number % len(cuts)]
        found += list(reader.feed(stream[at : at + size]))
        at += size
        if at >= len(stream):
            break
    assert [one for one in found if isinstance(one, Frame)] == whole


@given(st.lists(st.sampled_from(RAW), min_size=1, max_size=5))
def test_glued_frames_are_all_found(parts: list[bytes]) -> None:
    assert list(FrameReader().feed(b"".join(parts))) == [parse(one) for one in parts]


@given(st.binary(max_size=200))
def test_noise_is_passed_over_and_not_hoarded(noise: bytes) -> None:
    reader = FrameReader()
    list(reader.feed(noise))
    # What looks like the beginning of a long frame is waited for; two whole ones end that.
    behind = list(reader.feed(bytes(SHORTEST + MOST_DATA)))
    behind += list(reader.feed(RAW[1]))
    assert behind[-1] == parse(RAW[1])
    assert len(pickle.dumps(reader)) == len(pickle.dumps(FrameReader()))


def test_a_frame_behind_half_of_another_is_found() -> None:
    reader = FrameReader()
    found = list(reader.feed(RAW[0][:30] + RAW[1]))
    assert found == [Wrong("30 bytes that are no frame"), parse(RAW[1])]


def test_a_damaged_frame_is_named_with_its_serial_and_passed_over() -> None:
    wrong = bytearray(RAW[3])
    wrong[40] ^= 1
    found = list(FrameReader().feed(bytes(wrong) + RAW[1]))
    assert isinstance(found[0], Wrong)
    assert found[0].serial == 2
    assert found[0].why.startswith("checksum")
    assert found[1:] == [parse(RAW[1])]


def test_texts_are_cut_between_characters() -> None:
    assert cut("厨房烟感", 5) == "厨房".encode("gb18030")
    assert cut("𠀀𠀀", 7) == "𠀀".encode("gb18030")
    state = ComponentState(1, 1, 42, 1, 3, "幸福里小区三号楼二单元三零一室厨房", MOMENT)
    ((_, (read,)),) = [decode(encode(Unit.COMPONENT_STATUS, [state]))]
    assert isinstance(read, ComponentState)
    assert read.text == "幸福里小区三号楼二单元三零一室"


@pytest.mark.parametrize(
    ("unit", "objects", "words"),
    [
        (Unit.DUTY_CHECK, [Plain(1), Plain(2)], "2 of type 91, at most 1"),
        (Unit.DUTY_CHECK, [Plain(256)], "256 does not fit"),
        (Unit.DUTY_CHECK, [Text("")], "Text in type 91"),
    ],
)
def test_what_no_unit_can_hold(unit: Unit, objects: list[Object], words: str) -> None:
    with pytest.raises(FrameError, match=words):
        encode(unit, objects)


def test_the_largest_units_fit() -> None:
    for unit, (kind, most) in UNITS.items():
        values = [
            {"T": MOMENT, "D": "厨" * 15, "L": "厨" * 127}.get(letter, 0)
            for letter in LAYOUTS[kind]
        ]
        assert len(encode(unit, [kind(*values)] * most)) <= MOST_DATA  # type: ignore[arg-type]
