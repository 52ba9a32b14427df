"""``callpoint simulate`` against a real Mosquitto and a real gateway."""

import json
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser
from pathlib import Path
from socket import create_connection

import pytest
from click.testing import CliRunner, Result

from callpoint_cli.errors import BAD, MISSING, OK, USAGE
from callpoint_cli.main import main
from callpoint_gateway.broker.configuration import write_configuration
from callpoint_gateway.configuration import register as registers
from callpoint_gateway.journal.entries import Type
from callpoint_gateway.journal.reader import Reader
from callpoint_rig.ledger import Ledger
from callpoint_rig.ports import free_port
from callpoint_rig.simulated_devices import register_text
from callpoint_rig.tools import tool

TRIES = 1000


@contextmanager
def process(*command: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a program while the block lasts."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as one:
        try:
            yield one
        finally:
            one.terminate()


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Return the port of a broker."""
    chosen = free_port()
    path = write_configuration(tmp_path / "broker", chosen, user=getuser())
    with process(str(tool("mosquitto")), "-c", str(path)) as broker:
        pause = threading.Event()
        for _ in range(TRIES):
            try:
                create_connection(("127.0.0.1", chosen)).close()
                break
            except ConnectionRefusedError:
                assert broker.poll() is None
                pause.wait(0.01)
        yield chosen


@pytest.fixture
def state_dir(tmp_path: Path, port: int) -> Iterator[Path]:
    """Return the state directory of a running gateway that knows 60 devices."""
    (tmp_path / "register.toml").write_text(register_text(60), encoding="utf-8")
    path = tmp_path / "gateway.toml"
    path.write_text(
        '[gateway]\nsite = "estate"\nstate_dir = "state"\nregister = "register.toml"\n'
        f"[broker]\nport = {port}\n",
        encoding="utf-8",
    )
    with process(sys.executable, "-m", "callpoint_cli.main", "run", "-c", str(path)) as gateway:
        assert gateway.stdout is not None
        connected = 0
        while connected < 2:
            line = gateway.stdout.readline()
            assert line, "the gateway ended"
            connected += "): connected" in line
        yield tmp_path / "state"


def simulate(port: int, *words: str) -> Result:
    """Run the command, briefly."""
    fixed = ["simulate", "--port", str(port), "--seconds", "0.5"]
    return CliRunner().invoke(main, [*fixed, *words])


def test_everything_raised_is_stored(port: int, state_dir: Path) -> None:
    words = ["--devices", "60", "--rate", "400", "--telemetry-rate", "50", "--json"]
    result = simulate(port, *words)
    assert result.exit_code == OK, result.output
    verdict = json.loads(result.stdout)
    counts = [verdict[name] for name in ("raised", "stored", "lost", "refused")]
    assert counts == [200, 200, 0, 0]
    assert verdict["median_ms"] > 0
    with Reader(state_dir / "alarms.db") as reader:
        assert len(reader.read(0, 1000, (Type.EVENT,))) == 200


def test_a_second_run_is_new_to_the_gateway(port: int, state_dir: Path) -> None:
    for _ in range(2):
        result = simulate(port, "--devices", "2", "--rate", "20")
        assert result.exit_code == OK, result.output
        assert result.stdout.startswith("10 raised, 10 stored, 0 duplicates, 0 lost")
    with Reader(state_dir / "alarms.db") as reader:
        assert len(reader.read(0, 1000, (Type.EVENT,))) == 20


def test_without_a_gateway_events_are_lost_and_the_exit_code_says_so(port: int) -> None:
    result = simulate(port, "--devices", "2", "--rate", "10", "--grace", "0.1")
    assert result.exit_code == BAD
    assert result.stdout.startswith("5 raised, 0 stored, 0 duplicates, 5 lost")
    assert "5 events were not stored; is a gateway of site 'estate' running" in result.stderr


def test_without_a_broker_one_line_says_where_and_what_to_do() -> None:
    port = free_port()
    result = simulate(port)
    assert result.exit_code == MISSING
    assert len(result.stderr.splitlines()) == 1
    assert f"127.0.0.1:{port}" in result.stderr
    assert "start it" in result.stderr


def test_register_is_one_that_the_gateway_takes(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["simulate", "--devices", "3", "--register"])
    assert result.exit_code == OK
    path = tmp_path / "register.toml"
    path.write_text(result.stdout, encoding="utf-8")
    assert registers.load(path).device_ids() == ["sim-0001", "sim-0002", "sim-0003"]
    assert len(tomllib.loads(result.stdout)["device"]) == 3


def test_a_site_that_no_topic_can_have_is_refused() -> None:
    assert simulate(1, "--site", "A/B").exit_code == USAGE


def test_the_ledger_counts_ranges_duplicates_refusals_and_losses() -> None:
    ledger = Ledger()
    for seq in range(1, 6):
        ledger.raised(0, seq, 10.0)
    ledger.answered(0, 3, 3, 10.5, stored=True)
    ledger.answered(0, 3, 1, 10.6, stored=True)
    ledger.answered(0, 4, 1, 10.7, stored=False)
    ledger.answered(1, 1, 1, 10.8, stored=True)
    assert [waiting.seq for waiting in ledger.overdue(12.0, 2.0)] == [5]
    assert ledger.overdue(12.1, 2.0) == []
    verdict = ledger.verdict()
    assert (verdict.raised, verdict.stored, verdict.refused) == (5, 3, 1)
    assert (verdict.duplicates, verdict.lost, verdict.median_ms) == (1, 1, 500.0)
    assert not verdict.good
