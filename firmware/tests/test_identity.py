"""The identity partition: what the host writes the device reads, and nothing that was harmed."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from interpreters import FIRMWARE, NAMES, PROTOCOL, interpreter

from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.host.clock import SystemClock
from callpoint_protocol import device_settings as bounds
from callpoint_technician.identity import device_settings
from callpoint_technician.identity import image as images

_SCRIPT = Path(__file__).with_name("identity_script.py")
_SIZE = 16_384
_PASSWORD = "not-for-anybody"
_SETTINGS: dict[str, Any] = {
    "site": "estate-1",
    "device": "lobby",
    "host": "broker.example",
    "port": 8883,
    "user": "lobby",
    "password": _PASSWORD,
    "zones": [
        {"zone": 1, "kind": "panic", "input": "button", "active": 0, "debounce": 30},
        {"zone": 2, "kind": "door", "input": "door", "release": "exit", "release_active": 1},
        {"zone": 3, "kind": "smoke", "input": "relay", "fault": "relay-fault"},
    ],
    "settings": {"hb": 60, "db": 50},
    "board": {"note": "in der Küche"},
    "sleep": {"heartbeat_s": 3_600},
    "second": {"host": "192.0.2.1", "key": "0123456789abcdef" * 2, "after_s": 10},
    "update": {"keys": ["c5" * 256], "product": "callpoint", "hardware": 1},
    "made": 1_795_000_000,
}
_AWAKE: dict[str, Any] = {key: _SETTINGS[key] for key in ("site", "device", "host")} | {
    "zones": [
        {"zone": 1, "kind": "door", "input": "door", "left_open_s": 60, "release": "exit"},
        {"zone": 2, "kind": "water", "input": "leak", "latch_s": 30, "debounce": 500},
        {
            "zone": 3,
            "kind": "intrusion",
            "loop": {"input": "loop", "preset": "2k2", "pullup": 4_700},
            "fault": "relay",
        },
    ]
}


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _run(name: str, image: Path | str, what: str, given: str = "") -> str:
    done = subprocess.run(
        [interpreter(name), str(_SCRIPT), str(FIRMWARE), str(PROTOCOL), str(image), what],
        input=given.encode(),
        capture_output=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode()


def _image(folder: Path, content: dict[str, Any]) -> Path:
    found = device_settings.parse(json.dumps(content).encode())
    if found.tls:
        found = msgspec.structs.replace(found, tls=images.embed(found.tls, folder, found.device))
    path = folder / "identity.bin"
    path.write_bytes(images.build(found, _SIZE))
    return path


def _with_tls(folder: Path) -> tuple[dict[str, Any], Authority]:
    authority = Authority(folder, SystemClock())
    issued = authority.client("lobby")
    tls = {"ca": "ca.pem", "cert": issued.certificate_file.name, "key": issued.key_file.name}
    return _SETTINGS | {"tls": tls}, authority


def test_a_device_reads_what_the_host_wrote(name: str, tmp_path: Path) -> None:
    content, authority = _with_tls(tmp_path)
    read = json.loads(_run(name, _image(tmp_path, content), "read"))
    tls = read.pop("tls")
    assert read == _SETTINGS
    ca = x509.load_pem_x509_certificate(authority.ca_file.read_bytes())
    assert bytes(tls["ca"]) == ca.public_bytes(Encoding.DER)
    x509.load_der_x509_certificate(bytes(tls["cert"]))


def test_a_device_takes_the_certificates_for_tls(name: str, tmp_path: Path) -> None:
    content, authority = _with_tls(tmp_path)
    assert _run(name, _image(tmp_path, content), "tls") == "broker.example\n"
    chain = tmp_path / content["tls"]["cert"]
    chain.write_bytes(chain.read_bytes() + authority.ca_file.read_bytes())
    assert _run(name, _image(tmp_path, content), "tls") == "broker.example\n"


def test_whatever_is_harmed_is_refused_and_shows_nothing(name: str, tmp_path: Path) -> None:
    content = _SETTINGS | {"board": {"filler": "x" * 4_000}}  # over the border of a sector
    path = _image(tmp_path, content)
    used = len(path.read_bytes().rstrip(b"\xff"))
    told: dict[str, int] = json.loads(_run(name, path, "harm"))
    reasons: dict[str, Counter[str]] = {}
    for key, count in told.items():
        harm, _, reason = key.partition(": ")
        reasons.setdefault(harm, Counter())[re.sub(r"\d+", "N", reason)] += count
    assert reasons["whole"] == {"read": 1}
    for harm, count in (("flip", 2 * used), ("cut", used), ("over", used), ("small", 1)):
        assert sum(reasons[harm].values()) == count
        assert set(reasons[harm]) <= {
            "identity: blank",
            "identity: wrong magic",
            "identity: layout N, not N",
            "identity: truncated",
            "identity: wrong digest",
        }
    assert reasons["flip"]["identity: wrong magic"] == 16
    assert reasons["flip"]["identity: layout N, not N"] == 4
    assert reasons["cut"]["identity: blank"] == 1
    assert reasons["small"] == {"identity: truncated": 1}


def test_what_is_whole_and_no_settings_is_refused(name: str, tmp_path: Path) -> None:
    import hashlib
    import struct

    for text in (b"", b"[1]", b"7", b'{"password": "' + _PASSWORD.encode(), b'{"tls": {"ca": 5}}'):
        head = struct.pack("<8sHI", b"CALLPIDN", 1, len(text)) + text
        image = head + hashlib.sha256(head).digest()
        path = tmp_path / "odd.bin"
        path.write_bytes(image.ljust(_SIZE, b"\xff"))
        with pytest.raises(images.ImageError, match="not settings") as refused:
            images.read(image)
        assert _PASSWORD not in str(refused.value)
        if text.startswith(b'{"p'):
            continue  # the device's JSON takes it for a smaller object; ``Settings`` judges that
        done = subprocess.run(
            [interpreter(name), str(_SCRIPT), str(FIRMWARE), str(PROTOCOL), str(path), "read"],
            capture_output=True,
            check=False,
        )
        assert b"identity: not settings" in done.stderr, text
        assert _PASSWORD.encode() not in done.stderr + done.stdout


# Host and device must agree on what settings are.

_WRONG: tuple[Any, ...] = (
    None,
    "",
    "A b",
    0,
    -1,
    1,
    5,
    70_000,
    2**33,
    1.5,
    True,
    [],
    {},
    {"a": 1},
)
_STRICTER = re.compile(  # what the device takes as it comes, or finds out later
    r"^(user|password|tls|tls\.\w+|board|second\.key): "
)


def _places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [place] if place else []
    if place[:1] in (("board",), ("tls",)):
        return found
    inner = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        inner = enumerate(value)  # type: ignore[assignment]
    for key, nested in inner:
        found += _places(nested, (*place, key))
    return found


def _changed(whole: dict[str, Any]) -> list[dict[str, Any]]:
    """The settings with each value left out, renamed and replaced by what is mostly wrong."""
    found = []
    for *outer, key in _places(whole):
        for wrong in (*_WRONG, "left out", "renamed"):
            content = copy.deepcopy(whole)
            inside: Any = content
            for step in outer:
                inside = inside[step]
            value = inside.pop(key)
            if wrong == "renamed" and isinstance(inside, dict):
                inside[f"{key}x"] = value
            elif wrong != "left out" and isinstance(inside, dict):
                inside[key] = wrong
            elif wrong != "left out":
                inside.append(wrong)
            found.append(content)
    return found


def _loops() -> list[dict[str, Any]]:
    """Every preset, and some that are none, with many pull-ups."""
    presets = [
        f"{ohms}{end}" for ohms in ("1k", "2k2", "4k7", "5k6") for end in ("", "-nc", "-no")
    ]
    presets += ["1k-fault", "1k-fault-nc", "-nc", "3k3", "1k-", "fault"]
    found = []
    for preset in presets:
        for pullup in (99, 100, 470, 1_000, 2_200, 4_700, 10_000, 33_000, 100_000, 100_001):
            loop = {"input": "loop", "preset": preset, "pullup": pullup}
            found.append(_AWAKE | {"zones": [{"zone": 1, "kind": "intrusion", "loop": loop}]})
    return found


def test_host_and_device_know_the_same_keys() -> None:
    for host, device in (
        (device_settings.DeviceSettings, bounds.KEYS),
        (device_settings.Zone, bounds.ZONE_KEYS),
        (device_settings.Loop, bounds.LOOP_KEYS),
        (device_settings.Tls, bounds.TLS_KEYS),
        (device_settings.Sleep, bounds.SLEEP_KEYS),
        (device_settings.Second, bounds.SECOND_KEYS),
        (device_settings.Update, bounds.UPDATE_KEYS),
    ):
        assert set(host.__struct_fields__) == set(device)


def test_host_and_device_agree_on_settings(name: str) -> None:
    contents = _changed(_SETTINGS) + _changed(_AWAKE) + _loops()
    contents += [_SETTINGS | {"zones": zones["zones"]} for zones in (_AWAKE, _loops()[5])]
    assert len(contents) > 1_000
    lines = "".join(json.dumps(content) + "\n" for content in contents)
    answers = _run(name, "-", "settings", lines).splitlines()
    accepted = 0
    for content, answer in zip(contents, answers, strict=True):
        try:
            device_settings.parse(json.dumps(content).encode())
            host = "good"
            accepted += 1
        except device_settings.SettingsError as error:
            host = str(error)
        assert not answer.startswith("crashed"), (content, answer, host)
        if answer == "good":
            assert host == "good" or _STRICTER.match(host), (content, host)
        else:
            assert host != "good", (content, answer)
    assert accepted > 30
