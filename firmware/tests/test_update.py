"""A signed update: the power goes at every flash operation, and no wrong package gets in."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interpreters import FIRMWARE, NAMES, PROTOCOL, interpreter

from callpoint_gateway import package
from callpoint_protocol import names

_HERE = Path(__file__).parent
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_IMAGE = random.Random(7).randbytes(2 * 4096 + 1500)


def _package(key: rsa.RSAPrivateKey = _KEY, image: bytes = _IMAGE, **more: Any) -> package.Package:
    values = {"product": "callpoint", "hardware": [1, 2], "sequence": 7, "version": "2.0"} | more
    return package.sign(package.build(image, **values), key)


def _modulus(folder: Path) -> str:
    path = folder / "modulus"
    path.write_text(f"{_KEY.public_key().public_numbers().n:0512x}")
    return str(path)


def _run(name: str, script: str, *words: str, lines: str = "") -> str:
    done = subprocess.run(
        [interpreter(name), str(_HERE / script), str(FIRMWARE), str(PROTOCOL), *words],
        input=lines,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.mark.parametrize("torn", ["0", "1"], ids=["clean", "torn"])
@pytest.mark.parametrize("name", NAMES)
def test_a_cut_at_every_flash_operation_leaves_an_image_that_runs(
    name: str, torn: str, tmp_path: Path
) -> None:
    file = tmp_path / "one.cpfw"
    file.write_bytes(_package().content)
    result = json.loads(_run(name, "cut_update.py", str(file), _modulus(tmp_path), torn, "1"))
    print(f"{result['points']} cut points")
    assert (result["image"], result["sequence"]) == ("new", 7)
    assert result["points"] == result["operations"] > 15
    assert (result["bad"], result["unfinished"]) == (0, 0)
    # An image that never becomes healthy runs once; then the old one is back and says why.
    assert result["on_trial"] == "new"
    assert result["returned"] == ["old", [[names.TROUBLE, names.FAULT_UPDATE_RETURNED]]]


def _judged(name: str, folder: Path, headers: list[bytes]) -> list[str]:
    lines = "".join(header.hex() + "\n" for header in headers)
    return _run(name, "check_package.py", _modulus(folder), lines=lines).splitlines()


def _first(content: bytes) -> bytes:
    return content[: names.IMAGE_CHUNK]


@pytest.mark.parametrize("name", NAMES)
def test_only_the_right_package_is_taken(name: str, tmp_path: Path) -> None:
    cases = [
        (_package(), "good 7"),
        (_package(_OTHER), str(names.FAULT_UPDATE_SIGNATURE)),
        (package.build(_IMAGE, "callpoint", [1], 7, "2.0"), str(names.FAULT_UPDATE_SIGNATURE)),
        (_package(product="kettle"), str(names.FAULT_UPDATE_PRODUCT)),
        (_package(hardware=[2, 3]), str(names.FAULT_UPDATE_HARDWARE)),
        (_package(sequence=6), str(names.FAULT_UPDATE_SEQUENCE)),
        (_package(sequence=1), str(names.FAULT_UPDATE_SEQUENCE)),
        (_package(image=bytes(20_001)), str(names.FAULT_UPDATE_SIZE)),
    ]
    answers = _judged(name, tmp_path, [_first(one.content) for one, _ in cases])
    assert answers == [expected for _, expected in cases]


@pytest.mark.parametrize("name", NAMES)
def test_any_changed_bit_of_the_header_is_noticed(name: str, tmp_path: Path) -> None:
    content = _package().content
    end = len(content) - len(_IMAGE)
    changed = []
    for at in range(end):
        one = bytearray(content[:end])
        one[at] ^= 1 << at % 8
        changed.append(bytes(one))
    changed += [content[:size] for size in range(end)]
    answers = _judged(name, tmp_path, changed)
    assert set(answers) == {str(names.FAULT_UPDATE_SIGNATURE)}


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.binary(max_size=700), min_size=20, max_size=60), st.booleans())
def test_garbage_for_a_header_is_refused(
    tmp_path: Path, garbage: list[bytes], magic: bool
) -> None:
    headers = [(b"CALLPFW1" if magic else b"x") + one for one in garbage]
    answers = _judged("micropython", tmp_path, headers)
    assert set(answers) == {str(names.FAULT_UPDATE_SIGNATURE)}


@pytest.mark.parametrize("name", NAMES)
def test_a_bit_flipped_in_the_image_keeps_the_old_one(name: str, tmp_path: Path) -> None:
    content = bytearray(_package().content)
    content[-700] ^= 4
    file = tmp_path / "one.cpfw"
    file.write_bytes(content)
    result = json.loads(_run(name, "cut_update.py", str(file), _modulus(tmp_path), "0", "0"))
    assert result == ["old", [[names.TROUBLE, names.FAULT_UPDATE_DIGEST]]]
