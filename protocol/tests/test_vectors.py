"""Every vector runs on CPython, on MicroPython with 64 and with 32 bits, and in the gateway.

On a machine that is not amd64 there is no 32-bit interpreter, by design.
"""

import binascii
import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from callpoint_gateway.ingest import device_messages

_PROTOCOL = Path(__file__).parents[1]
_VECTORS = _PROTOCOL / "vectors"
_FILES = sorted(path.name for path in _VECTORS.glob("*.json"))
_INTERPRETERS = ["cpython", "micropython"]
if platform.machine() in ("x86_64", "AMD64"):
    _INTERPRETERS.append("micropython32")
_GATEWAY = {
    "event": device_messages.decode_event,
    "telemetry": device_messages.decode_telemetry,
    "status": device_messages.decode_status,
    "get": device_messages.decode_get,
}

Vector = dict[str, Any]

_DEFAULTS: dict[str, Vector] = {
    "event": {"detail": 0, "count": 1, "flags": 0, "age_ms": None, "time_ms": None},
    "status": {"firmware": "", "cause": 0},
}


def _interpreter(name: str) -> str:
    if name == "cpython":
        return sys.executable
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"{name} is neither beside {sys.executable} nor on the PATH: run make"
    return found


def _load(path: Path) -> tuple[str, list[Vector]]:
    content = json.loads(path.read_text("utf-8"))
    return content["message"], content["vectors"]


def _run(interpreter: str, path: Path) -> dict[str, Any]:
    command = [_interpreter(interpreter), str(_VECTORS / "check.py"), str(_PROTOCOL), str(path)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    lines = (json.loads(line) for line in done.stdout.decode().splitlines())
    return {line["name"]: line["result"] for line in lines}


def _full(message: str, fields: Vector) -> Vector:
    return {"count": 1, **fields} if message == "ack" else fields


def _wanted(message: str, vector: Vector) -> Vector:
    wanted: Vector = {}
    refusal = {"refused": vector.get("refused")}
    if "fields" in vector:
        wanted["encode"] = refusal if "refused" in vector else vector["body"]
    if message not in (*_GATEWAY, "hmac") and (
        "body" in vector or "hex" in vector or "chunks" in vector
    ):
        fields = vector.get("decoded") or vector.get("fields", {})
        wanted["decode"] = refusal if "refused" in vector else _full(message, fields)
    return wanted


def _disagreements(path: Path) -> list[str]:
    message, vectors = _load(path)
    results = {name: _run(name, path) for name in _INTERPRETERS}
    return [
        f"{vector['name']}: {name} says {result.get(vector['name'])}, wanted {wanted}"
        for vector in vectors
        for wanted in [_wanted(message, vector)]
        for name, result in results.items()
        if result.get(vector["name"]) != wanted
    ]


def test_every_channel_and_what_carries_them_have_vectors() -> None:
    channels = ("event", "telemetry", "status", "get", "ack", "cmd", "cfg")
    assert set(_FILES) == {
        f"{name}.json" for name in (*channels, "topic", "hmac", "seal", "line", "stream")
    }


@pytest.mark.parametrize("name", _FILES)
def test_interpreters_agree_with_the_vectors(name: str) -> None:
    assert _disagreements(_VECTORS / name) == []


@pytest.mark.parametrize("name", _FILES)
def test_vector_names_are_unique(name: str) -> None:
    names = [vector["name"] for vector in _load(_VECTORS / name)[1]]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("change", ["body", "refused"])
def test_a_changed_vector_is_noticed(change: str, tmp_path: Path) -> None:
    content = json.loads((_VECTORS / "ack.json").read_text("utf-8"))
    changed = next(vector for vector in content["vectors"] if change in vector)
    changed[change] = changed[change].replace("1", "2") if change == "body" else "zz"
    path = tmp_path / "ack.json"
    path.write_text(json.dumps(content), "utf-8")
    found = _disagreements(path)
    assert len(found) == len(_INTERPRETERS)
    assert all(line.startswith(changed["name"] + ":") for line in found)


def _body(vector: Vector) -> bytes:
    if "hex" in vector:
        return binascii.unhexlify(vector["hex"])
    return str(vector["body"]).encode()


def _decoded(message: str, body: bytes) -> Vector:
    try:
        decoded = _GATEWAY[message](body)
    except device_messages.MessageRefused as error:
        assert str(error).startswith(error.field + ": ")
        return {"refused": error.field}
    if isinstance(decoded, device_messages.Telemetry):
        return {"boot": decoded.boot, "seq": decoded.seq, "readings": decoded.readings}
    return {name: getattr(decoded, name) for name in decoded.__struct_fields__}


@pytest.mark.parametrize("message", _GATEWAY)
def test_gateway_agrees_with_the_vectors(message: str) -> None:
    defaults = _DEFAULTS.get(message, {})
    disagreements = []
    for vector in _load(_VECTORS / f"{message}.json")[1]:
        wanted: Vector = {"refused": vector.get("refused")}
        if "refused" not in vector:
            wanted = {**defaults, **(vector.get("decoded") or vector["fields"])}
        got = _decoded(message, _body(vector))
        if got != wanted:
            disagreements.append(f"{vector['name']}: {got}, wanted {wanted}")
    assert disagreements == []
