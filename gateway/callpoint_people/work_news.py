"""News of a work order, which the console has and the notifier tells.

The console writes it into the notifier's file, as it does with messages of test: the notifier
reads no file of the console. It has no note that somebody wrote, and no person.
"""

from enum import StrEnum
from typing import Final

import msgspec

from callpoint_gateway.words.said import Said

#: In the place of a login, before the name of a role.
ROLE: Final = "@"


class WorkWhat(StrEnum):
    """The kind of news of a work order; values are those of the notifier's news."""

    GIVEN = "work_given"
    REOPENED = "work_reopened"
    DUE = "work_due"


class WorkNews(msgspec.Struct, frozen=True, kw_only=True):
    """``turn`` tells two news of the same kind apart: the number of a step, or a day.

    ``assignee``: an account's login, or ``ROLE`` and a role. A login is told as the group of
    contacts of that name. ``due``: the last day, such as 2026-11-30, ``late``: it is over.
    ``place``: an id of the register or the text of an area, "" for the whole site.
    """

    what: WorkWhat
    order: int
    turn: str
    assignee: str
    due: str
    late: bool
    place: str
    matter: Said
    at_ms: int

    @property
    def role(self) -> str:
        """The role or group that is told."""
        return self.assignee.removeprefix(ROLE)

    @property
    def subject(self) -> str:
        """What makes it one piece of news: it is told once."""
        return f"{self.what}/{self.order}/{self.turn}"
