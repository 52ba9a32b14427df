"""A signed report: every changed byte is found, and what was changed is named."""

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from callpoint_cli.main import main
from callpoint_console.commissioning.signed_file import (
    Unsigned,
    canonical,
    public_bytes,
    sign,
    verify,
)
from callpoint_console.commissioning.site_key import KEY, KeyFault, public_pem, site_key
from callpoint_console.commissioning.store import CommissioningStore
from callpoint_console.database import Database, file_in
from callpoint_console.schema import SUBJECTS
from callpoint_gateway.host.clock import SystemClock

from .estate import Estate

SITE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))


def row(device: str) -> dict[str, Any]:
    return {
        "device": device,
        "where": ["幸福小区", "1", "101"],
        "tested": True,
        "battery_mv": None,
    }


REPORT: dict[str, Any] = {
    "site": "幸福小区",
    "counts": {"devices": 2, "tested": 1},
    "left": ["button-2"],
    "devices": [row("button-1"), row("button-2")],
}
FILE = sign(REPORT, SITE_KEY)


def test_what_nobody_changed_is_good() -> None:
    found = verify(FILE, public_bytes(SITE_KEY.public_key()))
    assert found.good
    assert found.report == REPORT
    assert canonical(json.loads(FILE)) + b"\n" == FILE
    assert sign(REPORT, SITE_KEY) == FILE, "the same report is the same file"


@settings(max_examples=400, deadline=None)
@given(at=st.integers(0, len(FILE) - 1), other=st.integers(1, 255))
def test_a_changed_byte_is_found(at: int, other: int) -> None:
    changed = bytearray(FILE)
    changed[at] ^= other
    try:
        found = verify(bytes(changed))
    except Unsigned:
        return
    assert found.wrong, changed[max(0, at - 20) : at + 20]


@pytest.mark.parametrize("cut", [1, 10, len(FILE) // 2])
def test_a_missing_end_is_found(cut: int) -> None:
    with suppress(Unsigned):
        assert verify(FILE[:-cut]).wrong


def edited(**changes: Any) -> bytes:
    content = json.loads(FILE)
    content["report"] |= changes
    return canonical(content) + b"\n"


@pytest.mark.parametrize(
    ("file", "wrong"),
    [
        (edited(site="另一小区"), [("part", "site")]),
        (edited(devices=[row("button-1") | {"tested": False}, row("button-2")]),
         [("part", "devices/button-1")]),
        (edited(devices=[row("button-1")]),
         [("part", "devices"), ("missing", "devices/button-2")]),
        (edited(devices=[row("button-1") | {"tested": False}, *REPORT["devices"]]),
         [("part", "devices")]),
        (edited(devices=[*REPORT["devices"], row("button-3")]),
         [("part", "devices"), ("added", "devices/button-3")]),
        (edited(more="x"), [("added", "more")]),
        (FILE.replace(b'"left":', b'"left": '), [("form", str(FILE.index(b'"left":') + 7))]),
    ],
)  # fmt: skip
def test_what_was_changed_is_named(file: bytes, wrong: list[tuple[str, str]]) -> None:
    assert sorted(verify(file).wrong) == sorted(wrong)


def test_digests_that_were_made_to_fit_do_not_fit_the_signature() -> None:
    content = json.loads(sign(REPORT | {"left": []}, OTHER))
    original = json.loads(FILE)
    content |= {"key": original["key"], "signature": original["signature"]}
    assert verify(canonical(content) + b"\n").wrong == (("signature", ""),)


def test_another_key_is_told_from_the_sites() -> None:
    forged = sign(REPORT | {"left": []}, OTHER)
    assert verify(forged).good, "it says by which key, no more"
    found = verify(forged, public_bytes(SITE_KEY.public_key()))
    assert found.foreign
    assert not found.good
    assert not found.wrong


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"a":1,"a":1}',
        FILE.replace(b'"key"', b'"kay"'),
    ],
)
def test_what_is_no_report_is_said_to_be_none(file: bytes) -> None:
    with pytest.raises(Unsigned):
        verify(file)


def test_the_key_of_a_site_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        key = site_key(tmp_path / KEY)
    finally:
        os.umask(old)
    assert (tmp_path / KEY).stat().st_mode & 0o777 == 0o600
    assert public_bytes(site_key(tmp_path / KEY).public_key()) == public_bytes(key.public_key())
    assert [path.name for path in tmp_path.iterdir()] == [KEY]
    (tmp_path / KEY).write_bytes(b"-----BEGIN PRIVATE KEY-----\nxx\n")
    with pytest.raises(KeyFault, match=KEY):
        site_key(tmp_path / KEY)


def told(*line: str) -> Result:
    return CliRunner().invoke(main, ["--lang", "en", *line], env={"LANG": "en_GB.UTF-8"})


def test_the_command_line_checks_a_file_offline(tmp_path: Path) -> None:
    file, key, other = tmp_path / "r.json", tmp_path / "k.pem", tmp_path / "o.pem"
    file.write_bytes(FILE)
    key.write_bytes(public_pem(SITE_KEY.public_key()))
    other.write_bytes(public_pem(OTHER.public_key()))
    good = told("handover", "verify", str(file), "--key", str(key))
    assert good.exit_code == 0, good.output
    assert "unchanged since it was signed; 1 of 2 devices tested" in good.output
    assert "NOT COMPLETE, left: button-2" in good.output
    alone = told("handover", "verify", str(file))
    assert alone.exit_code == 0
    assert "compare it with the key that the site shows" in alone.output
    foreign = told("handover", "verify", str(file), "--key", str(other))
    assert foreign.exit_code == 4
    assert "signed with another key" in foreign.output
    file.write_bytes(edited(devices=[row("button-1") | {"tested": False}, row("button-2")]))
    bad = told("handover", "verify", str(file), "--key", str(key))
    assert bad.exit_code == 4
    assert "CHANGED after it was signed" in bad.output
    assert "devices/button-1 was changed" in bad.output
    as_json = told("handover", "verify", str(file), "--json")
    assert as_json.exit_code == 4
    assert json.loads(as_json.output)["wrong"] == [{"kind": "part", "what": "devices/button-1"}]


def test_reports_are_listed_and_come_back_with_their_key(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (tmp_path / "register.toml").write_text('[[place]]\nid = "home"\n')
    config = tmp_path / "gateway.toml"
    config.write_text(
        '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'
    )
    assert "no hand-over report yet" in told("handover", "-c", str(config)).output
    Estate(state).close()
    database = Database(file_in(state), SUBJECTS)
    store = CommissioningStore(database, SystemClock())
    made = site_key(file_in(state).parent / KEY)
    store.add_handover("once", "tech-1", 1_700_000_000_000, (1, 1), sign(REPORT, made))
    database.close()
    listed = told("handover", "-c", str(config))
    assert "tech-1" in listed.output
    assert json.loads(told("handover", "--json", "-c", str(config)).output) == {
        "handovers": [
            {
                "number": 1,
                "made_ms": 1_700_000_000_000,
                "who": "tech-1",
                "tested": 1,
                "untested": 1,
            }
        ]
    }
    plain, whole = tmp_path / "plain", tmp_path / "whole"
    assert told("backup", str(plain), "-c", str(config)).exit_code == 0
    assert told("backup", str(whole), "--secrets", "-c", str(config)).exit_code == 0
    assert not list(plain.rglob(KEY)), "the key is a secret"
    shutil.rmtree(state)
    state.mkdir()
    restored = told("restore", str(whole), "-c", str(config))
    assert restored.exit_code == 0, restored.output
    again = site_key(file_in(state).parent / KEY)
    assert public_bytes(again.public_key()) == public_bytes(made.public_key())
    assert (file_in(state).parent / KEY).stat().st_mode & 0o777 == 0o600
