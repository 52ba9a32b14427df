"""The options of the suite and its rig.

Without ``--port`` every test runs twice: on the virtual board, and on a pretended board through
the rig for real boards. With ``--port`` it runs on the real board at that port.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "firmware/tests"))

from board_process import Gateway
from mqtt_peer import Broker

from .pretended_board import PretendedBoard, pretended_port
from .rigs import Missing, Rig, VirtualRig
from .serial_rig import SerialRig, open_port

PASSWORD = "CALLPOINT_WIFI_PASSWORD"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options for a real board."""
    group = parser.getgroup("hardware in the loop")
    group.addoption(
        "--port", help="Serial port of a real board; without it no real board is used."
    )
    group.addoption("--broker-host", help="This machine's address in the board's network.")
    group.addoption("--ssid", help=f"The board's Wi-Fi; its password is taken from ${PASSWORD}.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Choose the boards that tests of a rig run on."""
    if "board_name" in metafunc.fixturenames:
        real = metafunc.config.getoption("--port")
        names = ["real"] if real else ["virtual", "pretended"]
        if "hardware" in metafunc.fixturenames and not real:
            names = ["none"]
        metafunc.parametrize("board_name", names)


@pytest.fixture
def hardware(board_name: str) -> None:
    """Skip tests that need a real board."""
    if board_name != "real":
        pytest.skip("needs a real board: give --port and wire GPIO 19 to GPIO 26 (README.md)")


@pytest.fixture
def broker(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Broker]:
    """Return a running Mosquitto that the board can reach."""
    host = request.config.getoption("--broker-host")
    broker = Broker(tmp_path)
    if request.config.getoption("--port") and host:
        with (tmp_path / "mosquitto.conf").open("a") as configuration:
            configuration.write(f"listener {broker.port} {host}\n")
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
def rig_of(
    board_name: str, tmp_path: Path, broker: Broker, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Rig]]:
    """Return a function that switches a board on, with further settings of the device."""
    config = request.config
    with ExitStack() as stack:

        def start(**more: Any) -> Rig:
            try:
                settings = _settings(config, broker.port) | more
                rig = _rig(board_name, tmp_path, settings, config, stack)
                stack.callback(rig.close)
                rig.start()
            except Missing as missing:
                pytest.skip(str(missing))
            return rig

        yield start


@pytest.fixture
def rig(rig_of: Callable[..., Rig]) -> Rig:
    """Return the board, switched on."""
    return rig_of()


def _settings(config: pytest.Config, port: int) -> dict[str, Any]:
    return {
        "site": "s",
        "device": "d",
        "host": config.getoption("--broker-host") or "127.0.0.1",
        "port": port,
        "zones": [
            {"zone": 1, "kind": "panic", "input": "button", "active": 0},
            {"zone": 2, "kind": "door", "input": "door", "active": 1},
        ],
    }


def _rig(
    name: str,
    folder: Path,
    settings: dict[str, Any],
    config: pytest.Config,
    stack: ExitStack,
) -> Rig:
    if name == "virtual":
        return VirtualRig(folder, settings)
    if name == "pretended":
        board = PretendedBoard(folder)
        board.begin()
        stack.callback(board.close)
        settings["board"] = {"ssid": "lab", "password": "secret12", "improv": 0}
        return SerialRig(open_port(board.name, pretended_port(board)), settings)
    port, ssid = config.getoption("--port"), config.getoption("--ssid")
    password = os.environ.get(PASSWORD)
    if not config.getoption("--broker-host") or not ssid or password is None:
        raise Missing(f"a real board needs --broker-host, --ssid and ${PASSWORD} beside --port")
    # The rig uses the serial line, so the application must not read it for Improv.
    settings["board"] = {"ssid": ssid, "password": password, "improv": 0}
    opened = open_port(port)
    try:
        return SerialRig(opened, settings)
    except Missing:
        opened.close()
        raise
