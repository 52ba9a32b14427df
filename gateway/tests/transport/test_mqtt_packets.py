"""MQTT packets: whatever the portions, the same packets; whatever the bytes, no other error."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callpoint_gateway.transport.mqtt_packets import (
    KEPT,
    PUBACK,
    PUBLISH,
    TOPIC_KEPT,
    Malformed,
    Packet,
    Published,
    Stream,
    connect,
    pubacks,
    publish,
    subscribe,
)

# What else there is of the object than the bytes that it keeps.
OBJECT = 300
MESSAGES = st.lists(
    st.tuples(
        st.integers(1, 0xFFFF),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
        st.binary(max_size=400),
    ),
    max_size=8,
)


def long_publish(identifier: int, topic: str, size: int) -> bytes:
    return publish(identifier, topic, b"x" * size)


@given(MESSAGES, st.lists(st.integers(1, 50), min_size=1))
def test_portions_make_no_difference(
    messages: list[tuple[int, str, bytes]], portions: list[int]
) -> None:
    data = b"".join(publish(*message) + b"\xd0\x00" for message in messages)
    expected: list[Published | Packet] = []
    for identifier, topic, body in messages:
        expected += [Published(topic.encode(), body, identifier), Packet(0xD0, b"")]
    stream, found, at, turn = Stream(), list[Published | Packet](), 0, 0
    while at < len(data):
        size = portions[turn % len(portions)]
        found += stream.feed(data[at : at + size])
        at, turn = at + size, turn + 1
    assert found == expected


@given(st.lists(st.binary(max_size=300), max_size=10))
def test_any_bytes_give_packets_or_malformed(portions: list[bytes]) -> None:
    stream = Stream()
    try:
        for portion in portions:
            for packet in stream.feed(portion):
                assert isinstance(packet, Published | Packet)
    except Malformed as error:
        assert str(error)


@pytest.mark.parametrize("portion", [1000, 100_000, 10_000_000])
def test_a_long_packet_is_cut_and_its_neighbours_stay(portion: int) -> None:
    """Somebody publishes a megabyte: it is acknowledged, refused and not kept in memory."""
    data = publish(1, "a", b"before") + long_publish(2, "b", 1_000_000) + publish(3, "c", b"after")
    stream, found = Stream(), list[Published | Packet]()
    for at in range(0, len(data), portion):
        found += stream.feed(data[at : at + portion])
        assert len(pickle.dumps(stream)) <= KEPT + portion + OBJECT
    first, cut, last = found
    assert first == Published(b"a", b"before", 1)
    assert isinstance(cut, Published)
    assert (cut.topic, cut.identifier) == (b"b", 2)
    assert len(cut.body) < KEPT
    assert last == Published(b"c", b"after", 3)


@pytest.mark.parametrize("length", [TOPIC_KEPT, KEPT - 6, KEPT - 5, KEPT - 4, KEPT, 65_535])
@pytest.mark.parametrize("portion", [7, 1000, 100_000])
@pytest.mark.parametrize("size", [0, 1, KEPT, 100_000])
def test_a_long_topic_is_cut_and_its_identifier_is_read(
    length: int, portion: int, size: int
) -> None:
    data = long_publish(2, "x" * length, size) + publish(3, "c", b"after")
    stream, found = Stream(), list[Published | Packet]()
    for at in range(0, len(data), portion):
        found += stream.feed(data[at : at + portion])
    cut, last = found
    assert isinstance(cut, Published)
    assert (cut.topic, cut.identifier) == (b"x" * TOPIC_KEPT, 2)
    assert len(cut.body) <= min(size, KEPT)
    assert last == Published(b"c", b"after", 3)


@pytest.mark.parametrize(
    "data",
    [
        b"\x32\xff\xff\xff\xff\x01",  # a length of five bytes
        b"\x32\x03\x00\x09a",  # shorter than its topic
        b"\x32\x03\x00\x01a",  # QoS 1 without an identifier
        b"\x32\x05\x00\x01a\x00\x00",  # identifier 0
        b"\x36\x05\x00\x01a\x00\x01",  # QoS 3
    ],
)
def test_what_no_broker_sends(data: bytes) -> None:
    with pytest.raises(Malformed):
        Stream().feed(data)


def test_what_is_sent_reads_as_the_standard_has_it() -> None:
    """Byte for byte, from chapter 3 of MQTT 3.1.1."""
    assert connect("me", 15) == b"\x10\x0e\x00\x04MQTT\x04\x00\x00\x0f\x00\x02me"
    assert connect("me", 15, "u", "pw") == (
        b"\x10\x15\x00\x04MQTT\x04\xc0\x00\x0f\x00\x02me\x00\x01u\x00\x02pw"
    )
    assert subscribe(1, ["a/b", "c"]) == b"\x82\x0c\x00\x01\x00\x03a/b\x01\x00\x01c\x01"
    assert publish(10, "a/b", b"hi") == b"\x32\x09\x00\x03a/b\x00\x0ahi"
    assert pubacks([1, 300]) == bytes([PUBACK, 2, 0, 1, PUBACK, 2, 1, 44])
    assert publish(1, "a", b"x" * 200)[:3] == bytes([PUBLISH | 2, 0xCD, 0x01])
