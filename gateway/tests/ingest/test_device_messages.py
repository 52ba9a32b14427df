"""Decoding names the key and says what is allowed; the vectors in protocol/ hold the rest."""

import pytest
from msgspec.inspect import IntType, StructType, UnionType, type_info

from callpoint_gateway.ingest import device_messages
from callpoint_protocol import messages, names

_EVENT = '{"v":1,"b":65537,"q":3,"k":1,"s":1,"z":2}'


def test_event_in_full() -> None:
    body = messages.encode_event(65537, 3, names.PANIC, names.ALARM, 2, 1, 4, 1, 250)
    assert device_messages.decode_event(body) == device_messages.Event(
        65537, 3, 1, 1, 2, 1, 4, 1, 250, None
    )


def test_telemetry_gives_only_the_readings_that_are_there() -> None:
    telemetry = device_messages.decode_telemetry(
        messages.encode_telemetry(1, 2, {"mv": 2900, "rs": -60})
    )
    assert telemetry.readings == {"mv": 2900, "rs": -60}
    assert telemetry.up is None


def test_telemetry_has_the_bounds_of_the_protocol() -> None:
    described = type_info(device_messages.Telemetry)
    assert isinstance(described, StructType)
    bounds = []
    for field in described.fields[2:]:
        assert isinstance(field.type, UnionType)
        number = field.type.types[0]
        assert isinstance(number, IntType)
        bounds.append((field.encode_name, number.ge, number.le))
    assert tuple(bounds) == names.READINGS


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"v":1', '"v":2', "v: not version 1"),
        ('"v":1,', "", "v: not version 1 (missing)"),
        ('"b":65537', '"b":0', "b: not a whole number from 1 to 4294967295"),
        ('"b":65537', '"b":true', "b: not a whole number from 1 to 4294967295"),
        ('"q":3,', "", "q: not a whole number from 1 to 4294967295 (missing)"),
        ('"z":2', '"z":256', "z: not a whole number from 0 to 255"),
        ('"z":2', '"z":2,"a":null', "a: not a whole number from 0 to 315360000000"),
        ('"z":2', '"z":2,"d":4', "d: 4 has no meaning for panic"),
        ('"s":1', '"s":6', "s: 6 is not allowed for panic: one of 1 (alarm), 2 (restore), "),
        ('"k":1', '"k":13', "k: not one of 1 (panic), 2 (medical), 3 (smoke), "),
        ('"k":1', '"k":"panic"', "k: not one of 1 (panic), 2 (medical), 3 (smoke), "),
        (_EVENT, "[]", "body: not a JSON object"),
        (_EVENT, _EVENT[:-1], "body: not JSON (Input data was truncated)"),
        (_EVENT, "x" * 1025, "body: longer than 1024 bytes"),
    ],
)
def test_refusal_says_what_is_allowed(old: str, new: str, reason: str) -> None:
    with pytest.raises(device_messages.MessageRefused) as refused:
        device_messages.decode_event(_EVENT.replace(old, new).encode())
    assert str(refused.value).startswith(reason)
    assert refused.value.field == reason.split(":")[0]


def test_refusal_of_what_is_no_text() -> None:
    with pytest.raises(device_messages.MessageRefused, match=r"^body: not UTF-8 \(byte 1\)"):
        device_messages.decode_status(b"{\xff}")


def test_identity_of_a_refused_event_is_read_if_it_is_whole() -> None:
    assert device_messages.peek(_EVENT.replace('"k":1', '"k":99').encode()) == (65537, 3)
    assert device_messages.peek(_EVENT.replace('"v":1', '"v":2').encode()) == (65537, 3)
    assert device_messages.peek((_EVENT[:-1] + ',"zz":"' + "x" * 1024 + '"}').encode()) == (
        65537,
        3,
    )


@pytest.mark.parametrize(
    "body",
    [
        _EVENT[:-1].encode(),
        _EVENT.replace('"q":3', '"q":0').encode(),
        _EVENT.replace('"b":65537,', "").encode(),
        b"",
        b"\xff",
        b'{"b":1,"q":1,"fw":"\xff',
        b'{"zz":' + b"[" * 5000,
        b'{"b":1,"q":1,"zz":"' + b"x" * (64 * names.MAX_BODY) + b'"}',
    ],
)
def test_identity_that_cannot_be_trusted_is_not_read(body: bytes) -> None:
    assert device_messages.peek(body) is None
