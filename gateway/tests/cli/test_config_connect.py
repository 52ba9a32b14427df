"""``config check --connect`` tries every server; a byte order mark is no mistake."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from callpoint_cli.main import main

GATEWAY = """\
[gateway]
site = "estate"
state_dir = "."
register = "register.toml"

[broker]
port = {port}
"""
KINDS = (
    'kinds = ["panic", "medical", "smoke", "door", "intrusion", "tamper", "gas", "water", '
    '"device", "battery", "supervision", "test"]'
)
CAP = (
    f'[[centre]]\nname = "desk"\nprotocol = "cap"\nurl = "http://127.0.0.1:9/cap"\n{KINDS}\n'
    '[centre.cap]\nsender = "gw1@garden.example"\naddresses = "desk"\n'
)
UDP = (
    '[[centre]]\nname = "police"\nhost = "127.0.0.1"\nport = 9\ntransport = "udp"\n'
    f'account = "1234"\n{KINDS}\n'
)
TIME_SERIES = '[timeseries]\nurl = "http://127.0.0.1:9"\norg = "estate"\n'
WEBHOOK = '[[webhook]]\nname = "desk"\nurl = "http://127.0.0.1:9/events"\nsecret_file = "secret"\n'


@pytest.fixture
def port() -> Iterator[int]:
    """Return the port of something that can be connected to, like a broker."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def checked(folder: Path, content: str, *words: str, encoding: str = "utf-8") -> Result:
    (folder / "secret").write_text("0123456789abcdef")
    (folder / "secret").chmod(0o600)
    (folder / "register.toml").write_text("", encoding=encoding)
    (folder / "gateway.toml").write_text(content, encoding=encoding)
    file = str(folder / "gateway.toml")
    return CliRunner().invoke(main, ["config", "check", "-c", file, "--lang", "en", *words])


@pytest.mark.parametrize(
    ("section", "name"),
    [(CAP, "centre desk"), (TIME_SERIES, "timeseries"), (WEBHOOK, "webhook desk")],
)
def test_every_server_is_tried(tmp_path: Path, port: int, section: str, name: str) -> None:
    content = GATEWAY.format(port=port) + section
    assert checked(tmp_path, content).exit_code == 0
    result = checked(tmp_path, content, "--connect")
    assert result.exit_code == 3, result.output
    assert f"{name} at 127.0.0.1:9: " in result.output


def test_what_cannot_be_tried_is_said(tmp_path: Path, port: int) -> None:
    result = checked(tmp_path, GATEWAY.format(port=port) + UDP, "--connect")
    assert result.exit_code == 0, result.output
    assert "centre police was not tried over UDP" in result.output


def test_a_secret_that_others_can_read_is_named(tmp_path: Path) -> None:
    content = GATEWAY.format(port=1) + WEBHOOK
    assert "chmod 600" not in checked(tmp_path, content).output
    (tmp_path / "secret").chmod(0o644)
    file = str(tmp_path / "gateway.toml")
    result = CliRunner().invoke(main, ["config", "check", "-c", file, "--lang", "en"])
    assert result.exit_code == 0
    assert "chmod 600" in result.output


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    result = checked(tmp_path, GATEWAY.format(port=1), encoding="utf-8-sig")
    assert result.exit_code == 0, result.output
    wrong = checked(tmp_path, GATEWAY.format(port=1) + "hots = 1\n", encoding="utf-8-sig")
    assert "gateway.toml:8: unknown key 'hots'" in wrong.output
