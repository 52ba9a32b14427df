"""The seal is HMAC-SHA-256 by RFC 4231's vectors and Python's own, on every interpreter."""

import hashlib
import hmac
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callpoint_protocol.seal import MAX_KEY, MIN_KEY, SEAL, Sealer

_BIN = Path(sys.executable).parent
_INTERPRETERS = [sys.executable, str(_BIN / "micropython")]
if (_BIN / "micropython32").exists():
    _INTERPRETERS.append(str(_BIN / "micropython32"))

# RFC 4231, section 4: key, text, HMAC-SHA-256.
RFC4231 = [
    (
        b"\x0b" * 20,
        b"Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ),
    (
        b"Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    (
        b"\xaa" * 20,
        b"\xdd" * 50,
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
    ),
    (
        bytes(range(1, 26)),
        b"\xcd" * 50,
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ),
    (b"\x0c" * 20, b"Test With Truncation", "a3b6167473100ee06e0c796c2955552b"),
    (
        b"\xaa" * 131,
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (
        b"\xaa" * 131,
        b"This is a test using a larger than block-size key and a larger than block-size data."
        b" The key needs to be hashed before being used by the HMAC algorithm.",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ),
]


def _allowed(key: bytes) -> bytes:
    """The same key to HMAC within our bounds: long ones are hashed, short ones end in zeros."""
    return hashlib.sha256(key).digest() if len(key) > MAX_KEY else key.ljust(MIN_KEY, b"\0")


def _answers(interpreter: str, lines: list[str]) -> list[str]:
    protocol = Path(__file__).parents[1]
    done = subprocess.run(
        [interpreter, str(Path(__file__).with_name("seal_script.py")), str(protocol)],
        input="".join(line + "\n" for line in lines),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("interpreter", _INTERPRETERS, ids=lambda path: Path(path).name)
def test_rfc_4231(interpreter: str) -> None:
    lines = [f"mac {_allowed(key).hex()} {text.hex()}" for key, text, _ in RFC4231]
    for answer, (_, _, expected) in zip(_answers(interpreter, lines), RFC4231, strict=True):
        assert answer.startswith(expected)
        assert len(answer) == 2 * SEAL


@pytest.mark.parametrize("interpreter", _INTERPRETERS, ids=lambda path: Path(path).name)
def test_every_interpreter_seals_as_python_does(interpreter: str) -> None:
    chance = random.Random(4)
    lines, expected = [], []
    for size in range(MIN_KEY, MAX_KEY + 1):
        key, body = chance.randbytes(size), chance.randbytes(chance.randrange(1, 300))
        sealed = body + hmac.digest(key, b"a/topic\0" + body, "sha256")
        lines += [
            f"seal {key.hex()} a/topic {body.hex()}",
            f"open {key.hex()} a/topic {sealed.hex()}",
        ]
        expected += [sealed.hex(), body.hex()]
    lines += [f"mac {'00' * 15} 00", f"mac {'00' * 65} 00", f"open {'00' * 16} t {'00' * 31}"]
    bounds = "refused: key: 16 to 64 bytes"
    expected += [bounds, bounds, "refused: seal: missing"]
    assert _answers(interpreter, lines) == expected


@given(st.binary(min_size=16, max_size=64), st.binary(max_size=200), st.data())
def test_one_changed_bit_breaks_it(key: bytes, body: bytes, data: st.DataObject) -> None:
    sealer = Sealer(key)
    sealed = sealer.seal("topic", body)
    assert sealer.open("topic", sealed) == body
    at = data.draw(st.integers(0, 8 * len(sealed) - 1))
    changed = bytearray(sealed)
    changed[at // 8] ^= 1 << at % 8
    with pytest.raises(ValueError, match="seal: wrong"):
        sealer.open("topic", bytes(changed))
    with pytest.raises(ValueError, match="seal: wrong"):
        sealer.open("topik", sealed)
