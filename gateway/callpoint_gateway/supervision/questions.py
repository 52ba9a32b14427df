"""The questions of the control socket about supervision and inhibits."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from callpoint_gateway.configuration.levels import Level
from callpoint_gateway.control.question import Question, RequestId
from callpoint_gateway.control.roles import DEVICES, EVERYBODY, LEADERS, MACHINE
from callpoint_gateway.supervision.faults import SupervisedState
from callpoint_gateway.words.said import NOTHING, Said
from callpoint_protocol import names

#: How long an inhibit may last, in seconds, and how long one that includes life kinds.
MAX_S: Final = 7 * 86_400
MAX_LIFE_S: Final = 86_400
#: How long a response level may last, in seconds.
MIN_LEVEL_S: Final = 60
MAX_LEVEL_S: Final = 31 * 86_400


class InhibitView(msgspec.Struct, frozen=True, kw_only=True):
    """An inhibit in force: its number, the seconds that are left, and its content."""

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
    """All inhibits in force."""

    inhibits: list[InhibitView]


class BeginInhibit(Question[InhibitView], frozen=True, tag="inhibit"):
    """Send no events of a device, of one zone of it, or of a place to any centre for ``for_s``."""

    may = DEVICES
    for_s: Annotated[int, Meta(ge=1, le=MAX_S)]
    reason: str
    device: str = ""
    zone: Annotated[int, Meta(ge=0, le=names.MAX_ZONE)] | None = None
    place: str = ""
    maintenance: bool = False
    life: bool = False


class NotifierReceived(msgspec.Struct, frozen=True):
    """The gateway lives; ``told_s``: a notifier that is silent for so long is a fault."""

    told_s: int


class NotifierLives(Question[NotifierReceived], frozen=True, tag="notifier"):
    """Say that the notifier works. ``undelivered``: messages that have reached nobody.

    ``unusable``: its channels that cannot be used.
    """

    may = MACHINE
    undelivered: Annotated[int, Meta(ge=0)] = 0
    unusable: list[str] = msgspec.field(default_factory=list)


class EndInhibit(Question[InhibitView], frozen=True, tag="inhibit end"):
    """End an inhibit before its time."""

    may = DEVICES
    number: int


class ListInhibits(Question[InhibitList], frozen=True, tag="inhibit list"):
    """Ask for the inhibits in force."""

    may = EVERYBODY


class LevelView(msgspec.Struct, frozen=True, kw_only=True):
    """A response level that holds: its number, the seconds that are left, and its content."""

    number: int
    left_s: int
    area: str
    level: Level
    reason: str
    who: str
    from_ms: int
    until_ms: int


class LevelList(msgspec.Struct, frozen=True):
    """The response levels that hold now, the most serious first."""

    levels: list[LevelView]


class BeginLevel(Question[LevelView], frozen=True, tag="level"):
    """Put ``area`` (a place's id, or the beginning of its text; empty: the site) to a level.

    A repeat with the same ``request`` is the same level.
    """

    may = LEADERS
    area: str
    level: Level
    for_s: Annotated[int, Meta(ge=MIN_LEVEL_S, le=MAX_LEVEL_S)]
    reason: str
    request: RequestId | None = None


class EndLevel(Question[LevelView], frozen=True, tag="level end"):
    """End a response level before its time: by its number, or by the request that began it."""

    may = LEADERS
    number: int = 0
    request: RequestId | None = None


class ListLevels(Question[LevelList], frozen=True, tag="level list"):
    """Ask for the response levels that hold now."""

    may = EVERYBODY


class SupervisedView(msgspec.Struct, frozen=True):
    """One supervised part or device: its state, the reason, and what a person can do about it.

    ``for_s``: for how many seconds it has been in this state, None if that is not known. ``why``
    and ``to_do`` are reason and remedy for readers of every language; they are empty in the answer
    of an older version.
    """

    source: str
    after_s: float
    state: SupervisedState
    for_s: int | None
    reason: str
    remedy: str
    why: Said = NOTHING
    to_do: Said = NOTHING


class SupervisedList(msgspec.Struct, frozen=True):
    """All supervised parts and devices."""

    supervised: list[SupervisedView]


class ListSupervised(Question[SupervisedList], frozen=True, tag="supervision"):
    """Ask for the state of all supervised parts and devices."""

    may = EVERYBODY
