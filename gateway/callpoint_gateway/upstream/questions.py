"""The questions about the action plans that a district gives to a site."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.control.question import Question
from callpoint_gateway.control.roles import EVERYBODY, LEADERS, MACHINE

#: Give plans to a site; who may change the site's own plans at its console.
PLANNERS: Final = LEADERS | MACHINE
Part = Annotated[str, Meta(min_length=1, max_length=64)]
Area = Annotated[list[Part], Meta(max_length=7)]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class GivenPlanView(msgspec.Struct, frozen=True):
    """A plan that a district gives: for which area (its parts), kind and profile, and its digest.

    Without ``profile`` it is for every profile. ``from_ms``: since when it is here (Unix ms).
    """

    area: list[str]
    kind: str
    profile: Profile | None
    digest: str
    who: str
    from_ms: int


class GivenPlanList(msgspec.Struct, frozen=True):
    """The plans that the asker has given and that are in force."""

    plans: list[GivenPlanView]


class GivePlan(Question[GivenPlanView], frozen=True, tag="plan"):
    """Give an action plan to the places of an area; one that is there already stays as it is.

    ``digest``: that of ``steps`` (``plan_steps.digest_of``).
    """

    may = PLANNERS
    area: Area
    kind: str
    steps: list[PlanStep]
    digest: Digest
    profile: Profile | None = None


class TakePlanBack(Question[GivenPlanView], frozen=True, tag="plan end"):
    """Take back an action plan that was given to an area."""

    may = PLANNERS
    area: Area
    kind: str
    profile: Profile | None = None


class ListGivenPlans(Question[GivenPlanList], frozen=True, tag="plan list"):
    """Ask for the action plans that a district gives: the asker's own, not those of its city."""

    may = EVERYBODY
