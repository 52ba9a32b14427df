"""What is encoded is decoded the same; no bytes whatever raise anything but a refusal."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callpoint_gateway.ingest import device_messages
from callpoint_protocol import messages, names, reader, topics

_NUMBER = st.integers(1, 0xFFFFFFFF)
_IDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=names.MAX_ID)


def _details(kind: int, state: int) -> st.SearchStrategy[int]:
    if kind == names.BATTERY:
        return st.integers(0, names.MAX_DETAIL)
    return st.sampled_from(sorted({0, *messages.details(kind, state)}))


@st.composite
def _events(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(sorted(names.KINDS)))
    state = draw(st.sampled_from(names.ALLOWED[kind]))
    return {
        "boot": draw(_NUMBER),
        "seq": draw(_NUMBER),
        "kind": kind,
        "state": state,
        "zone": draw(st.integers(0, names.MAX_ZONE)),
        "detail": draw(_details(kind, state)),
        "count": draw(st.integers(1, names.MAX_COUNT)),
        "flags": draw(st.integers(0, names.MAX_FLAGS)),
        "age_ms": draw(st.none() | st.integers(0, names.MAX_AGE_MS)),
        "time_ms": draw(st.none() | st.integers(names.MIN_TIME_MS, names.MAX_TIME_MS)),
    }


def _some(bounds: tuple[tuple[str, int, int], ...]) -> st.SearchStrategy[dict[str, int]]:
    values = {key: st.integers(low, high) for key, low, high in bounds}
    return st.fixed_dictionaries({}, optional=values)


@given(_events())
def test_events_come_back(fields: dict[str, Any]) -> None:
    body = messages.encode_event(**fields)
    assert len(body) <= names.MAX_BODY
    assert device_messages.decode_event(body) == device_messages.Event(**fields)
    assert device_messages.peek(body) == (fields["boot"], fields["seq"])


@given(_NUMBER, _NUMBER, _some(names.READINGS))
def test_telemetry_comes_back(boot: int, seq: int, readings: dict[str, int]) -> None:
    telemetry = device_messages.decode_telemetry(messages.encode_telemetry(boot, seq, readings))
    assert (telemetry.boot, telemetry.seq, telemetry.readings) == (boot, seq, readings)


@given(
    st.sampled_from(sorted(names.STATUSES)),
    _NUMBER,
    st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\')),
    st.sampled_from([0, *names.CAUSES]),
)
def test_status_comes_back(status: int, boot: int, firmware: str, cause: int) -> None:
    body = messages.encode_status(status, boot, firmware[: names.MAX_ID], cause)
    assert device_messages.decode_status(body) == device_messages.Status(
        status, boot, firmware[: names.MAX_ID], cause
    )


@given(st.sampled_from(sorted(names.STAGES)), _NUMBER, _NUMBER, st.data())
def test_acks_come_back(stage: int, boot: int, seq: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, seq if stage == names.STORED else 1))
    body = messages.encode_ack(stage, boot, seq, count)
    assert messages.decode_ack(body) == (stage, boot, seq, count)


@given(_NUMBER, st.sampled_from(sorted(names.COMMANDS)), st.integers(0, names.MAX_COMMAND_S))
def test_commands_come_back(number: int, command: int, seconds: int) -> None:
    body = messages.encode_command(number, command, seconds)
    assert messages.decode_command(body) == (number, command, seconds)


_ZONES = st.integers(0, names.MAX_ZONE)
_ZONE_SETTINGS = st.one_of(
    st.tuples(_ZONES.map(lambda zone, key=key: f"{key}{zone}"), st.integers(low, high))  # type: ignore[misc]
    for key, low, high in names.ZONE_SETTINGS
)


@given(_NUMBER, _some(names.SETTINGS), st.lists(_ZONE_SETTINGS, max_size=50).map(dict))
def test_configuration_comes_back(
    revision: int, settings: dict[str, int], zones: dict[str, int]
) -> None:
    wanted = settings | zones
    body = messages.encode_configuration(revision, wanted)
    assert messages.decode_configuration(body) == (revision, wanted)


def test_a_configuration_is_refused_where_it_is_written() -> None:
    many = {f"lo{zone}": 86_400 for zone in range(names.MAX_ZONE + 1)}
    with pytest.raises(ValueError, match=r"^body: longer than 1024 bytes"):
        messages.encode_configuration(1, many)
    for key in ("d256", "d07", "zz", "d²", "d"):
        with pytest.raises(ValueError, match=rf"^{key}: no such setting"):
            messages.encode_configuration(1, {key: 1})


@given(_IDS, _IDS, st.sampled_from((*names.UP_CHANNELS, *names.DOWN_CHANNELS)))
def test_topics_come_back(site: str, device: str, channel: str) -> None:
    assert topics.split(topics.topic(site, device, channel)) == (site, device, channel)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
_KEYS = st.sampled_from("vbqkszdcftagnir")
_SHAPED = st.dictionaries(_KEYS, st.integers(0, 3) | _JSON).map(lambda value: {"v": 1, **value})
_BODIES = (
    st.binary()
    | _JSON.map(lambda value: json.dumps(value).encode())
    | _SHAPED.map(lambda value: json.dumps(value).encode())
)


@given(_BODIES, st.integers(0, 40))
def test_any_bytes_are_decoded_or_refused(body: bytes, cut: int) -> None:
    for part in (body, body[:-cut]):
        for gateway in (
            device_messages.decode_event,
            device_messages.decode_telemetry,
            device_messages.decode_status,
        ):
            try:
                gateway(part)
            except device_messages.MessageRefused as error:
                assert str(error).startswith(f"{error.field}: ")
        device_messages.peek(part)
        for device in (
            messages.decode_ack,
            messages.decode_command,
            messages.decode_configuration,
        ):
            try:
                device(part)
            except ValueError as error:
                assert ": " in str(error)


@given(_SHAPED)
def test_reader_agrees_with_the_standard_library(members: dict[str, Any]) -> None:
    text = json.dumps(members, allow_nan=True)
    try:
        read = reader.read(text.encode())
    except ValueError as error:
        assert "NaN" in text or "Infinity" in text or "nested" in str(error)
        return
    for key, value in members.items():
        small = type(value) is int and abs(value) < 10**16
        assert read[key] == (value if small else None)


@given(st.text())
def test_any_topic_is_split_or_refused(text: str) -> None:
    try:
        parts = topics.split(text)
    except ValueError:
        return
    assert topics.topic(*parts) == text
