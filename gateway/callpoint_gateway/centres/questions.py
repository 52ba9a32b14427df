"""What may be asked about alarm centres."""

import msgspec

from callpoint_gateway.centres.path_health import Health
from callpoint_gateway.control.question import Question
from callpoint_gateway.control.roles import DESK, EVERYBODY


class DutyAnswered(msgspec.Struct, frozen=True):
    """The centres whose question was answered, and by whom (a role or an account)."""

    answered: list[str]
    who: str


class AnswerDuty(Question[DutyAnswered], frozen=True, tag="duty"):
    """Answer that somebody is there: to one centre, or to every one that asks."""

    may = DESK
    centre: str | None = None


class PathView(msgspec.Struct, frozen=True, kw_only=True):
    """Path ``number`` of a centre, the preferred is 1; ``answered_s``: the last answer's age.

    ``answered_s`` is None if nothing has been answered since the gateway's start.
    """

    number: int
    health: Health
    answered_s: int | None


class LinkView(msgspec.Struct, frozen=True):
    """A centre with its paths."""

    centre: str
    paths: list[PathView]


class LinkList(msgspec.Struct, frozen=True):
    """The links to all centres, in the order of the configuration."""

    links: list[LinkView]


class ListLinks(Question[LinkList], frozen=True, tag="links"):
    """Ask how long ago each centre answered over each of its paths."""

    may = EVERYBODY
