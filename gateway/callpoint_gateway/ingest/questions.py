"""The questions of the control socket about orders to devices."""

from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from callpoint_gateway.control.question import Question
from callpoint_gateway.control.roles import DEVICES, EVERYBODY, INSTALLERS
from callpoint_protocol import names

#: How long an order may wait for its device, in seconds.
LONGEST_WAIT_S: Final = 86_400
#: How long an order that the gateway keeps may wait, in seconds: 30 days.
LONGEST_KEPT_S: Final = 2_592_000


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


class WaitingOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that has not ended, without what is secret in it. Times are Unix ms.

    ``outcome``: of another network, ``names.WIFI_*``; 0: not known yet, or another order.
    """

    number: int
    device: str
    command: str
    stage: OrderStage
    given_ms: int
    begins_ms: int
    ends_ms: int
    outcome: int = 0


class WaitingOrders(msgspec.Struct, frozen=True, kw_only=True):
    """All orders that have not ended."""

    orders: list[WaitingOrder]


class GivenOrders(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of orders that were given at once, by device."""

    numbers: dict[str, int]


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


class KeepOrder(Question[OrderState], frozen=True, tag="order kept"):
    """Give a device an order that waits for it, also over a restart of the gateway."""

    may = DEVICES
    device: str
    command: int
    wait_s: Annotated[float, Meta(gt=0, le=LONGEST_KEPT_S)]
    seconds: Annotated[int, Meta(ge=0, le=names.MAX_COMMAND_S)] = 0


class ChangeWifi(Question[GivenOrders], frozen=True, tag="wifi"):
    """Tell devices of another Wi-Fi network; without ``devices`` every one of the register.

    ``try_s``: how long they try it at once; 0: when their own is lost. ``begin_s``: when that is
    sent at the earliest, in so many seconds. ``network``: length of the SSID, SSID, password.
    """

    may = INSTALLERS
    network: bytes
    devices: list[str]
    try_s: Annotated[int, Meta(ge=0, le=names.MAX_COMMAND_S)]
    wait_s: Annotated[float, Meta(gt=0, le=LONGEST_KEPT_S)]
    begin_s: Annotated[float, Meta(ge=0, le=LONGEST_KEPT_S)] = 0


class ListOrders(Question[WaitingOrders], frozen=True, tag="orders"):
    """Ask for all orders that have not ended."""

    may = EVERYBODY


class LookAtOrder(Question[OrderState], frozen=True, tag="order state"):
    """Ask for the state of an order."""

    may = DEVICES
    number: int


class TakeOrderBack(Question[OrderState], frozen=True, tag="order end"):
    """Stop sending an order; the answer is its last state."""

    may = DEVICES
    number: int
