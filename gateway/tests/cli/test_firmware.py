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
from callpoint_gateway.protocols import update_package
from callpoint_technician.chips import CHIPS
from callpoint_technician.image import table
from callpoint_technician.image.compiled import Build
from callpoint_technician.image.stock import application as compiled_application
from callpoint_technician.image.stock import slot_image

from ..technician.synthetic import application, dump, stock_file
from .english import english

APP = application(CHIPS["esp32"])
APP_BYTES = len(APP)
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
    (tmp_path / "app.bin").write_bytes(APP)
    run("key", tmp_path / "sign.pem")
    made = tmp_path / "one.cpfw"
    run("build", tmp_path / "app.bin", "-o", made, *BUILD)
    run("sign", made, "--key", tmp_path / "sign.pem")
    return made


def test_a_release(signed: Path) -> None:
    folder = signed.parent
    assert stat.S_IMODE((folder / "sign.pem").stat().st_mode) == 0o600
    found = json.loads(run("verify", signed, "--key", folder / "sign.public.pem", "--json").output)
    assert (found["product"], found["sequence"], found["size"]) == ("callpoint", 3, APP_BYTES)
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
        (content[:-1], f"size: {APP_BYTES - 1} bytes of image, {APP_BYTES} said"),
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
    assert "one of IMAGE, --tree and --application" in run("build", *out, code=2).output
    (folder / "tree").mkdir()
    assert "no .mpy files" in run("build", "--tree", folder / "tree", *out, code=3).output


WHOLE = stock_file()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (bytes(range(256)) * 80, "no application of an ESP32"),
        (WHOLE, "an image of the whole flash"),
        (stock_file(CHIPS["esp32c3"]), "an image of the whole flash"),
        (dump(CHIPS["esp32"], WHOLE), "an image of the whole flash"),
        (APP + WHOLE, "an image of the whole flash"),
        (APP[:-1], "ends too early"),
        (APP[:5000] + b"x" + APP[5001:], "application: does not fit its checksum"),
        (application(CHIPS["esp32"], size=0x1A0000), f"{0x1A0000} fit"),
    ],
)
def test_only_an_application_that_fits_is_packed(
    content: bytes, complaint: str, tmp_path: Path
) -> None:
    """Neither of the two files of a build is taken for the other, and none that has no room."""
    assert table.rows(table.FROZEN)["ota_0"].size == 0x1A0000
    (tmp_path / "x.bin").write_bytes(content)
    out = ("-o", tmp_path / "x.cpfw", *BUILD)
    assert complaint in run("build", tmp_path / "x.bin", *out, code=4).output
    assert not (tmp_path / "x.cpfw").exists()


def test_this_firmware_for_the_slots_of_stock_boards(tmp_path: Path) -> None:
    made = tmp_path / "x.cpfw"
    run("build", "--application", "-o", made, *BUILD)
    expected = slot_image(compiled_application(Build(3, "0.3.0")))
    assert update_package.read(made.read_bytes()).image == expected


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
