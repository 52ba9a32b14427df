"""Tells the gateway which action plans the site has written itself, for its district.

The gateway keeps a copy, and tells the district also while no console runs. Who wrote a plan stays
here.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from callpoint_console.desk import ORIGIN, Desk
from callpoint_console.plan_book import PlanBook
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.client import Unanswered
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.upstream.own_plans.file import version_of
from callpoint_gateway.upstream.own_plans.plan import OwnPlan
from callpoint_gateway.upstream.own_plans.questions import CompareOwnPlans, TellOwnPlan
from callpoint_protocol import names

#: Of each plan so many versions are told: open alarms keep the one with which they began.
VERSIONS: Final = 4
#: A change is noticed within so many seconds; a gateway that was put back, within ``AGAIN_S``.
LOOK_S: Final = 1.0
AGAIN_S: Final = 15.0
_BY: Final = By("console", Role.ADMIN, ORIGIN)

log = logging.getLogger(__name__)


class PlanTelling:
    """``run`` until cancelled."""

    def __init__(self, book: PlanBook, desk: Desk) -> None:
        """``desk``: the gateway of this machine."""
        self._book, self._desk = book, desk
        self._said = ""

    async def run(self) -> None:
        """Tell the plans at once, after each change, and now and then."""
        clock = asyncio.get_running_loop().time
        told: Sequence[OwnPlan] | None = None
        again_s = 0.0
        while True:
            plans = told_of(self._book)
            if plans != told or clock() >= again_s:
                try:
                    await self._tell(plans)
                    told, again_s = plans, clock() + AGAIN_S
                except (Unanswered, QuestionRefused) as error:
                    told = None
                    self._log(str(error))
            await asyncio.sleep(LOOK_S)

    async def _tell(self, plans: Sequence[OwnPlan]) -> None:
        """Have the gateway know these plans and no others, but for those that it refuses."""
        lacking = await self._lacking(plans)
        refused = dict[int, QuestionRefused]()
        for number in lacking:
            try:
                await self._desk.ask(TellOwnPlan(plan=plans[number]), _BY)
            except QuestionRefused as error:
                refused[number] = error
        if lacking:
            await self._lacking([plan for n, plan in enumerate(plans) if n not in refused])
        self._log("; ".join(str(error) for error in refused.values()))

    async def _lacking(self, plans: Sequence[OwnPlan]) -> Sequence[int]:
        versions = [version_of(plan) for plan in plans]
        return (await self._desk.ask(CompareOwnPlans(versions=versions), _BY)).versions

    def _log(self, why: str) -> None:
        if why and why != self._said:
            log.warning("the district does not get the site's action plans: %s", why)
        self._said = why


def told_of(book: PlanBook) -> list[OwnPlan]:
    """Return the last versions of each plan that the site has written itself."""
    return [
        OwnPlan(
            names.KINDS[key.kind],
            key.profile,
            version.plan.version,
            version.at_ms,
            list(version.plan.step),
        )
        for key, versions in book.written()
        for version in versions[-VERSIONS:]
    ]
