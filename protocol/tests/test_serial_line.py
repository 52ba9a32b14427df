"""Frames on a serial line: whatever is around them and however they are cut, they are found."""

import pickle

from hypothesis import given
from hypothesis import strategies as st

from callpoint_protocol.serial_line import MAX_LINE, Lines, encode_line

# What else there is of the object than the bytes that it keeps.
OBJECT = 300
_TOPIC = "callpoint/v1/estate/lobby/event"
# Noise may be anything but a line feed inside a frame; it may well begin a frame.
_noise = st.binary(max_size=300).map(lambda noise: noise.replace(b"\n", b"\r"))


@given(st.lists(st.tuples(_noise, st.binary(max_size=200)), max_size=5), st.data())
def test_every_whole_frame_is_found(sent: list[tuple[bytes, bytes]], data: st.DataObject) -> None:
    stream = b"".join(noise + encode_line(_TOPIC, sealed) for noise, sealed in sent)
    lines = Lines()
    found = []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += lines.feed(stream[:size])
        stream = stream[size:]
    assert [sealed for _, sealed in found] == [sealed for _, sealed in sent]


@given(st.lists(st.binary(max_size=3000), max_size=10))
def test_no_noise_is_a_frame_or_is_kept(pieces: list[bytes]) -> None:
    lines = Lines()
    for piece in pieces:
        assert lines.feed(piece) == []
        assert len(pickle.dumps(lines)) <= MAX_LINE + 1 + OBJECT


@given(st.binary(max_size=100), st.data())
def test_a_changed_character_loses_the_frame(sealed: bytes, data: st.DataObject) -> None:
    line = bytearray(encode_line(_TOPIC, sealed))
    at = data.draw(st.integers(0, len(line) - 2))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte not in (line[at], 0x0D)))
    line[at] = other
    assert Lines().feed(bytes(line)) == []
