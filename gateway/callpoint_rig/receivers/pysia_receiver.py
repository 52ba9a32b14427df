"""An alarm receiver that Callpoint's authors did not write: pysiaalarm in its own process.

    python pysia_receiver.py --port 0 --account 1234 [--key 0123456789ABCDEF]

The first line of standard output is ``{"listening": port}``; then follows one JSON line for
each event that pysiaalarm accepts, before its answer leaves: what was answered has been printed,
also by a receiver that is killed. Frames that it refused are answered but not printed,
unless ``--all`` is given: then each frame that arrived is a line of its own with its answer.
``zone`` is taken from behind the code (SIA-DCS) or from the third group (ADM-CID).
"""

import argparse
import asyncio
import json
import re
import signal
import time

from pysiaalarm.account import SIAAccount
from pysiaalarm.aio.client import SIAClient, SIAClientTCP
from pysiaalarm.aio.server import SIAServerTCP
from pysiaalarm.event import EventsType, SIAEvent
from pysiaalarm.utils.enums import ResponseType

TIME_BAND = (40, 20)


def arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(description="independent DC-09 receiver for tests")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--account", action="append", required=True, help="may be repeated")
    parser.add_argument("--key", help="16, 24 or 32 characters, used as they are")
    parser.add_argument("--any-time", action="store_true", help="accept every time stamp")
    parser.add_argument("--all", action="store_true", help="print refused frames as well")
    return parser.parse_args()


def say(line: dict[str, object]) -> None:
    """Print an object as one line of JSON."""
    print(json.dumps(line), flush=True)


def zone_of(event: SIAEvent) -> int | None:
    """Return the zone of the event, None for a link test."""
    if event.event_type:
        return int(event.ri or 0)
    digits = re.match(r"[0-9]+", event.message or "")
    return int(digits[0]) if digits else None


def extended(event: SIAEvent) -> dict[str, str]:
    """Return the extended blocks by their letter."""
    return {block[0]: block[1:] for block in (event.x_data or "").split("][") if block}


async def printed_already(event: SIAEvent) -> None:
    """Do nothing: pysiaalarm calls this after it has answered, which is too late to print."""


def accepted(event: SIAEvent) -> None:
    """Print one accepted event."""
    area = event.partition if event.event_type else event.ri
    code = f"{event.event_qualifier}{event.event_type}" if event.event_type else event.code
    say(
        {
            "event": str(getattr(event.message_type, "value", event.message_type)),
            "code": code,
            "sia_code": event.code,
            "partition": int(area) if area else None,
            "zone": zone_of(event),
            "account": event.account,
            "sequence": int(event.sequence or 0),
            "encrypted": event.encrypted,
            "extended": extended(event),
            "timestamp": event.to_dict()["timestamp"],
            "received_ms": time.time_ns() // 1_000_000,
            "frame": f"{event.msg_crc}{event.length}{event.full_message}",
            "text": event.content,
        }
    )


class PrintingServer(SIAServerTCP):
    """The server of pysiaalarm, which prints each event and, with ``everything``, each frame."""

    everything = False

    def parse_and_check_event(self, data: bytes) -> EventsType | None:
        """Check one frame and print it."""
        event = super().parse_and_check_event(data)
        if self.everything:
            answer = event.create_response() if event else b""
            say({"frame": data.decode("latin-1"), "answer": answer.decode("latin-1")})
        if isinstance(event, SIAEvent) and event.response == ResponseType.ACK:
            accepted(event)
        return event


async def serve(options: argparse.Namespace) -> None:
    """Listen until SIGTERM."""
    band = None if options.any_time else TIME_BAND
    accounts = [SIAAccount(name, options.key, allowed_timeband=band) for name in options.account]
    # The base class picks its TCP subclass when it is instantiated.
    client = SIAClient(options.host, options.port, accounts, printed_already)  # type: ignore[abstract]
    assert isinstance(client, SIAClientTCP)
    served = client.sia_server
    client.sia_server = PrintingServer(served.accounts, printed_already, served.counts)
    client.sia_server.everything = options.all
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await client.async_start(reuse_address=True)
    assert client.server is not None
    say({"listening": client.server.sockets[0].getsockname()[1]})
    await stopped.wait()


if __name__ == "__main__":
    asyncio.run(serve(arguments()))
