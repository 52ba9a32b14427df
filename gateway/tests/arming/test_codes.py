"""Codes: only hashes are kept, and they cannot be tried out."""

from pathlib import Path

import pytest

from callpoint_gateway.arming.keypad import LOCKED_MS, MISSES, Keypad
from callpoint_gateway.configuration import arming_codes
from callpoint_gateway.configuration.arming_codes import codes, sealed
from callpoint_gateway.configuration.toml_file import ConfigError

from ..conftest import ManualClock


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arming_codes, "COST", 2)


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "codes.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_code_is_known_by_its_hash_only(tmp_path: Path, clock: ManualClock) -> None:
    line = sealed("4711")
    assert "4711" not in line
    assert line != sealed("4711"), "each has a salt of its own"
    known = codes(written(tmp_path, f'resident = "{line}"\nguard = "{sealed("815815")}"\n'))
    keypad = Keypad(known, clock)
    assert [keypad.role_of(one) for one in ("4711", "815815", "4712", "")] == [
        *("resident", "guard", None, None)
    ]


def test_after_several_wrong_ones_none_is_taken_for_a_while(clock: ManualClock) -> None:
    known = arming_codes.Code("guard", b"salt", arming_codes.hash_of("4711", b"salt"))
    keypad = Keypad([known], clock)
    for _ in range(MISSES - 1):
        assert keypad.role_of("0000") is None
    assert keypad.role_of("4711") == "guard"
    for _ in range(MISSES):
        assert keypad.role_of("0000") is None
    assert keypad.locked
    clock.wall += 10 * LOCKED_MS  # no clock that can be set opens it
    assert keypad.role_of("4711") is None
    clock.advance(LOCKED_MS)
    assert keypad.role_of("4711") == "guard"


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ('guard = "4711"\n', 0o600, "codes.toml:1: guard: no code; make the line with"),
        ("guard = 4711\n", 0o600, "guard: no code"),
        ('guard = "scrypt:zz:00"\n', 0o600, "guard: no code"),
        ('"Jane Doe" = "scrypt:00:00"\n', 0o600, "who: a role"),
        ("guard\n", 0o600, "is not TOML"),
        ('guard = "scrypt:00:00"\n', 0o644, "chmod 600"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(
    tmp_path: Path, text: str, mode: int, words: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        codes(written(tmp_path, text, mode))
    assert words in str(refusal.value)
    assert "4711" not in str(refusal.value)


@pytest.mark.parametrize("code", ["", "123", "1" * 33])
def test_a_code_is_neither_too_short_nor_too_long(code: str) -> None:
    with pytest.raises(ValueError, match="4 to 32 characters"):
        sealed(code)
