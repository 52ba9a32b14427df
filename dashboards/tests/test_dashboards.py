"""Every question of every dashboard, put to real servers that have the points of a gateway."""

import json
import runpy
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from callpoint_gateway.configuration.config import TimeSeries
from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.journal.entries import (
    Body,
    DeliveryBody,
    Entry,
    EventBody,
    FaultBody,
    LossBody,
    Quality,
    StatusBody,
    TelemetryBody,
    Type,
)
from callpoint_gateway.sinks.contract import Parcel
from callpoint_gateway.sinks.timeseries import TimeSeriesSink
from callpoint_gateway.sinks.timeseries_points import Points
from callpoint_protocol import names
from callpoint_rig.ports import free_port
from callpoint_rig.tools import tool

HERE = Path(__file__).parent.parent
FILES = sorted((HERE / "grafana/dashboards").rglob("*.json"))
SOON_S = 60.0
HOUR_MS = 3_600_000
REGISTER = Register(
    [Place(id="home", building="3")],
    [Device(id=name, place="home") for name in ("button", "door")],
)
# What each panel must answer, by the label that tells its series apart; the sum of a series.
EXPECTED: dict[str, dict[str, float]] = {
    "报警 / alarms, by kind": {"panic": 2, "smoke": 1},
    "故障 / troubles, by building": {"3": 1},
    "在线设备 / devices online": {"": 1},
    "从发生到入库 / from the event to the journal, longest": {"": 500},
    "电池 / battery, lowest": {"button": 3100, "door": 2900},
    "信号 / signal, weakest": {"button": -70, "door": -80},
    "待发事件 / events not sent": {"button": 2, "door": 0},
    "空闲内存 / free memory": {"button": 40_000, "door": 50_000},
    "温度 / temperature": {"button": 21.5, "door": 5.0},
    "故障 / faults that stand": {"broker/events": 1, "clock": 0},
    "送达时间 / time to the centre's answer, longest": {"centre/police": 9},
    "已送达 / accepted by the centre": {"centre/police": 2},
    "丢弃 / dropped for want of room": {"loss/telemetry": 7},
}
SILENT = "未上报时间 / silent for"


def entries(at_ms: int) -> Iterator[Entry]:
    """Yield what a gateway would have stored, all within one minute."""

    def event(kind: int, state: int, late_ms: int) -> EventBody:
        return EventBody("estate", kind, state, 1, 0, 1, 0, at_ms - late_ms, Quality.AGE)

    def readings(mv: int, rs: int, sd: int, hf: int, tc: int) -> TelemetryBody:
        read = {"up": 60, "mv": mv, "rs": rs, "sd": sd, "hf": hf, "tc": tc}
        return TelemetryBody("estate", read, at_ms)

    bodies: list[tuple[str | None, Body]] = [
        ("button", event(names.PANIC, names.ALARM, 500)),
        ("button", event(names.PANIC, names.ALARM, 20)),
        ("door", event(names.SMOKE, names.ALARM, 10)),
        ("door", event(names.SMOKE, names.RESTORE, 5)),
        ("door", event(names.BATTERY, names.TROUBLE, 5)),
        ("button", readings(3100, -70, 2, 40_000, 215)),
        ("door", readings(2900, -80, 0, 50_000, 50)),
        ("button", StatusBody("estate", names.ONLINE, 1, "1.0", 1)),
        ("door", StatusBody("estate", names.LOST, 1, "1.0", 1)),
        (None, DeliveryBody("police", 1, True, "ACK", 4)),
        (None, DeliveryBody("police", 2, True, "ACK", 9)),
        (None, FaultBody("broker/events", True, "gone")),
        (None, FaultBody("clock", True, "off")),
        (None, FaultBody("clock", False, "right again")),
        (None, LossBody("telemetry", 1, 7, 7)),
    ]
    for number, (device, body) in enumerate(bodies):
        # A millisecond apart, so that no two facts of a series are the same point.
        yield Entry(
            number + 1, Type.EVENT, at_ms + number, "boot", number, device, 1, number, None, body
        )


@contextmanager
def served(command: list[str], port: int, folder: Path) -> Iterator[None]:
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as server,
    ):
        try:
            until = time.monotonic() + SOON_S
            while True:
                assert server.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < until, (folder / "log").read_text()
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
            yield
        finally:
            server.kill()


def fetch(url: str, **query: object) -> Any:
    text = urllib.parse.urlencode({key: str(value) for key, value in query.items()})
    with urllib.request.urlopen(f"{url}?{text}", timeout=60) as answer:
        return json.loads(answer.read() or b"{}")


def written(port: int, api: str, at_ms: int) -> None:
    points = Points("estate", REGISTER)
    sink = TimeSeriesSink(
        TimeSeries(url=f"http://127.0.0.1:{port}", api=api),  # type: ignore[arg-type]
        points,
    )
    lines = [line for entry in entries(at_ms) for line in points.lines_of(entry)]
    parcel = Parcel(1, lines, [], 0, "boot", 0)
    assert sink.deliver(parcel) == []
    sink.close()


class Victoria:
    """Answers PromQL."""

    def __init__(self, port: int, at_ms: int) -> None:
        self._url, self._at_s = f"http://127.0.0.1:{port}", at_ms / 1000 + 60

    def ask(self, panel: dict[str, Any]) -> dict[str, list[float]]:
        query = panel["targets"][0]["expr"].replace("$site", ".*").replace("$__interval", "1h")
        answer = fetch(f"{self._url}/api/v1/query", query=query, time=self._at_s)
        return {
            "".join(series["metric"].values()): [float(series["value"][1])]
            for series in answer["data"]["result"]
        }


class Influx:
    """Answers InfluxQL."""

    def __init__(self, port: int, at_ms: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._around = f"time > {at_ms - HOUR_MS}ms AND time < {at_ms + HOUR_MS}ms"

    def ask(self, panel: dict[str, Any]) -> dict[str, list[float]]:
        query = panel["targets"][0]["query"]
        for variable, value in (
            ("/^$site$/", "/^.*$/"),
            ("$timeFilter", self._around),
            ("$__interval", "100d"),
        ):
            query = query.replace(variable, value)
        answer = fetch(f"{self._url}/query", db="callpoint", q=query)
        (result,) = answer["results"]
        assert "error" not in result, (query, result)
        return {
            "".join(series.get("tags", {}).values()): [row[1] for row in series["values"]]
            for series in result.get("series", [])
        }


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Victoria | Influx]]:
    at_ms = (time.time_ns() // 1_000_000 // HOUR_MS) * HOUR_MS - 30 * 60_000
    folder, other = tmp_path_factory.mktemp("victoria"), tmp_path_factory.mktemp("influx")
    port, influx, inner = free_port(), free_port(), free_port()
    victoria = [
        str(tool("victoria-metrics")),
        f"-httpListenAddr=127.0.0.1:{port}",
        f"-storageDataPath={folder / 'data'}",
        "-search.latencyOffset=0s",
    ]
    configuration = other / "influxdb.conf"
    configuration.write_text(
        f'reporting-disabled = true\nbind-address = "127.0.0.1:{inner}"\n'
        f'[meta]\ndir = "{other}/meta"\n[data]\ndir = "{other}/data"\nwal-dir = "{other}/wal"\n'
        f'[http]\nbind-address = "127.0.0.1:{influx}"\n'
    )
    second = [str(tool("influxd1")), "-config", str(configuration)]
    with served(victoria, port, folder), served(second, influx, other):
        create = urllib.parse.urlencode({"q": "CREATE DATABASE callpoint"}).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{influx}/query", create, timeout=60):
            pass
        written(port, "v2", at_ms)
        written(influx, "v1", at_ms)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/internal/force_flush", timeout=60):
            pass
        yield {"promql": Victoria(port, at_ms), "influxql": Influx(influx, at_ms)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_every_question_has_the_right_answer(
    servers: dict[str, Victoria | Influx], file: Path
) -> None:
    server = servers[file.parent.name]
    for panel in json.loads(file.read_text())["panels"]:
        found = server.ask(panel)
        title = panel["title"]
        if title == SILENT:
            # PromQL says for how long, InfluxQL shows when it was; both name both devices.
            assert found.keys() == {"button", "door"}
            continue
        wanted = EXPECTED[title]
        # A kind of gateway_health without such a field answers nothing, or nulls.
        numbers = {
            label: sum(value for value in values if value is not None)
            for label, values in found.items()
            if any(values) or label in wanted
        }
        assert numbers == pytest.approx(wanted), title


def test_every_panel_is_expected_something_of() -> None:
    titles = {panel["title"] for file in FILES for panel in json.loads(file.read_text())["panels"]}
    assert titles == {*EXPECTED, SILENT}


def test_the_files_are_those_that_the_script_writes() -> None:
    made = runpy.run_path(str(HERE / "build.py"))["files"]()
    assert {path.relative_to(HERE): text for path, text in made.items()} == {
        file.relative_to(HERE): file.read_text(encoding="utf-8") for file in FILES
    }


def test_the_provisioning_names_the_same_sources() -> None:
    file = HERE / "grafana/provisioning/datasources/callpoint.yaml"
    provisioned = yaml.safe_load(file.read_text())
    sources = {source["uid"]: source["type"] for source in provisioned["datasources"]}
    uids = set()
    for file in FILES:
        dashboard = json.loads(file.read_text())
        uids.add(dashboard["uid"])
        for panel in dashboard["panels"]:
            assert sources[panel["datasource"]["uid"]] == panel["datasource"]["type"]
    assert len(uids) == len(FILES) == 6
