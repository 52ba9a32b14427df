"""Measures how late an alarm is at a centre that does not take what a neighbour sends it.

An alarm's way is from the disk to the centre's acknowledgement. Before each of them stand events
of ``ZONES`` zones of a board that the centre treats badly, in one of ``MANNERS``. The floor is
the same without that board, in the same run.
"""

import asyncio
from pathlib import Path
from typing import Final

from centres import Desk

from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_protocol import names
from callpoint_rig.receivers.adverse_receiver import (
    AdverseReceiver,
    Frame,
    Manner,
    Say,
    ack,
    garbage,
    nak,
    never,
    well,
    wrong_number,
)

TIMEOUT_S: Final = 1.0
PATHS: Final = 2
#: One try over all paths of the centre: the sum of their time-outs, and at most 5 s beyond it,
#: because a receiver that was silent is given longer.
BOUND_S: Final = 5.0 + PATHS * TIMEOUT_S
ALARMS: Final = 4
ZONES: Final = 12
FLOOD: Final = 3_000
_UNKNOWN: Final = "9999"
_SLIP: Final = "slip"
_REGISTER: Final = Register(
    [Place(id="home", room="301"), Place(id="next", room="302")],
    [
        Device(id="board", place="home", zone=[Zone(zone=1, kind="panic")]),
        Device(
            id=_SLIP,
            place="next",
            account=_UNKNOWN,
            zone=[Zone(zone=zone, kind="panic") for zone in range(1, ZONES + 1)],
        ),
    ],
)


async def hangs_up(receiver: AdverseReceiver, _: Frame, __: Say) -> None:
    """Close the connection instead of answering."""
    receiver.hang_up()


async def says_duh(_: AdverseReceiver, frame: Frame, say: Say) -> None:
    """Understand nothing of it."""
    say(ack(frame, token="DUH"))


MANNERS: Final[dict[str, Manner]] = {
    "silent": never,
    "hangs_up": hangs_up,
    "nak": nak,
    "duh": says_duh,
    "garbage": garbage,
    "other_number": wrong_number,
    "flood": well,
    "none": well,
}


def _towards_neighbour(manner: Manner) -> Manner:
    """Return how a receiver behaves that treats only the neighbour's account so."""

    async def judge(receiver: AdverseReceiver, frame: Frame, say: Say) -> None:
        bad = frame.data.startswith(f"#{_UNKNOWN}")
        await (manner if bad else well)(receiver, frame, say)

    return judge


async def worst_s(folder: Path, manner_name: str) -> float:
    """Return the longest that one of ``ALARMS`` alarms took beside such a neighbour, in s."""
    receivers = [AdverseReceiver(_towards_neighbour(MANNERS[manner_name])) for _ in range(PATHS)]
    for receiver in receivers:
        await receiver.start()
    desk = Desk(
        folder,
        [receiver.port for receiver in receivers],
        register=_REGISTER,
        timeout_s=TIMEOUT_S,
        supervision_s=10.0,
    )
    await desk.start()
    try:
        return await _worst_of(desk, manner_name)
    finally:
        await desk.stop()
        for receiver in receivers:
            await receiver.stop()


async def _worst_of(desk: Desk, manner_name: str) -> float:
    if manner_name == "flood":
        await desk.raised(*[names.PANIC] * FLOOD, device=_SLIP)
    took = []
    for number in range(1, ALARMS + 1):
        if manner_name not in ("none", "flood"):
            for zone in range(1, ZONES + 1):
                await desk.raised(names.PANIC, device=_SLIP, zone=zone)
            # The neighbour's try is under way.
            await asyncio.sleep(TIMEOUT_S / 20)
        durable = await desk.raised(names.PANIC)
        took.append(await desk.until_told("board", number) - durable)
    return max(took)


async def all_kinds(folder: Path) -> dict[str, float]:
    """Return ``worst_s`` beside each kind of neighbour, and without any (``none``)."""
    return {name: await worst_s(folder / name, name) for name in MANNERS}
