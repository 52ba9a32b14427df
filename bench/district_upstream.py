"""What telling a district costs a gateway: its memory, and the latency of its events."""

import asyncio
import os
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, NamedTuple

import ingest
from process import cpu_s, resident_mb

from callpoint_district.database import Database
from callpoint_gateway.journal.reader import Reader
from callpoint_rig.district_rig import DistrictRig
from callpoint_rig.rig import Rig

NAME: Final = "g1"
SOON_S: Final = 60.0
LOOK_S: Final = 0.05
_MEMORY: Final = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class Cost(NamedTuple):
    """Resident MB and processor seconds of a gateway after events, and ms of each event until its
    centre has it."""

    rss_mb: float
    cpu_s: float
    centre_ms: list[float]


async def cost(folder: Path, *, upstream: bool) -> Cost:
    """Measure one gateway, with a district on the same machine or without any."""
    async with AsyncExitStack() as parts:
        rig = ingest.rig(folder / "gateway")
        district = None
        if upstream:
            # A district has machines and disks of its own: here it yields the processor, and is
            # in memory, so that its syncs hold up none of the gateway's.
            memory = Path(parts.enter_context(tempfile.TemporaryDirectory(dir=_MEMORY)))
            district = DistrictRig(memory, sites=(), processes=1, place=memory)
            district.yield_to_others()
            rig.sections += district.upstream(NAME)
            await parts.enter_async_context(district)
        await parts.enter_async_context(rig)
        before_s = cpu_s(rig.gateway.pid)
        _, centre = await ingest.latencies(rig, 1)
        took_s = cpu_s(rig.gateway.pid) - before_s
        if district is not None:
            await asyncio.to_thread(_all_kept, district, rig)
        return Cost(resident_mb(rig.gateway.pid), took_s, centre)


def _all_kept(district: DistrictRig, rig: Rig) -> None:
    """Wait until the district has the whole journal, so that the line has done its work."""
    database, end = Database(district.database.address()), time.monotonic() + SOON_S
    try:
        with Reader(rig.state_dir / "alarms.db") as reader:
            while time.monotonic() < end:
                with database.transaction() as connection:
                    found = connection.execute("SELECT max(position) FROM entries").fetchone()
                if found is not None and (found[0] or 0) >= reader.head():
                    return
                time.sleep(LOOK_S)
        raise RuntimeError("the district has not kept the whole journal")
    finally:
        database.close()
