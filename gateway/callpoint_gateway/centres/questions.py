"""What may be asked about alarm centres."""

import msgspec

from callpoint_gateway.control.question import Question
from callpoint_gateway.control.roles import DESK


class DutyAnswered(msgspec.Struct, frozen=True):
    """The centres whose question was answered, and by whom (a role or an account)."""

    answered: list[str]
    who: str


class AnswerDuty(Question[DutyAnswered], frozen=True, tag="duty"):
    """Answer that somebody is there: to one centre, or to every one that asks."""

    may = DESK
    centre: str | None = None
