"""The questions by which the site's console tells the gateway its action plans.

The console is another process, whose file the gateway does not read.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from callpoint_gateway.control.question import Question
from callpoint_gateway.control.roles import MACHINE
from callpoint_gateway.upstream.own_plans.plan import MOST, OwnPlan


class Version(msgspec.Struct, frozen=True):
    """A version of a plan without its steps; ``digest``: of the steps."""

    kind: str
    profile: str
    version: int
    from_ms: int
    digest: str


class Lacking(msgspec.Struct, frozen=True):
    """Which of the versions the gateway does not have, by their number from 0."""

    versions: list[int]


class CompareOwnPlans(Question[Lacking], frozen=True, tag="plan own"):
    """Say which action plans the site has written itself.

    When the gateway has all of them, it forgets all others, and tells its district.
    """

    may = MACHINE
    versions: Annotated[list[Version], Meta(max_length=MOST)]


class Told(msgspec.Struct, frozen=True):
    """The version is kept."""


class TellOwnPlan(Question[Told], frozen=True, tag="plan own steps"):
    """Tell a version that the gateway lacks."""

    may = MACHINE
    plan: OwnPlan
