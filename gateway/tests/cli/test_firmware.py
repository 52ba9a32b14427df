"""``callpoint firmware``: what a release needs, and every mistake that is made on the way."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from callpoint_cli.main import main

from .english import english

BUILD = ("--product", "callpoint", "--hardware", "1", "--sequence", "3", "--version", "0.3.0")


def run(*words: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["firmware", *map(str, words)])
    assert result.exit_code == code, result.output
    if code:
        chinese = CliRunner().invoke(main, ["--lang", "zh", "firmware", *map(str, words)])
        assert english(chinese.output) == []
    return result


@pytest.fixture
def signed(tmp_path: Path) -> Path:
    (tmp_path / "app.bin").write_bytes(b"\xe9" + bytes(999))
    run("key", tmp_path / "sign.pem")
    made = tmp_path / "one.cpfw"
    run("build", tmp_path / "app.bin", "-o", made, *BUILD)
    run("sign", made, "--key", tmp_path / "sign.pem")
    return made


def test_a_release(signed: Path) -> None:
    folder = signed.parent
    assert stat.S_IMODE((folder / "sign.pem").stat().st_mode) == 0o600
    found = json.loads(run("verify", signed, "--key", folder / "sign.public.pem", "--json").output)
    assert (found["product"], found["sequence"], found["size"]) == ("callpoint", 3, 1000)
    shown = run("verify", signed, "--key", folder / "sign.public.pem").output
    assert "good" in shown
    assert "0.3.0" in shown
    assert not list(folder.glob("*.partial"))


def test_a_key_is_never_overwritten_and_the_private_one_never_printed(signed: Path) -> None:
    folder = signed.parent
    before = (folder / "sign.pem").read_bytes()
    said = run("key", folder / "sign.pem", code=2).output
    assert "exists already" in said
    assert (folder / "sign.pem").read_bytes() == before
    assert "PRIVATE" not in run("key", folder / "other.pem").output


def test_verify_names_what_is_wrong(signed: Path) -> None:
    folder = signed.parent
    public = folder / "sign.public.pem"
    content = signed.read_bytes()
    run("key", folder / "other.pem")
    said = run("verify", signed, "--key", folder / "other.public.pem", code=4).output
    assert "signature: not by key" in said
    for changed, complaint in [
        (content[:-1], "size: 999 bytes of image, 1000 said"),
        (content[:-1] + b"\x01", "sha256"),
        (b"X" + content[1:], "magic"),
        (content[:30], "length"),
        (content[:20] + b"\x00" + content[21:], "manifest"),
    ]:
        signed.write_bytes(changed)
        assert complaint in run("verify", signed, "--key", public, code=4).output
    assert "No such file" in run("verify", folder / "none", "--key", public, code=3).output
    assert "no public key" in run("verify", signed, "--key", folder / "sign.pem", code=2).output


def test_an_unsigned_package_says_what_to_run(signed: Path) -> None:
    folder = signed.parent
    made = folder / "two.cpfw"
    run("build", folder / "app.bin", "-o", made, *BUILD)
    said = run("verify", made, "--key", folder / "sign.public.pem", code=4).output
    assert "callpoint firmware sign" in said


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("--product", "Kettle!"), "--product"),
        (("--sequence", "0"), "sequence"),
        (("--hardware", "-1"), "hardware"),
        (("--version", 'a"b'), "version"),
    ],
)
def test_build_refuses_what_a_device_would(
    signed: Path, change: tuple[str, str], complaint: str
) -> None:
    folder = signed.parent
    words = list(BUILD)
    words[words.index(change[0]) + 1] = change[1]
    said = run("build", folder / "app.bin", "-o", folder / "x.cpfw", *words, code=2).output
    assert complaint in said
    assert not (folder / "x.cpfw").exists()


def test_build_needs_one_image(signed: Path) -> None:
    folder = signed.parent
    out = ("-o", folder / "x.cpfw", *BUILD)
    assert "either IMAGE or --tree" in run("build", *out, code=2).output
    (folder / "tree").mkdir()
    assert "no .mpy files" in run("build", "--tree", folder / "tree", *out, code=3).output


@pytest.mark.parametrize("kind", ["small", "elliptic", "text"])
def test_sign_takes_rsa_2048_only(signed: Path, kind: str) -> None:
    file = signed.parent / "key.pem"
    if kind == "text":
        file.write_text("no key")
    else:
        key = (
            rsa.generate_private_key(public_exponent=65537, key_size=1024)
            if kind == "small"
            else ec.generate_private_key(ec.SECP256R1())
        )
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    said = run("sign", signed, "--key", file, code=2).output
    assert {"small": "1024 bits", "elliptic": "not an RSA key", "text": "no private key"}[
        kind
    ] in said
