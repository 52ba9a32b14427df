"""The questions of the control socket about orders to devices."""

from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from callpoint_gateway.control.question import Question
from callpoint_gateway.control.roles import DEVICES
from callpoint_protocol import names

#: How long an order may wait for its device, in seconds.
LONGEST_WAIT_S: Final = 86_400


class OrderStage(StrEnum):
    """The state of an order."""

    ASLEEP = "asleep"  # not sent yet: the device does not listen now
    SENT = "sent"
    OBEYED = "obeyed"
    ENDED = "ended"  # its time is over, or there is no such order


class OrderState(msgspec.Struct, frozen=True, kw_only=True):
    """The number and the state of an order."""

    number: int
    stage: OrderStage


class GiveOrder(Question[OrderState], frozen=True, tag="order"):
    """Give a device an order. ``command``: a code of ``names.COMMANDS``.

    ``wait_s``: how long the order may wait for its device. ``seconds``: how long the device
    carries it out; 0 for a command without a duration.
    """

    may = DEVICES
    device: str
    command: int
    wait_s: Annotated[float, Meta(gt=0, le=LONGEST_WAIT_S)]
    seconds: Annotated[int, Meta(ge=0, le=names.MAX_COMMAND_S)] = 0


class LookAtOrder(Question[OrderState], frozen=True, tag="order state"):
    """Ask for the state of an order."""

    may = DEVICES
    number: int


class TakeOrderBack(Question[OrderState], frozen=True, tag="order end"):
    """Stop sending an order; the answer is its last state."""

    may = DEVICES
    number: int
