"""An alarm receiver that behaves as it is told, badly most of the time.

It reads frames as the standard has them and keeps them all. ``manner`` decides what it answers
and may be changed at any moment; the functions below are ways in which receivers go wrong.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable

import msgspec

from callpoint_gateway.protocols.dc09.frame import time_text, wrap
from callpoint_rig.ports import free_port
from callpoint_rig.receivers.listener import Listener

LATE_S = 0.2


class Frame(msgspec.Struct, frozen=True):
    """One frame as it arrived, and when (seconds of the loop)."""

    token: str
    number: int
    data: str
    extended: str
    at_s: float


Say = Callable[[bytes], None]
Manner = Callable[["AdverseReceiver", Frame, Say], Awaitable[None]]


def ack(frame: Frame, number: int | None = None, token: str = "ACK") -> bytes:
    """Return an acknowledgement for the frame's account."""
    number = frame.number if number is None else number
    account = frame.data.partition("|")[0] or "#1234"
    return wrap(f'"{token}"{number:04d}L0{account}[]'.encode())


async def well(_: "AdverseReceiver", frame: Frame, say: Say) -> None:
    """Acknowledge."""
    say(ack(frame))


async def late(_: "AdverseReceiver", frame: Frame, say: Say) -> None:
    """Acknowledge after the sender has given up once."""
    await asyncio.sleep(LATE_S)
    say(ack(frame))


async def never(_: "AdverseReceiver", __: Frame, ___: Say) -> None:
    """Say nothing, and keep the connection."""


async def twice(_: "AdverseReceiver", frame: Frame, say: Say) -> None:
    """Acknowledge twice, in one segment."""
    say(ack(frame) * 2)


async def wrong_number(_: "AdverseReceiver", frame: Frame, say: Say) -> None:
    """Acknowledge another number."""
    say(ack(frame, frame.number % 9999 + 1))


async def clock_off(receiver: "AdverseReceiver", frame: Frame, say: Say) -> None:
    """Refuse what is not of this receiver's time, which is seven hours ahead."""
    ahead = receiver.clock_s() + 7 * 3600
    found = re.search(r"_(\d\d:\d\d:\d\d,\d\d-\d\d-\d{4})", frame.extended)
    if found is not None and found[1] == time_text(ahead):
        say(ack(frame))
    else:
        say(wrap(f'"NAK"0000R0L0A0[]_{time_text(ahead)}'.encode()))


async def duh(_: "AdverseReceiver", frame: Frame, say: Say) -> None:
    """Understand link tests only."""
    say(ack(frame, token="DUH" if frame.number else "ACK"))


async def garbage(_: "AdverseReceiver", __: Frame, say: Say) -> None:
    """Say something that is no frame."""
    say(b'\n\rHTTP/1.1 400 Bad Request\r\n\r\n\x00\xff\n1BC10012"ACK"')


async def one_byte(_: "AdverseReceiver", frame: Frame, say: Say) -> None:
    """Acknowledge one byte at a time."""
    for byte in ack(frame):
        say(bytes([byte]))
        await asyncio.sleep(0.001)


async def closes(receiver: "AdverseReceiver", _: Frame, __: Say) -> None:
    """Close instead of answering."""
    receiver.hang_up()


async def closes_after(receiver: "AdverseReceiver", frame: Frame, say: Say) -> None:
    """Close at once after the acknowledgement."""
    say(ack(frame))
    receiver.hang_up()


async def freezes(receiver: "AdverseReceiver", _: Frame, __: Say) -> None:
    """Stop reading: everything fills up."""
    await receiver.thawed.wait()


async def no_null(_: "AdverseReceiver", frame: Frame, say: Say) -> None:
    """Refuse every link test, as ioBroker does."""
    say(ack(frame) if frame.number else wrap(b'"NAK"0000R0L0A0[]'))


async def nak(_: "AdverseReceiver", __: Frame, say: Say) -> None:
    """Refuse everything, as pysiaalarm does for an unknown account."""
    say(b'"NAK"')


# What still delivers, what refuses the event, and what keeps it waiting.
DELIVERING = (well, late, twice, clock_off, one_byte, closes_after, no_null)
REFUSING = (duh,)
SILENT = (never, wrong_number, garbage, closes, freezes, nak)


class AdverseReceiver(Listener):
    """Keeps every frame and answers it in its manner."""

    def __init__(self, manner: Manner = well, clock_s: Callable[[], float] = lambda: 0.0) -> None:
        """``clock_s``: Unix seconds, for manners that judge a frame's time."""
        super().__init__(free_port())
        self.manner = manner
        self.clock_s = clock_s
        self.frames: list[Frame] = []
        self.thawed = asyncio.Event()

    @property
    def events(self) -> list[tuple[int, str]]:
        """Number and data of every event, link tests left out."""
        return [(frame.number, frame.data) for frame in self.frames if frame.number]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer frames until the sender hangs up."""
        while raw := await reader.readuntil(b"\r"):
            found = re.search(r'"([A-Z-]+)"(\d{4}).*?\[(.*?)\](.*)', raw.decode())
            assert found is not None
            at_s = asyncio.get_running_loop().time()
            frame = Frame(found[1], int(found[2]), found[3], found[4], at_s)
            self.frames.append(frame)
            await self.manner(self, frame, writer.write)
