"""The wheel and the lists of parts are the same bytes at each building."""

import hashlib
import json
from pathlib import Path

import pytest

import audit
import bill
from build_deb import CHECKOUT, commit_time, copy_sources, uv_of_checkout

pytestmark = pytest.mark.timeout(300)


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_wheel_is_built_twice_alike(tmp_path: Path) -> None:
    source = tmp_path / "source"
    copy_sources(source)
    uv = uv_of_checkout(commit_time())
    first, second = (uv.wheel(source, tmp_path / name) for name in ("first", "second"))
    assert digest(first) == digest(second)


def test_the_parts_of_the_gateway_are_listed_alike_with_their_digests() -> None:
    epoch = commit_time()
    uv = uv_of_checkout(epoch)
    text = bill.gateway(uv, CHECKOUT, epoch)
    assert text == bill.gateway(uv, CHECKOUT, epoch)
    parts = {part["name"]: part for part in json.loads(text)["components"]}
    assert {"click", "cryptography", "starlette", "apprise"} <= set(parts)
    assert not {"pytest", "ruff"} & set(parts)
    assert "SHA-256" in json.dumps(parts["cryptography"])


def test_the_parts_of_the_firmware_are_its_modules(tmp_path: Path) -> None:
    (tmp_path / "callpoint_firmware").mkdir()
    (tmp_path / "callpoint_firmware/app.mpy").write_bytes(b"M\x06")
    made = json.loads(bill.firmware(tmp_path, "0.1.0", 0))
    (part,) = made["components"]
    assert part["name"] == "callpoint_firmware/app.mpy"
    assert part["hashes"][0]["content"] == hashlib.sha256(b"M\x06").hexdigest()


def test_an_audit_says_when_nobody_was_asked() -> None:
    code, said = audit.audit("--service-url", "http://127.0.0.1:9")
    assert code == audit.UNREACHED
    assert said.startswith("the index of advisories was not reached, so nothing is known")
