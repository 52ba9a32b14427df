"""A signed update: the power goes at every flash operation, and no wrong package gets in."""

from __future__ import annotations

import json
import random
import struct
import subprocess
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from interpreters import FIRMWARE, NAMES, PROTOCOL, interpreter

from callpoint_gateway.protocols import update_package
from callpoint_protocol import names
from callpoint_rig.tools import tool
from callpoint_technician.image.compiled import own_build

_HERE = Path(__file__).parent
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_IMAGE = random.Random(7).randbytes(2 * 4096 + 1500)
_IN_LITTLEFS = _IMAGE[:8] + b"littlefs" + _IMAGE[16:]


def _package(
    key: rsa.RSAPrivateKey = _KEY, image: bytes = _IMAGE, **more: Any
) -> update_package.Package:
    values = {"product": "callpoint", "hardware": [1, 2], "sequence": 7, "version": "2.0"} | more
    return update_package.sign(update_package.build(image, **values), key)


def _modulus(folder: Path) -> str:
    path = folder / "modulus"
    path.write_text(f"{_KEY.public_key().public_numbers().n:0512x}")
    return str(path)


def _run(name: str, script: str, *words: str, lines: str = "", heap: str = "2m") -> str:
    done = subprocess.run(
        [
            *(interpreter(name), "-X", f"heapsize={heap}", str(_HERE / script)),
            *(str(FIRMWARE), str(PROTOCOL), *words),
        ],
        input=lines,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.mark.parametrize("torn", ["0", "1"], ids=["clean", "torn"])
@pytest.mark.parametrize("loader", ["Loader", "Picker"])
@pytest.mark.parametrize("name", NAMES)
def test_a_cut_at_every_flash_operation_leaves_an_image_that_runs(
    name: str, loader: str, torn: str, tmp_path: Path
) -> None:
    file = tmp_path / "one.cpfw"
    file.write_bytes(_package(image=_IN_LITTLEFS).content)
    words = (str(file), _modulus(tmp_path), torn, "1", loader)
    result = json.loads(_run(name, "cut_update.py", *words))
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
        (
            update_package.build(_IMAGE, "callpoint", [1], 7, "2.0"),
            str(names.FAULT_UPDATE_SIGNATURE),
        ),
        (_package(product="kettle"), str(names.FAULT_UPDATE_PRODUCT)),
        (_package(hardware=[2, 3]), str(names.FAULT_UPDATE_HARDWARE)),
        (_package(sequence=6), str(names.FAULT_UPDATE_SEQUENCE)),
        (_package(sequence=1), str(names.FAULT_UPDATE_SEQUENCE)),
        (_package(image=bytes(20_001)), str(names.FAULT_UPDATE_SIZE)),
    ]
    answers = _judged(name, tmp_path, [_first(built.content) for built, _ in cases])
    assert answers == [expected for _, expected in cases]


@pytest.mark.parametrize("name", NAMES)
def test_any_changed_bit_of_the_header_is_noticed(name: str, tmp_path: Path) -> None:
    content = _package().content
    end = len(content) - len(_IMAGE)
    changed = []
    for at in range(end):
        header = bytearray(content[:end])
        header[at] ^= 1 << at % 8
        changed.append(bytes(header))
    changed += [content[:size] for size in range(end)]
    answers = _judged(name, tmp_path, changed)
    assert set(answers) == {str(names.FAULT_UPDATE_SIGNATURE)}


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.binary(max_size=700), min_size=20, max_size=60), st.booleans())
def test_garbage_for_a_header_is_refused(
    tmp_path: Path, garbage: list[bytes], magic: bool
) -> None:
    headers = [(b"CALLPFW1" if magic else b"x") + rest for rest in garbage]
    answers = _judged("micropython", tmp_path, headers)
    assert set(answers) == {str(names.FAULT_UPDATE_SIGNATURE)}


@pytest.mark.parametrize("name", NAMES)
def test_a_bit_flipped_in_the_image_keeps_the_old_one(name: str, tmp_path: Path) -> None:
    content = bytearray(_package().content)
    content[-700] ^= 4
    file = tmp_path / "one.cpfw"
    file.write_bytes(content)
    assert _played(name, file) == ["old", [[names.TROUBLE, names.FAULT_UPDATE_DIGEST]]]


def _played(name: str, file: Path, loader: str = "Loader") -> Any:
    """Play an update once; return what runs then, and what was told."""
    words = (str(file), _modulus(file.parent), "0", "0", loader)
    return json.loads(_run(name, "cut_update.py", *words))


@pytest.mark.parametrize("name", NAMES)
def test_what_came_by_cable_takes_no_older_package(name: str, tmp_path: Path) -> None:
    """The store is blank then: what counts is the sequence of the build that runs."""
    file = tmp_path / "one.cpfw"
    file.write_bytes(_package(sequence=own_build().sequence).content)
    assert _played(name, file) == ["old", [[names.TROUBLE, names.FAULT_UPDATE_SEQUENCE]]]


@pytest.mark.parametrize("name", NAMES)
def test_an_update_needs_no_large_piece_of_the_heap(name: str, tmp_path: Path) -> None:
    file = tmp_path / "one.cpfw"
    file.write_bytes(_package().content)
    words = (str(file), _modulus(tmp_path), "1536")
    assert _run(name, "update_pieces.py", *words, heap="400k").split()[:2] == ["new", "[]"]


def test_an_image_without_file_system_is_not_started_by_the_picker(tmp_path: Path) -> None:
    file = tmp_path / "one.cpfw"
    file.write_bytes(_package().content)
    told = _played(NAMES[0], file, "Picker")
    assert told == ["old", [[names.TROUBLE, names.FAULT_UPDATE_FLASH]]]


_BODIES = st.one_of(
    st.binary(max_size=40),
    # Parts of what was asked at the beginning, of another package and of other offsets.
    st.builds(
        lambda number, at, part: struct.pack("<II", number, at) + part,
        st.sampled_from([0, 1, 0xFFFFFFFF]),
        st.sampled_from([1, 1024, 4096, 0xFFFFFFFF]),
        st.binary(max_size=1024),
    ),
)


def _noise(seed: int) -> list[str]:
    """Return what comes before each answer, one line a question; ``-``: the answer is lost."""
    found: list[str] = []

    @settings(max_examples=14, deadline=None, database=None)
    @hypothesis.seed(seed)
    @given(st.lists(_BODIES, max_size=3), st.integers(0, 4))
    def collect(bodies: list[bytes], lost: int) -> None:
        found.append(" ".join([body.hex() for body in bodies if body] + ["-"] * (lost == 0)))

    collect()
    return found


@pytest.mark.parametrize("name", NAMES)
def test_an_update_over_a_bad_line_and_on_trial(name: str, tmp_path: Path) -> None:
    made = _package()
    file = tmp_path / "one.cpfw"
    file.write_bytes(made.content)
    noise = _noise(random.getrandbits(32))
    lines = "".join(line + "\n" for line in noise)
    result = json.loads(_run(name, "update_script.py", str(file), _modulus(tmp_path), lines=lines))
    # Garbage, stale and repeated parts and lost answers: the image is the right one all the same.
    assert result["bad line"] == ["new", [True, False], []], lines
    stage, whole, rest, restarted = result["resumed"]
    start = len(made.head) + len(made.signature)
    assert whole[0] == 0
    assert whole[1] == start
    assert rest == [0, start + 8192, start + 8192 + names.IMAGE_CHUNK]
    assert (stage, restarted) == (2, True)
    # Healthy but never answered: ten minutes, then the old image, and the sequence did not rise.
    back = [[names.TROUBLE, names.FAULT_UPDATE_RETURNED]]
    assert result["unanswered"] == [True, True, 0, "old", None, back]
    asleep, later = result["awake"]
    assert asleep < 5_000
    assert later >= 30_000
    assert result["busy"] == [False, True, True, False]


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": 2**32 + 7},
        {"sequence": "7"},
        {"sequence": 7.5},
        {"size": 5.5},
        {"size": None},
        {"hardware": 1},
        {"sha256": "zz"},
        {"sha256": 7},
        None,
    ],
    ids=repr,
)
def test_a_signed_manifest_that_is_none_is_refused(
    change: dict[str, Any] | None, tmp_path: Path
) -> None:
    made = _package()
    manifest = json.loads(made.head[10:])
    text = json.dumps(manifest | change if change is not None else [manifest]).encode()
    head = update_package.MAGIC + len(text).to_bytes(2, "little") + text
    signed = head + _KEY.sign(head, padding.PKCS1v15(), hashes.SHA256())
    for name in NAMES:
        answer = _judged(name, tmp_path, [signed])
        assert answer in (["ValueError"], ["TypeError"], ["KeyError"])


@pytest.mark.parametrize("name", NAMES)
def test_what_openssl_signed_is_taken(name: str, tmp_path: Path) -> None:
    made = _package()
    (tmp_path / "head").write_bytes(made.head)
    (tmp_path / "key.pem").write_bytes(
        _KEY.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    signature = subprocess.run(
        [tool("openssl"), "dgst", "-sha256", "-sign", tmp_path / "key.pem", tmp_path / "head"],
        capture_output=True,
        check=True,
    ).stdout
    assert _judged(name, tmp_path, [made.head + signature]) == ["good 7"]
