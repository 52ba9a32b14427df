"""Measures the floors: what broker, disk and receiver need on this machine, in this run.

Each is measured alone: no gateway and no board runs beside it, and the broker has no session of
theirs for which it would queue messages.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import publisher

from callpoint_gateway.centres.dc09.path import Dc09Path as CentrePath
from callpoint_gateway.configuration.names import GATEWAY_USER
from callpoint_gateway.protocols.report import Report
from callpoint_protocol import names
from callpoint_rig.rig import ACCOUNT, Rig
from callpoint_rig.tools import MORTAL

ROUNDS = 200


@asynccontextmanager
async def alone(rig: Rig) -> AsyncIterator[None]:
    """Run a rig's broker and receiver, and nothing else, before the rig itself has run."""
    await asyncio.gather(rig.broker.start(), rig.receiver.start())
    try:
        yield
    finally:
        await asyncio.gather(rig.broker.kill(), rig.receiver.kill())


def mqtt_round_trips(rig: Rig) -> list[float]:
    """Return ms from an event to the answer of a peer that stores nothing.

    Both are bare sockets in processes of their own: neither waits for the other's Python lock.
    """
    files: list[str] = []
    if rig.authority is not None:
        own = rig.authority.client(GATEWAY_USER, again=True)
        files = [str(file) for file in (rig.authority.ca_file, own.certificate_file, own.key_file)]
    command = [*MORTAL, sys.executable, publisher.__file__, "echo", str(rig.gateway_port), *files]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as peer:
        try:
            assert peer.stdout is not None
            peer.stdout.readline()
            return publisher.round_trips(rig.gateway_port, files, ROUNDS)
        finally:
            peer.kill()


def fsyncs(folder: Path) -> list[float]:
    """Return times, in ms, of appending 4 KiB and fsync."""
    took = []
    with (folder / "floor").open("wb") as file:
        for _ in range(ROUNDS):
            started = time.monotonic()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            took.append((time.monotonic() - started) * 1000)
    return took


async def exchanges(rig: Rig) -> list[float]:
    """Return times, in ms, of DC-09 exchanges of one frame with the rig's receiver."""
    path = CentrePath("127.0.0.1", rig.receiver.port, ACCOUNT, now=time.time, receiver="0")
    report = Report(names.TEST, names.TESTED, 0, 0, detail=names.TEST_PERIODIC)
    took = []
    for number in range(1, ROUNDS + 1):
        started = time.monotonic()
        outcome = await path.send(report, number)
        took.append((time.monotonic() - started) * 1000)
        if not outcome.accepted:
            raise RuntimeError(f"the receiver refuses the floor's frame: {outcome.reason}")
    await path.close()
    return took


def python_start_s() -> float:
    """Return how long this Python needs to start and import what the gateway imports."""
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", "import callpoint_gateway.service"], check=True)
    return time.monotonic() - started


async def of(rig: Rig, folder: Path) -> list[list[float]]:
    """Return all three kinds of times for one rig that has not run yet."""
    async with alone(rig):
        trips = await asyncio.to_thread(mqtt_round_trips, rig)
        return [trips, fsyncs(folder), await exchanges(rig)]
