"""The seal is HMAC-SHA-256 as Python has it, on every interpreter. See ``test_vectors.py`` too."""

import hmac
import json
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

_VECTORS = Path(__file__).parents[1] / "vectors"


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


def test_the_vectors_are_what_python_says() -> None:
    checked = 0
    for vector in json.loads((_VECTORS / "hmac.json").read_text("utf-8"))["vectors"]:
        if "refused" not in vector:
            key, text = (bytes.fromhex(vector["fields"][name]) for name in ("key", "text"))
            assert hmac.digest(key, text, "sha256").hex() == vector["body"], vector["name"]
            checked += 1
    for vector in json.loads((_VECTORS / "seal.json").read_text("utf-8"))["vectors"]:
        fields = vector.get("fields") or vector["with"]
        sealed = bytes.fromhex(vector["body"])
        text = fields["context"].encode() + b"\0" + sealed[:-SEAL]
        made = hmac.digest(bytes.fromhex(fields["key"]), text, "sha256")
        assert (made == sealed[-SEAL:]) == ("refused" not in vector), vector["name"]
        checked += 1
    assert checked == 7 + 18


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
