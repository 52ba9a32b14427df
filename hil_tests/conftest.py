"""The options of the suite and its rig: a virtual board, or a real one with ``--port``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "firmware/tests"))

from board_process import Gateway
from mqtt_peer import Broker

from .rigs import Missing, Rig, SerialRig, VirtualRig


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what a real board needs."""
    group = parser.getgroup("hardware in the loop")
    group.addoption(
        "--port", help="Serial port of a real board; without it a virtual one is used."
    )
    group.addoption("--broker-host", help="This machine's address in the board's network.")
    group.addoption("--ssid", help="The board's Wi-Fi.")
    group.addoption("--wifi-password", default="", help="Its password.")


@pytest.fixture
def broker(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Broker]:
    """Return a running Mosquitto that the board can reach."""
    host = request.config.getoption("--broker-host")
    broker = Broker(tmp_path)
    if request.config.getoption("--port") and host:
        broker = Broker(tmp_path, f"listener {broker.port} {host}\nallow_anonymous true\n")
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def gateway(broker: Broker) -> Iterator[Gateway]:
    """Return a stand-in for the gateway that answers events with ``stored``."""
    gateway = Gateway(broker.port)
    yield gateway
    gateway.close()


@pytest.fixture
def rig(tmp_path: Path, broker: Broker, request: pytest.FixtureRequest) -> Iterator[Rig]:
    """Return the board, switched on."""
    option = request.config.getoption
    settings: dict[str, Any] = {
        "site": "s",
        "device": "d",
        "host": option("--broker-host") or "127.0.0.1",
        "port": broker.port,
        "zones": [
            {"zone": 1, "kind": "panic", "input": "button", "active": 0},
            {"zone": 2, "kind": "door", "input": "door", "active": 1},
        ],
    }
    port = option("--port")
    if port is None:
        made: Rig = VirtualRig(tmp_path, settings)
    elif not option("--broker-host") or not option("--ssid"):
        pytest.skip("a real board needs --broker-host and --ssid beside --port")
    else:
        settings["board"] = {"ssid": option("--ssid"), "password": option("--wifi-password")}
        try:
            made = SerialRig(port, settings)
        except Missing as missing:
            pytest.skip(str(missing))
    try:
        made.start()
    except Missing as missing:
        made.close()
        pytest.skip(str(missing))
    yield made
    made.close()
