"""What may be asked about supervision and inhibits."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from callpoint_gateway.control.question import Question
from callpoint_gateway.supervision.faults import State
from callpoint_protocol import names

#: How long an inhibit may last, in seconds; one that holds alarms of life kinds back, less.
MAX_S: Final = 7 * 86_400
MAX_LIFE_S: Final = 86_400


class InhibitView(msgspec.Struct, frozen=True, kw_only=True):
    """An inhibit that stands: its number, the seconds that are left, and what it is."""

    number: int
    left_s: int
    device: str
    zone: int | None
    place: str
    reason: str
    role: str
    maintenance: bool
    life: bool
    from_ms: int
    until_ms: int


class InhibitList(msgspec.Struct, frozen=True):
    """Every inhibit that stands."""

    inhibits: list[InhibitView]


class BeginInhibit(Question[InhibitView], frozen=True, tag="inhibit"):
    """Hold back from every centre what happens at a device, a zone of it, or a place."""

    for_s: Annotated[int, Meta(ge=1, le=MAX_S)]
    reason: str
    role: str
    device: str = ""
    zone: Annotated[int, Meta(ge=0, le=names.MAX_ZONE)] | None = None
    place: str = ""
    maintenance: bool = False
    life: bool = False


class EndInhibit(Question[InhibitView], frozen=True, tag="inhibit end"):
    """End one before its time."""

    number: int
    role: str


class ListInhibits(Question[InhibitList], frozen=True, tag="inhibit list"):
    """Which stand?"""


class SupervisedView(msgspec.Struct, frozen=True):
    """One thing that is supervised, why it is as it is, and what a person can do about it.

    ``for_s``: how long it has been so, if that is known.
    """

    source: str
    after_s: float
    state: State
    for_s: int | None
    reason: str
    remedy: str


class SupervisedList(msgspec.Struct, frozen=True):
    """Everything that is supervised."""

    supervised: list[SupervisedView]


class ListSupervised(Question[SupervisedList], frozen=True, tag="supervision"):
    """How is everything that is supervised?"""
