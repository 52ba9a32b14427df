"""Replies as receivers really send them, in any portions."""

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callpoint_gateway.protocols.dc09.cipher import Cipher
from callpoint_gateway.protocols.dc09.frame import Frame, build, wrap
from callpoint_gateway.protocols.dc09.reply import Reply, ReplyReader

KEY = b"0123456789ABCDEF"
NOON = 1_795_350_896
STAMP = b"_12:34:56,11-22-2026"
ACK = wrap(b'"ACK"0001L0#1234[]')
VECTORS = {
    vector["name"]: b"\n" + vector["frame"].encode() + b"\r"
    for vector in json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))
}


def sealed(text: bytes, pad: bytes) -> bytes:
    """Return an encrypted acknowledgement that holds exactly ``pad`` and ``text``."""
    whole = Cipher(KEY, lambda length: pad[:length]).seal(text)
    return b'"*ACK"0001L0#1234[' + whole.hex().encode()


VARIANTS = [
    (VECTORS["R1"], Reply("ACK", 1, "1234")),
    (VECTORS["R2"], Reply("NAK", 0, None, NOON)),
    (VECTORS["R3"], Reply("DUH", 1, "1234")),
    (VECTORS["A1"], Reply("ACK", 3, "1234", NOON, encrypted=True)),
    (VECTORS["A2"], Reply("ACK", 3, "1234", NOON, encrypted=True)),
    (b'\n62D50016"ACK"0001NoneL0#1234[]\r', Reply("ACK", 1, "1234")),
    (b'\n181A0014"ACK"0000R0L0#1234[]\r', Reply("ACK", 0, "1234")),
    (b'\n59890012"ACK"0000L0#1409[]\r', Reply("ACK", 0, "1409")),
    (wrap(b'"NAK"0000NoneL0A0[]' + STAMP), Reply("NAK", 0, None, NOON)),
    (wrap(b'"NAK"0000L0R0A0[]' + STAMP), Reply("NAK", 0, None, NOON)),
    (wrap(b'"NAK"0000L0#000[]' + STAMP), Reply("NAK", 0, "000", NOON)),
    (wrap(b'"NAK"0000L0#000[]_99:99:99,99-99-9999'), Reply("NAK", 0, "000")),
    (wrap(b'"NAK"0000L0A0[]'), Reply("NAK", 0)),
    (b'"NAK"', Reply("NAK", bare=True)),
    (b'"DUH"', Reply("DUH", bare=True)),
    (wrap(b'"RSP"0001L0#1234[Hello]'), Reply("RSP", 1, "1234", data="Hello")),
    (wrap(b'"ACK"0001L#1234[]'), Reply("ACK", 1, "1234")),
    (wrap(b'"ACK"0001L0#abc[][K0123]'), Reply("ACK", 1, "ABC")),
    (ACK.lower().replace(b'"ack"', b'"ACK"').replace(b"l0", b"L0"), Reply("ACK", 1, "1234")),
    # pysiaalarm: zeros for a pad and no bar.
    (
        wrap(
            b'"*ACK"0001L0#1234['
            + Cipher(KEY, lambda n: b"0" * n, bar_without_data=False)
            .seal(b"]" + STAMP)
            .hex()
            .encode()
        ),
        Reply("ACK", 1, "1234", NOON, encrypted=True),
    ),
    # ioBroker.sia: NUL for a pad and sixteen bytes behind the time.
    (
        wrap(sealed(b"]" + STAMP + b"\x10" * 16, bytes(16))),
        Reply("ACK", 1, "1234", NOON, encrypted=True),
    ),
]


@pytest.mark.parametrize(("raw", "expected"), VARIANTS)
def test_variant(raw: bytes, expected: Reply) -> None:
    assert ReplyReader(Cipher(KEY)).feed(raw) == [expected]


@pytest.mark.parametrize(("raw", "expected"), VARIANTS)
def test_variant_one_byte_at_a_time(raw: bytes, expected: Reply) -> None:
    reader = ReplyReader(Cipher(KEY))
    assert [reply for byte in raw for reply in reader.feed(bytes([byte]))] == [expected]


@pytest.mark.parametrize(("raw", "expected"), VARIANTS[:13])
def test_a_missing_carriage_return_is_not_waited_for(raw: bytes, expected: Reply) -> None:
    reader = ReplyReader(Cipher(KEY))
    assert reader.feed(raw[:-1]) == [expected]
    assert reader.feed(ACK) == [Reply("ACK", 1, "1234")]


def test_glued_replies() -> None:
    reader = ReplyReader()
    twice = reader.feed(VECTORS["R2"] + VECTORS["R2"] + b"\n\r" + ACK + ACK[:5])
    assert [reply.token for reply in twice] == ["NAK", "NAK", "ACK"]
    assert reader.feed(ACK[5:]) == [Reply("ACK", 1, "1234")]


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (b"\n\r", "empty answer"),
        (ACK.replace(b"#1234", b"#1235"), "wrong checksum"),
        (ACK.replace(b"[]", b"[") + b"\n", "cut short"),
        (b"\n1BC1\r", "cut short"),
        (b"HTTP/1.1 400 Bad Request\r\n", "no DC-09 frame"),
        (b'"ACK"\r', "without checksum"),
        (wrap(b'"NULL"0000L0#1234[]'), "token"),
        (wrap(b'"*ACK"0001L0#1234[00]'), "hexadecimal"),
        (wrap(b'"*ACK"0001L0#1234['), "whole blocks"),
        (wrap(b'"*ACK"0001L0#1234[' + b"00" * 32), "answer not readable"),
        (wrap(sealed(b"]", b"x" * 16)), "time"),
    ],
)
def test_what_is_no_reply_is_passed_over_and_named(raw: bytes, complaint: str) -> None:
    reader = ReplyReader(Cipher(KEY))
    assert reader.feed(raw) == []
    assert complaint in str(reader.complaint)
    assert reader.feed(ACK) == [Reply("ACK", 1, "1234")]


def test_encrypted_answer_without_a_key() -> None:
    reader = ReplyReader()
    assert reader.feed(VECTORS["A1"]) == []
    assert "key" in str(reader.complaint)


PIECES = st.lists(
    st.one_of(
        st.sampled_from([raw for raw, _ in VARIANTS]),
        st.sampled_from([b"\n", b"\r", b'"', b'"NA', b"1BC10012", b"\n\r"]),
        st.binary(max_size=12),
    ),
    max_size=8,
).map(b"".join)


@given(PIECES, st.lists(st.integers(0, 400), max_size=8))
def test_portions_make_no_difference(stream: bytes, cuts: list[int]) -> None:
    at_once, in_portions = ReplyReader(Cipher(KEY)), ReplyReader(Cipher(KEY))
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    portions = [stream[a:b] for a, b in itertools.pairwise(edges)]
    assert [reply for part in portions for reply in in_portions.feed(part)] == at_once.feed(stream)


@given(st.binary(max_size=5000))
def test_noise_never_raises_and_is_not_hoarded(noise: bytes) -> None:
    reader = ReplyReader(Cipher(KEY))
    reader.feed(noise)
    reader.feed(b"\r" * 4200)
    assert ACK.startswith(b"\n")
    assert reader.feed(ACK) == [Reply("ACK", 1, "1234")]


@given(st.integers(1, 9999), st.sampled_from([None, "0", "1234"]), st.booleans())
def test_our_own_acknowledgement_is_understood(
    number: int, receiver: str | None, encrypted: bool
) -> None:
    frame = Frame("ACK", number, "ABC", time=NOON, receiver=receiver, encrypted=encrypted)
    (reply,) = ReplyReader(Cipher(KEY)).feed(build(frame, Cipher(KEY)))
    assert (reply.number, reply.account, reply.encrypted) == (number, "ABC", encrypted)
