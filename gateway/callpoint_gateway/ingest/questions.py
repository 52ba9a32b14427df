"""What may be asked about orders to devices."""

from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from callpoint_gateway.control.question import Question
from callpoint_protocol import names

#: How long an order may wait for its device, in seconds.
LONGEST_WAIT_S: Final = 86_400


class Stage(StrEnum):
    """How far an order is."""

    ASLEEP = "asleep"  # not sent yet: the device does not listen now
    SENT = "sent"
    OBEYED = "obeyed"
    ENDED = "ended"  # its time is over, or nobody knows it


class OrderState(msgspec.Struct, frozen=True, kw_only=True):
    """The number of an order, and how far it is."""

    number: int
    stage: Stage


class GiveOrder(Question[OrderState], frozen=True, tag="order"):
    """``command``: a code of ``names.COMMANDS``; ``seconds``: for how long, 0: it has no time."""

    device: str
    command: int
    wait_s: Annotated[float, Meta(gt=0, le=LONGEST_WAIT_S)]
    seconds: Annotated[int, Meta(ge=0, le=names.MAX_COMMAND_S)] = 0


class LookAtOrder(Question[OrderState], frozen=True, tag="order state"):
    """How far is it?"""

    number: int


class TakeOrderBack(Question[OrderState], frozen=True, tag="order end"):
    """Send it no more; how far was it?"""

    number: int
