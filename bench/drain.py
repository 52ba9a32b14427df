"""Measures how fast a backlog of readings goes from the journal into a real VictoriaMetrics.

``python bench/drain.py [rows]`` prints one line; ``run.py`` may call ``drain``.
"""

import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from process import resident_mb

from callpoint_gateway.configuration.config import TimeSeries
from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import NewEntry, TelemetryBody, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.sinks.feed import Feed
from callpoint_gateway.sinks.timeseries import TimeSeriesSink
from callpoint_gateway.sinks.timeseries_points import Points
from callpoint_rig.ports import free_port
from callpoint_rig.tools import tool

DEVICES = 200
_PART = 5000
_ROWS = 200_000
_LOOK_S = 0.005


class Drained(msgspec.Struct, frozen=True):
    """``rows`` are journal entries; ``rss_growth_mb`` is this process's while it drained."""

    rows: int
    seconds: float
    rows_per_s: float
    points: int
    cpu_us_per_row: float
    rss_growth_mb: float


def fill(journal: Journal, rows: int, first_ms: int) -> None:
    """Store ``rows`` readings, a millisecond apart."""
    for start in range(0, rows, _PART):
        journal.submit(
            [
                NewEntry(
                    Type.TELEMETRY,
                    TelemetryBody(
                        "estate",
                        {"up": n, "mv": 3000 + n % 300, "rs": -40 - n % 50, "tc": 200 + n % 80},
                        first_ms + n,
                    ),
                    f"d{n % DEVICES}",
                    7,
                    n + 1,
                )
                for n in range(start, min(rows, start + _PART))
            ]
        )
        while journal.waiting > 2:
            time.sleep(_LOOK_S)
    while journal.position < rows:
        time.sleep(_LOOK_S)


class Unheard:
    """Ignores the states that the feed reports."""

    def up(self, reason: str) -> None:
        """Nothing is done."""

    def down(self, reason: str, remedy: str) -> None:
        """Nothing is done."""


def drain(folder: Path, rows: int) -> Drained:
    """Fill a journal with ``rows`` readings, then drain it and time that."""
    clock = SystemClock()
    folder.mkdir(parents=True, exist_ok=True)
    alarms = Journal(folder / "alarms.db", clock, chained=True)
    telemetry = Journal(folder / "telemetry.db", clock, chained=False)
    register = Register(
        [Place(id="home", building="3")],
        [Device(id=f"d{n}", place="home") for n in range(DEVICES)],
    )
    port = free_port()
    command = [
        str(tool("victoria-metrics")),
        f"-httpListenAddr=127.0.0.1:{port}",
        f"-storageDataPath={folder / 'victoria'}",
    ]
    with (folder / "victoria.log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        fill(telemetry, rows, clock.wall_ms() - rows)
        settings = TimeSeries(url=f"http://127.0.0.1:{port}")
        feed = Feed(
            "timeseries",
            TimeSeriesSink(settings, Points("estate", register)),
            (alarms, telemetry),
            alarms,
            clock,
            random.uniform,
            Unheard(),
            batch=settings.batch,
            save_ms=1000,
        )
        before_mb, cpu, started = resident_mb(), time.process_time(), time.monotonic()
        feed.start()
        most_mb = before_mb
        while feed.backlog:
            time.sleep(_LOOK_S)
            most_mb = max(most_mb, resident_mb())
        seconds, cpu = time.monotonic() - started, time.process_time() - cpu
        feed.stop()
        return Drained(
            rows, seconds, rows / seconds, feed.sent, cpu / rows * 1e6, most_mb - before_mb
        )
    finally:
        server.kill()
        server.wait()
        alarms.close()
        telemetry.close()


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else _ROWS
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as place:
        print(drain(Path(place), count))
