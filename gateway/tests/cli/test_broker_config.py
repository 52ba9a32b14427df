"""``callpoint broker``: what it writes works in a real Mosquitto, with the gateway's own lines."""

import tomllib
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from callpoint_cli.main import main
from callpoint_gateway.broker.truths import examine
from callpoint_gateway.configuration.config import Broker
from callpoint_rig.rig import free_port

from ..mosquitto_process import running


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["broker", *map(str, arguments)])


def section(printed: str) -> Broker:
    """Return the lines that it says belong into gateway.toml."""
    lines = [line[5:] for line in printed.splitlines() if line.startswith("     ")]
    return msgspec.convert(tomllib.loads("\n".join(lines))["broker"], Broker)


@pytest.mark.parametrize("how", ["--tls", "--plain"])
def test_what_it_writes_and_says_is_right(tmp_path: Path, how: str) -> None:
    port = free_port()
    folders = ["-o", tmp_path / "broker", "--certificates", tmp_path / "certificates"]
    made = call("config", *folders, how, "--port", port, "--address", "127.0.0.1")
    assert made.exit_code == 0, made.output
    broker = section(made.output)
    assert (broker.ca_file is not None) == (how == "--tls")
    with running(tmp_path / "broker/mosquitto.conf", port):
        assert [one for one in examine(broker, "estate", outward=list) if not one.good] == []


def test_a_later_certificate_is_of_the_same_authority(tmp_path: Path) -> None:
    port = free_port()
    certificates = tmp_path / "certificates"
    made = call(
        "config", "-o", tmp_path / "broker", "--certificates", certificates, "--port", port
    )
    broker = section(made.output)
    with running(tmp_path / "broker/mosquitto.conf", port):
        again = call("certificate", "callpoint-gateway", "--certificates", certificates)
        assert again.exit_code == 0, again.output
        assert examine(broker, "estate", outward=list)
    assert (certificates / "ca.key").stat().st_mode & 0o077 == 0


def test_what_is_asked_wrongly(tmp_path: Path) -> None:
    open_to_all = call("config", "-o", tmp_path, "--plain", "--address", "0.0.0.0")
    assert (open_to_all.exit_code, "needs TLS" in open_to_all.output) == (2, True)
    (tmp_path / "ca.pem").write_text("x")
    half = call("certificate", "lobby", "--certificates", tmp_path)
    assert (half.exit_code, "without its ca.key" in half.output) == (2, True)
    one = call("config", "-o", tmp_path / "b", "--ca", tmp_path / "ca.pem")
    assert (one.exit_code, "belong together" in one.output) == (2, True)
    name = call("certificate", "../lobby", "--certificates", tmp_path / "new")
    assert (name.exit_code, "1 to 32" in name.output) == (2, True)
