"""The device's CoAP against aiocoap's: the same bytes, and nothing that stops it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from aiocoap import Message
from aiocoap.numbers import codes, types
from hypothesis import given, settings
from hypothesis import strategies as st
from interpreters import FIRMWARE, NAMES, PROTOCOL, interpreter

_SCRIPT = Path(__file__).with_name("coap_script.py")


def _answers(name: str, lines: list[str]) -> list[str]:
    done = subprocess.run(
        [interpreter(name), str(_SCRIPT), str(FIRMWARE), str(PROTOCOL)],
        input="".join(line + "\n" for line in lines),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout.splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_requests_are_those_of_an_independent_library(name: str) -> None:
    lines, expected = [], []
    for size in (1, 12, 13, 32):
        path = f"callpoint/v1/{'s' * size}/{'d' * size}/event"
        payload, token = bytes(range(size)), b"\x01\x02\x03\x04"
        message = Message(code=codes.POST, payload=payload, uri_path=path.split("/"))
        message.mtype, message.mid, message.token = types.CON, 700 + size, token
        expected.append(message.encode().hex())
        lines.append(f"request {700 + size} {token.hex()} {path} {payload.hex()}")
    assert _answers(name, lines) == expected


_SOUND = st.builds(
    lambda code, mid, token, path, payload: _sound(code, mid, token, path, payload),
    st.sampled_from([codes.CHANGED, codes.UNAUTHORIZED, codes.POST]),
    st.integers(0, 65535),
    st.binary(max_size=8),
    st.lists(st.text("abc", min_size=1, max_size=20), max_size=3),
    st.binary(max_size=40),
)


def _sound(code: codes.Code, mid: int, token: bytes, path: list[str], payload: bytes) -> bytes:
    message = Message(code=code, payload=payload, uri_path=path)
    message.mtype, message.mid, message.token = types.ACK, mid, token
    encoded: bytes = message.encode()
    return encoded


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(_SOUND, st.binary(min_size=1, max_size=40)), min_size=50, max_size=100))
def test_sound_messages_are_read_and_garbage_does_no_harm(
    pairs: list[tuple[bytes, bytes]],
) -> None:
    lines = [f"parse {message.hex()}" for pair in pairs for message in pair]
    answers = _answers("micropython", lines)
    assert len(answers) == len(lines)
    for (sound, _), answer in zip(pairs, answers[::2], strict=True):
        known = Message.decode(sound)
        kind, code = int(known.mtype), int(known.code)
        expected = [kind, code, known.mid, known.token.hex(), known.payload.hex()]
        assert json.loads(answer) == expected, sound.hex()
