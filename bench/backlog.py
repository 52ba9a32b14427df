"""Measures a gateway with a million rows to deliver, its disk writes, and a large fleet."""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ingest
from drain import fill
from process import cpu_s, resident_mb, written_bytes

from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.journal.writer import Journal
from callpoint_rig.rig import PROGRAM, Rig
from callpoint_rig.simulated_devices import device_id

ROWS = 1_000_000
SETTLED_S = 3.0
DISK_S = 60.0
DISK_PER_S = 10
FLEET, FLEET_ALARMS_PER_S, FLEET_S = 1000, 20, 60.0
LOOK_S = 0.05
DAY_S = 86_400


def filled(folder: Path, program: Sequence[str] = PROGRAM) -> Rig:
    """Return a rig whose journal holds ``ROWS`` readings that are not in the time series yet."""
    rig = ingest.rig(folder, timeseries=True, program=program)
    journal = Journal(rig.state_dir / "telemetry.db", SystemClock(), chained=False)
    fill(journal, ROWS, SystemClock().wall_ms() - ROWS)
    journal.close()
    return rig


async def start_and_drain(folder: Path) -> dict[str, float]:
    """Return seconds to start, MB, and the latencies while the backlog drains."""
    rig = await asyncio.to_thread(filled, folder)
    rig.write_configuration()
    await asyncio.gather(rig.broker.start(), rig.receiver.start())
    try:
        started = time.monotonic()
        await rig.start_gateway()
        found = {"start_s": time.monotonic() - started}
        await asyncio.sleep(SETTLED_S)  # the time series is away: waiting for it costs nothing
        found["rss_mb"] = resident_mb(rig.gateway.pid)
        assert rig.timeseries is not None
        await rig.timeseries.start()
        drained = asyncio.create_task(_drained(rig))
        stored, centre = await ingest.latencies(rig, 3)
        found["rows_per_s"] = await drained
        found["rss_draining_mb"] = resident_mb(rig.gateway.pid)
        found["durable_p99_ms"] = sorted(stored)[int(len(stored) * 0.99)]
        found["centre_p99_ms"] = sorted(centre)[int(len(centre) * 0.99)]
        return found
    finally:
        await rig.close()


async def _drained(rig: Rig) -> float:
    first: tuple[float, int] | None = None
    with Reader(rig.state_dir / "telemetry.db") as reader:
        while True:
            position = max((cursor.position for cursor in reader.cursors().values()), default=0)
            now = time.monotonic()
            if position and first is None:
                first = now, position
            if first is not None and position >= ROWS and now > first[0]:
                return (position - first[1]) / (now - first[0])
            await asyncio.sleep(LOOK_S)


async def _simulate(rig: Rig, *options: object) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "callpoint_cli.main", "simulate", "--json", "--port", str(rig.port)),
        *(str(option) for option in options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    printed, _ = await process.communicate()
    verdict: dict[str, Any] = json.loads(printed)
    return verdict


def _fleet(folder: Path, devices: int) -> Rig:
    rig = Rig(folder)
    for number in range(devices):
        rig.device(device_id(number), [{"zone": 1, "kind": "door", "report_opening": True}])
    return rig


async def disk_gb_per_day(folder: Path) -> float:
    """Return GB a day that the gateway writes at ``DISK_PER_S`` readings a second."""
    rig = _fleet(folder, 10)
    async with rig:
        before = written_bytes(rig.gateway.pid)
        await _simulate(rig, "--rate", 0.01, "--telemetry-rate", DISK_PER_S, "--seconds", DISK_S)
        return (written_bytes(rig.gateway.pid) - before) * DAY_S / DISK_S / 1e9


async def fleet(folder: Path) -> dict[str, float]:
    """Return what a fleet with one heartbeat a second per device costs, and how much is lost."""
    rig = _fleet(folder, FLEET)
    async with rig:
        half = ("--devices", FLEET, "--rate", FLEET_ALARMS_PER_S, "--telemetry-rate", FLEET)
        await _simulate(rig, *half, "--seconds", FLEET_S / 2)
        memory, used_s, at_s = (
            resident_mb(rig.gateway.pid),
            cpu_s(rig.gateway.pid),
            time.monotonic(),
        )
        verdict = await _simulate(rig, *half, "--seconds", FLEET_S / 2)
        return {
            "lost": verdict["lost"] + verdict["raised"] - verdict["stored"],
            "raised": verdict["raised"],
            "rss_growth_mb": resident_mb(rig.gateway.pid) - memory,
            "cpu_cores": (cpu_s(rig.gateway.pid) - used_s) / (time.monotonic() - at_s),
        }
