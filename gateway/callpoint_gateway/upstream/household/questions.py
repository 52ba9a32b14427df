"""The questions by which an operator of the district sees who lives where an alarm is open.

The gateway has nobody's name. It passes the question on to the site's console, which waits for
it, and the answer back; it stores and logs neither.
"""

from enum import StrEnum

import msgspec

from callpoint_gateway.control.question import Question, RequestId
from callpoint_gateway.control.roles import DESK, MACHINE


class Unshown(StrEnum):
    """Why the console shows nobody."""

    GONE = "gone"  # the alarm is closed
    DRILL = "drill"
    UNUSABLE = "unusable"  # the records cannot be read


class Person(msgspec.Struct, frozen=True):
    """A person as a page shows one."""

    name: str
    phone: str
    on_duty: bool | None = None


class Household(msgspec.Struct, frozen=True):
    """The people of one role at a cell, both in the language of the question."""

    role: str
    cell: str
    people: list[Person]


class Noted(msgspec.Struct, frozen=True):
    """What is noted of a flat or of the building around it."""

    cell: str
    code: str
    lines: list[str]


class HouseholdView(msgspec.Struct, frozen=True):
    """Who lives at ``place`` (its id), who has the keys, and what is noted there."""

    place: str
    roles: list[Household]
    noted: list[Noted]


class AskHousehold(Question[HouseholdView], frozen=True, tag="household"):
    """Ask who lives where an alarm is open; the look is on record at the site's console."""

    may = DESK
    alarm: int
    language: str


class HouseholdAsked(msgspec.Struct, frozen=True):
    """What somebody has asked; ``request`` is "" if nobody has, and the console asks again."""

    request: str = ""
    alarm: int = 0
    language: str = ""
    account: str = ""
    origin: str = ""


class AwaitHousehold(Question[HouseholdAsked], frozen=True, tag="household wait"):
    """Wait for a question about a household: the site's console does, all the time."""

    may = MACHINE


class HouseholdTaken(msgspec.Struct, frozen=True):
    """The answer has been passed on, or came too late."""


class AnswerHousehold(Question[HouseholdTaken], frozen=True, tag="household answer"):
    """Answer a question about a household; ``unshown``: why there is no ``view``."""

    may = MACHINE
    request: RequestId
    view: HouseholdView | None = None
    unshown: Unshown | None = None
