"""From the journal into a real VictoriaMetrics, read back through its query API."""

import gzip
import http.server
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from callpoint_gateway.configuration.config import TimeSeries
from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import (
    DeliveryBody,
    Entry,
    EventBody,
    FaultBody,
    NewEntry,
    Quality,
    StatusBody,
    TelemetryBody,
    Type,
)
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.sinks.contract import Parcel, Refusal
from callpoint_gateway.sinks.feed import Feed
from callpoint_gateway.sinks.timeseries import TimeSeriesSink
from callpoint_gateway.sinks.timeseries_points import Points, Unusable
from callpoint_gateway.supervision.faults import Faults
from callpoint_gateway.transport.unreachable import Unauthorised, Unreachable
from callpoint_protocol import names
from callpoint_rig.ports import free_port
from callpoint_rig.tools import tool

from ...conftest import ManualClock

SOON_S = 60.0
REGISTER = Register([Place(id="home", building="3")], [Device(id="button", place="home")])


def lines_of(one: Entry, register: Register = REGISTER) -> list[str]:
    return Points("estate", register).lines_of(one)


def sink_to(port: int, **more: object) -> TimeSeriesSink:
    settings = TimeSeries(url=f"http://127.0.0.1:{port}", **more)
    return TimeSeriesSink(settings, Points("estate", REGISTER))


def write(sink: TimeSeriesSink, lines: list[str]) -> list[Refusal]:
    parcel = Parcel(1, lines, [], 0, "boot", 0)
    return sink.deliver(parcel)


@contextmanager
def victoria(folder: Path, port: int, *more: str) -> Iterator[None]:
    command = [
        tool("victoria-metrics"),
        f"-httpListenAddr=127.0.0.1:{port}",
        f"-storageDataPath={folder / 'data'}",
        "-search.latencyOffset=0s",
        "-dedup.minScrapeInterval=1ms",
        *more,
    ]
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
            yield
        finally:
            server.kill()


def samples(port: int, selector: str) -> list[tuple[dict[str, str], list[float], list[int]]]:
    """Return (labels, values, times) of each series."""
    query = urllib.parse.urlencode({"match[]": selector})
    url = f"http://127.0.0.1:{port}/api/v1/export?{query}"
    with urllib.request.urlopen(url, timeout=60) as answer:
        series = [json.loads(line) for line in answer]
    return [(one["metric"], one["values"], one["timestamps"]) for one in series]


def until_samples(
    port: int, selector: str, count: int
) -> list[tuple[dict[str, str], list[float], list[int]]]:
    until = time.monotonic() + SOON_S
    flush = f"http://127.0.0.1:{port}/internal/force_flush"
    while time.monotonic() < until:
        with urllib.request.urlopen(flush, timeout=60):
            found = samples(port, selector)
        if sum(len(values) for _, values, _ in found) >= count:
            return found
    raise AssertionError(f"{selector}: fewer than {count} samples: {found}")


def now_ms() -> int:
    return SystemClock().wall_ms()


def event(occurred_ms: int, seq: int = 1) -> NewEntry:
    body = EventBody("estate", names.PANIC, names.ALARM, 1, 1, 1, 0, occurred_ms, Quality.AGE)
    return NewEntry(Type.EVENT, body, "button", 7, seq)


def readings(at_ms: int, seq: int = 1, **values: int) -> NewEntry:
    return NewEntry(Type.TELEMETRY, TelemetryBody("estate", values, at_ms), "button", 7, seq)


def entry(new: NewEntry, recorded_ms: int = 5_000, position: int = 1) -> Entry:
    return Entry(
        position, new.type, recorded_ms, "boot", 1, new.device, new.boot, new.seq, None, new.body
    )


@pytest.mark.parametrize(
    ("new", "line"),
    [
        (
            event(4_000),
            "alarm_event,building=3,device_id=button,kind=panic,site=estate,zone=1,part=1 "
            "count=1i,delay_ms=1000i,detail=1i,flags=0i,state=1i 4000000001",
        ),
        (
            readings(4_000, mv=3300, rs=-60),
            "device_health,building=3,device_id=button,site=estate "
            "battery_mv=3300i,rssi_dbm=-60i 4000000001",
        ),
        (
            NewEntry(Type.STATUS, StatusBody("estate", names.LOST, 7, "0.1", 1), "button"),
            "device_health,building=3,device_id=button,site=estate online=0i,status=2i 5000000001",
        ),
        (
            NewEntry(Type.DELIVERY, DeliveryBody("police", 1, True, "ACK", 12)),
            "gateway_health,kind=centre/police,site=estate accepted=1i,took_ms=12i 5000000001",
        ),
        (
            NewEntry(Type.FAULT, FaultBody("broker/events", True, "gone")),
            "gateway_health,kind=broker/events,site=estate fault=1i 5000000001",
        ),
    ],
)
def test_the_points_of_an_entry(new: NewEntry, line: str) -> None:
    assert lines_of(entry(new)) == [line]


def test_a_reading_that_nobody_knows_is_no_point() -> None:
    with pytest.raises(Unusable, match="xx"):
        lines_of(entry(readings(1, xx=1)))


def test_a_name_cannot_break_a_line() -> None:
    register = Register([Place(id="a", building="3, b=\nc\\")], [Device(id="button", place="a")])
    (line,) = lines_of(entry(event(4_000)), register)
    assert line.startswith(r"alarm_event,building=3\,\ b\=\ c/,device_id=button,kind=panic")


def test_telemetry_without_readings_has_no_point() -> None:
    assert lines_of(entry(readings(1))) == []


def test_every_reading_of_the_protocol_has_a_field() -> None:
    body = {key: max(low, 1) if low >= 0 else low for key, low, _ in names.READINGS}
    lines = lines_of(entry(readings(1, **body)))
    assert "".join(lines).count("i,") + len(lines) == len(names.READINGS)


def test_a_point_written_twice_is_one_sample(tmp_path: Path) -> None:
    port = free_port()
    with victoria(tmp_path, port):
        sink = sink_to(port)
        at_ms = now_ms()
        for _ in range(3):
            assert write(sink, lines_of(entry(event(at_ms), at_ms))) == []
        sink.close()
        ((labels, values, times),) = until_samples(port, "alarm_event_state", 1)
        assert (values, times) == ([names.ALARM], [at_ms])
        assert labels["building"] == "3"
        assert (labels["kind"], labels["device_id"]) == ("panic", "button")


def test_events_of_one_time_are_as_many_points(tmp_path: Path) -> None:
    port = free_port()
    with victoria(tmp_path, port):
        sink = sink_to(port)
        at_ms = now_ms()
        lines = [
            line
            for position in range(70, 86)
            for line in lines_of(entry(event(at_ms, position), at_ms, position))
        ]
        for _ in range(2):
            assert write(sink, lines) == []
        sink.close()
        found = until_samples(port, "alarm_event_state", 16)
        assert [(values, times) for _, values, times in found] == [([1], [at_ms])] * 16
        assert len({line.rpartition(" ")[2] for line in lines}) == 16


def test_a_server_that_is_away_costs_only_backlog(
    tmp_path: Path, alarms: Journal, telemetry: Journal, clock: ManualClock
) -> None:
    port = free_port()
    at_ms = now_ms()
    for seq in range(1, 6):
        alarms.submit([event(at_ms + seq, seq)])
        telemetry.submit([readings(at_ms + seq, seq, mv=3000 + seq)])
    export = Feed(
        "timeseries",
        sink_to(port, batch=2),
        (alarms, telemetry),
        alarms,
        SystemClock(),
        lambda low, high: low,
        Faults(alarms, clock).supervise("timeseries", 0),
        batch=2,
    )
    export.start()
    try:
        faults = until_faults(alarms, 1)
        assert [fault.active for fault in faults] == [True]
        with victoria(tmp_path, port):
            ((_, values, _),) = until_samples(port, "device_health_battery_mv", 5)
            assert values == [3001, 3002, 3003, 3004, 3005]
            series = until_samples(port, "alarm_event_state", 5)
            times = sorted(time for _, _, each in series for time in each)
            assert times == [at_ms + seq for seq in range(1, 6)]
            assert [fault.active for fault in until_faults(alarms, 2)] == [True, False]
    finally:
        export.stop()


def until_faults(alarms: Journal, count: int) -> list[FaultBody]:
    until = time.monotonic() + SOON_S
    found: list[FaultBody] = []
    with Reader(alarms.path) as reader:
        while time.monotonic() < until and len(found) < count:
            bodies = [entry.body for entry in reader.read(0, 1000, (Type.FAULT,))]
            found = [body for body in bodies if isinstance(body, FaultBody)]
    return found


class Picky(http.server.BaseHTTPRequestHandler):
    """Answers 204, but 400 to a batch with the word poison and ``status`` if that is set."""

    status = 0
    taken: list[str]
    paths: list[str]
    poison: str

    def do_POST(self) -> None:
        self.paths.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        lines = body.decode().splitlines()
        status = self.status or (400 if any(self.poison in line for line in lines) else 204)
        if status == 204:
            self.taken.extend(lines)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def picky(
    status: int = 0,
    paths: list[str] | None = None,
    poison: str = "poison",
    **more: object,
) -> Iterator[tuple[TimeSeriesSink, list[str]]]:
    taken: list[str] = []
    told = {"status": status, "taken": taken, "paths": [] if paths is None else paths}
    told["poison"] = poison
    answering = type("Answering", (Picky,), told)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), answering) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        sink = sink_to(server.server_port, **more)
        try:
            yield sink, taken
        finally:
            sink.close()
            server.shutdown()
            serving.join()


def test_a_poison_line_harms_no_neighbour() -> None:
    with picky() as (sink, taken):
        lines = [f"good a={n}i {n}" for n in range(9)]
        refused = write(sink, [*lines[:5], "poison a=1i 1", *lines[5:]])
        assert [one.piece for one in refused] == ["poison a=1i 1"]
        assert "400" in refused[0].reason
        assert sorted(taken) == sorted(lines)


@pytest.mark.parametrize(
    ("status", "error"), [(401, Unauthorised), (403, Unauthorised), (503, Unreachable)]
)
def test_what_the_server_says_decides(status: int, error: type[Exception]) -> None:
    with picky(status) as (sink, taken), pytest.raises(error, match=str(status)):
        write(sink, ["good a=1i 1"])
    assert taken == []


@pytest.mark.parametrize("api", ["v1", "v2"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_followed_by_neither_api(api: str, status: int) -> None:
    paths: list[str] = []
    with (
        picky(status, paths, api=api) as (sink, taken),
        pytest.raises(Unreachable, match="redirect"),
    ):
        write(sink, ["good a=1i 1"])
    assert (taken, len(paths)) == ([], 1)


@pytest.mark.parametrize(
    ("api", "path"),
    [
        ("v1", "/write?db=a+b&precision=ns"),
        ("v2", "/api/v2/write?org=%E5%9B%AD&bucket=a+b&precision=ns"),
    ],
)
def test_where_each_api_writes(api: str, path: str) -> None:
    paths: list[str] = []
    with picky(0, paths, api=api, bucket="a b", org="园") as (sink, taken):
        write(sink, ["good a=1i 1"])
    assert (taken, paths) == (["good a=1i 1"], [path])


def test_only_the_second_api_costs_its_library() -> None:
    code = (
        "import sys\n"
        "from callpoint_gateway.configuration.config import TimeSeries\n"
        "from callpoint_gateway.configuration.register import Register\n"
        "from callpoint_gateway.sinks.timeseries import TimeSeriesSink\n"
        "from callpoint_gateway.sinks.timeseries_points import Points\n"
        "import callpoint_gateway.service\n"
        "settings = TimeSeries(url='http://127.0.0.1', api=sys.argv[1])\n"
        "TimeSeriesSink(settings, Points('estate', Register([], [])))\n"
        "print('influxdb_client' in sys.modules)\n"
    )
    for api, loaded in (("v1", "False"), ("v2", "True")):
        command = [sys.executable, "-c", code, api]
        assert subprocess.check_output(command, text=True).strip() == loaded


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_a_token_that_was_spoilt_is_a_fault_until_it_is_corrected(
    tmp_path: Path, api: str
) -> None:
    token = tmp_path / "token"
    with picky(api=api, token_file=str(token)) as (sink, taken):
        for spoilt in ("\ufefftoken", "token\nother", "“token”"):
            token.write_text(spoilt, encoding="utf-8")
            with pytest.raises(Unauthorised, match="secret"):
                write(sink, ["good a=1i 1"])
        token.write_text("token\n")
        assert write(sink, ["good a=1i 1"]) == []
    assert taken == ["good a=1i 1"]


def test_points_that_are_refused_for_good_are_a_fault_until_all_are_taken(
    alarms: Journal, clock: ManualClock
) -> None:
    """A server with another type for a field takes the neighbours and refuses these for ever."""
    with picky(poison="alarm_event") as (sink, taken):
        alarms.submit([event(4_000 + seq, seq) for seq in range(1, 41)])
        faults = Faults(alarms, clock)
        feed = Feed(
            "timeseries",
            sink,
            (alarms,),
            alarms,
            SystemClock(),
            lambda low, high: 0.0,
            faults.supervise("timeseries", 0),
            refusals=faults.supervise("timeseries/refused", 0),
            batch=50,
        )
        feed.start()
        try:
            told = until_faults(alarms, 2)
        finally:
            feed.stop()
    assert [(fault.source, fault.active) for fault in told] == [
        ("timeseries/refused", True),
        ("timeseries/refused", False),
    ]
    assert told[0].reason.startswith("40 pieces will never be taken")
    assert "HTTP 400" in told[0].reason
    assert all("alarm_event" not in line for line in taken)


def test_nobody_there_is_unreachable() -> None:
    sink = sink_to(free_port())
    with pytest.raises(Unreachable):
        write(sink, ["good a=1i 1"])
    sink.close()


def test_the_write_call_of_influxdb_1_with_a_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """VictoriaMetrics takes it as well, and says by a label which database was named."""
    port = free_port()
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text("geheim\n")
    wrong.write_text("other\n")
    line = f"device_health,site=estate,device_id=button battery_mv=3300i {now_ms()}000000"
    login = {"api": "v1", "bucket": "garden", "username": "callpoint"}
    locked = ("-httpAuth.username=callpoint", "-httpAuth.password=geheim")
    with victoria(tmp_path, port, *locked):
        refused = sink_to(port, **login, password_file=str(wrong))
        with pytest.raises(Unauthorised):
            write(refused, [line])
        refused.close()
        taken = sink_to(port, **login, password_file=str(right))
        assert write(taken, [line, line]) == []
        taken.close()
        door = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        door.add_password(None, f"http://127.0.0.1:{port}", "callpoint", "geheim")
        opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(door))
        monkeypatch.setattr("urllib.request.urlopen", opener.open)
        ((labels, values, _),) = until_samples(port, "device_health_battery_mv", 1)
    assert (labels["db"], labels["device_id"], values) == ("garden", "button", [3300])
