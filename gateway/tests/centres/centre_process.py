"""A process that does nothing but deliver to one centre, to be killed by a test.

    python -m gateway.tests.centres.centre_process JOURNAL PORT [hold]

``hold``: the journal commits nothing once the sender is ready, as a disk that hangs would.
"""

import asyncio
import sys
from pathlib import Path

from callpoint_gateway.centres.dc09.protocol import open_carrier
from callpoint_gateway.centres.protocol import path_opener
from callpoint_gateway.centres.sender import CentreSender
from callpoint_gateway.configuration.centres import Centre
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.writer import Journal

from .centre_desk import REGISTER


async def main(path: Path, port: int, *, hold: bool) -> None:
    """Deliver until killed."""
    clock = SystemClock()
    alarms = Journal(path, clock, chained=True)
    centre = Centre(name="police", host="127.0.0.1", port=port, account="1234", supervision_s=0)
    sender = CentreSender(
        centre, path_opener(open_carrier, centre, clock), alarms, REGISTER, clock, lambda _: None
    )
    await sender.prepare()
    alarms.hold(hold)
    print("ready", flush=True)
    await sender.run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), hold="hold" in sys.argv[3:]))
