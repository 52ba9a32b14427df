"""Measures how fast messages become durable, and the latency of events beside readings."""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from publisher import device_id

from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.journal.writer import BATCH
from callpoint_rig.rig import PROGRAM, Rig

DEVICES = 50
EACH = 60_000
PACED = 4_000
EVENTS_PER_S, READINGS_PER_S = 200, 2_000
SD_SYNC_S = 0.02
LOOK_S = 0.02
SOON_S = 120.0
_PUBLISHER = Path(__file__).parent / "publisher.py"


async def _publisher(*words: object) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(_PUBLISHER),
        *(str(word) for word in words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 24,
    )


async def _flood(port: int, each: int, boot: int) -> asyncio.subprocess.Process:
    process = await _publisher("flood", port, each, DEVICES, boot)
    assert process.stdout is not None
    assert process.stdin is not None
    await process.stdout.readline()
    process.stdin.write(b"\n")
    await process.stdin.drain()
    return process


async def bare_per_s(port: int, each: int, boot: int) -> float:
    """Return messages per second of a paho subscriber that stores nothing."""
    subscriber = await _publisher("bare", port, 2 * each)
    assert subscriber.stdout is not None
    await subscriber.stdout.readline()
    process = await _flood(port, each, boot)
    seconds = float(await subscriber.stdout.readline())
    await asyncio.gather(process.wait(), subscriber.wait())
    return 2 * each / seconds


async def durable_per_s(rig: Rig, each: int, boot: int) -> float:
    """Return messages per second of both lanes, from the first to the last message on disk."""
    with Reader(rig.state_dir / "alarms.db") as a, Reader(rig.state_dir / "telemetry.db") as t:
        before = a.head(), t.head()
        process = await _flood(rig.port, each, boot)
        first: tuple[float, int] | None = None
        async with asyncio.timeout(SOON_S):
            while True:
                done = a.head() - before[0], t.head() - before[1]
                if first is None and any(done):
                    first = time.monotonic(), sum(done)
                # The last readings wait to fill a batch: they are no part of a sustained rate.
                if first is not None and done[0] >= each and done[1] >= each - BATCH:
                    break
                await asyncio.sleep(LOOK_S)
        seconds = time.monotonic() - first[0]
        await process.wait()
        return (sum(done) - first[1]) / seconds


async def latencies(rig: Rig, boot: int) -> tuple[list[float], list[float]]:
    """Return ms from publication to the answers *stored* and *centre*, as the publisher hears
    them, of ``EVENTS_PER_S`` beside ``READINGS_PER_S``."""
    process = await _publisher(
        "pace", rig.port, PACED, DEVICES, boot, EVENTS_PER_S, READINGS_PER_S
    )
    printed, _ = await process.communicate()
    stored, centre = json.loads(printed)
    return stored, centre


async def traced(rig: Rig, boot: int) -> dict[tuple[str, int, int], dict[str, float]]:
    """Return when each event of the same load was published and answered, monotonic seconds."""
    process = await _publisher(
        "trace", rig.port, PACED, DEVICES, boot, EVENTS_PER_S, READINGS_PER_S
    )
    printed, _ = await process.communicate()
    return {(device, boot, seq): times for device, boot, seq, times in json.loads(printed)}


async def echoed(rig: Rig, boot: int) -> list[float]:
    """Return the same for a peer that answers at once and stores nothing. No gateway may run."""
    process = await _publisher("echo", rig.port)
    assert process.stdout is not None
    await process.stdout.readline()
    try:
        return (await latencies(rig, boot))[0]
    finally:
        process.kill()
        await process.wait()


def rig(
    folder: Path,
    *,
    sync_s: float = 0.0,
    timeseries: bool = False,
    program: Sequence[str] = PROGRAM,
) -> Rig:
    """Return a rig with the simulated devices; the centre gets their door events.

    ``sync_s``: how much longer a sync of the journals takes than the disk needs. ``program``: what
    Python runs as ``callpoint``.
    """
    if sync_s:
        program = (str(_PUBLISHER.with_name("slow_disk_gateway.py")), str(sync_s))
    made = Rig(folder, timeseries=timeseries, program=program)
    for number in range(DEVICES):
        zone = {"zone": 1, "kind": "door", "report_opening": True}
        made.device(device_id(number), [zone])
    return made
