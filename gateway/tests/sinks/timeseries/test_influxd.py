"""Against a real InfluxDB 2, which `make influxd` builds."""

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from influxdb_client.client.influxdb_client import InfluxDBClient

from callpoint_gateway.configuration.config import TimeSeries
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import Entry, EventBody, Quality, Type
from callpoint_gateway.sinks.contract import Parcel
from callpoint_gateway.sinks.timeseries import TimeSeriesSink
from callpoint_gateway.sinks.timeseries_points import Points
from callpoint_gateway.transport.unreachable import Unauthorised, Unreachable
from callpoint_protocol import names
from callpoint_rig.ports import free_port

INFLUXD = shutil.which("influxd")
TOKEN = "token-of-the-test"

pytestmark = pytest.mark.skipif(
    INFLUXD is None,
    reason="there is no influxd: `make influxd` builds it with Go and Rust, once, in 7 minutes",
)


@contextmanager
def influxd(folder: Path) -> Iterator[str]:
    port = free_port()
    command = [
        str(INFLUXD),
        f"--http-bind-address=127.0.0.1:{port}",
        f"--bolt-path={folder / 'bolt'}",
        f"--engine-path={folder / 'engine'}",
        f"--sqlite-path={folder / 'sqlite'}",
        "--reporting-disabled",
    ]
    url = f"http://127.0.0.1:{port}"
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as server,
    ):
        try:
            while True:
                assert server.poll() is None, (folder / "log").read_text()
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.01)
            setup = {"username": "u", "password": "password", "org": "estate"}
            setup |= {"bucket": "callpoint", "token": TOKEN}
            request = urllib.request.Request(f"{url}/api/v2/setup", json.dumps(setup).encode())
            urllib.request.urlopen(request, timeout=60).close()
            yield url
        finally:
            server.kill()


def written(url: str) -> list[tuple[str, str, int]]:
    query = 'from(bucket:"callpoint") |> range(start:-1d, stop:1d)'
    with InfluxDBClient(url, TOKEN, org="estate") as client:
        tables = client.query_api().query(query)
    return sorted(
        (row["kind"], row["_field"], row["_value"]) for table in tables for row in table.records
    )


def test_points_arrive_once_and_a_bad_line_harms_no_neighbour(tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.write_text(TOKEN)
    now = SystemClock().wall_ms()
    lines = [f"gateway_health,kind=k{n} fault={n}i {now + n}000000" for n in range(5)]
    bad = [f"gateway_health,kind=k9 fault=1.5 {now}000000", "no line at all"]

    def write(**more: str) -> list[str]:
        given = {"url": url, "org": "estate", "token_file": str(token_file)} | more
        sink = TimeSeriesSink(TimeSeries(**given), Points("estate", Register([], [])))
        parcel = Parcel(1, [*lines[:2], *bad, *lines[2:]], [], 0, "", 0)
        try:
            return [refusal.piece for refusal in sink.deliver(parcel)]
        finally:
            sink.close()

    with influxd(tmp_path) as url:
        for _ in range(2):
            assert write() == bad
        assert written(url) == [(f"k{n}", "fault", n) for n in range(5)]
        with pytest.raises(Unreachable, match="404"):
            write(bucket="nowhere")
        token_file.write_text("wrong")
        with pytest.raises(Unauthorised, match="401"):
            write()


def test_events_of_one_time_are_as_many_points(tmp_path: Path) -> None:
    now = SystemClock().wall_ms()
    token_file = tmp_path / "token"
    token_file.write_text(TOKEN)
    points = Points("estate", Register([], []))
    body = EventBody("estate", names.PANIC, names.ALARM, 1, 0, 1, 0, now, Quality.AGE)
    # More than there are parts.
    entries = [
        Entry(position, Type.EVENT, now, "boot", 1, "button", 7, position, None, body)
        for position in range(1, 41)
    ]
    lines = [line for entry in entries for line in points.lines_of(entry)]
    with influxd(tmp_path) as url:
        settings = TimeSeries(url=url, org="estate", token_file=str(token_file))
        sink = TimeSeriesSink(settings, points)
        for _ in range(2):
            assert sink.deliver(Parcel(1, lines, [], 0, "", 0)) == []
        sink.close()
        states = [row for row in written(url) if row[1] == "state"]
        assert states == [("panic", "state", names.ALARM)] * 40
