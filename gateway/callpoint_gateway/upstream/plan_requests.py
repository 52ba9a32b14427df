"""Answers the questions about the action plans that a district gives."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from typing import TypeVar

from callpoint_gateway.alarms.plan_steps import digest_of
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.control.asker import Asker
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.socket import Control
from callpoint_gateway.upstream.given_plans import (
    FILE,
    GivenPlan,
    GivenPlansFile,
    TooMany,
)
from callpoint_gateway.upstream.questions import (
    GivenPlanList,
    GivenPlanView,
    GivePlan,
    ListGivenPlans,
    TakePlanBack,
)
from callpoint_gateway.upstream.usable_plan import check, kind_of
from callpoint_gateway.words.said import said, said_by
from callpoint_protocol import names

T = TypeVar("T")

log = logging.getLogger(__name__)


def register_requests(control: Control, file: GivenPlansFile, register: Register) -> None:
    """Register an answer for each question about given plans."""
    requests = _Requests(file, register)
    control.register(GivePlan, requests.give)
    control.register(TakePlanBack, requests.take_back)
    control.register(ListGivenPlans, requests.listed)


class _Requests:
    def __init__(self, file: GivenPlansFile, register: Register) -> None:
        self._file = file
        self._register = register

    async def give(self, asked: GivePlan, asker: Asker) -> GivenPlanView:
        kind, area = kind_of(asked.kind), tuple(asked.area)
        check(asked.steps)
        if digest_of(asked.steps) != asked.digest:
            raise QuestionRefused(said("given.digest"))
        if not any(place.grid[: len(area)] == area for place in self._register.places()):
            raise QuestionRefused(said("level.no_area", area=" / ".join(area)))
        plan = await self._in_thread(
            lambda: self._file.give(
                area, kind, asked.profile, asked.steps, asker.who, asker.origin
            )
        )
        log.warning("plan for %s at %s given", asked.kind, " / ".join(area) or "the whole site")
        return _view(plan)

    async def take_back(self, asked: TakePlanBack, asker: Asker) -> GivenPlanView:
        kind, area = kind_of(asked.kind), tuple(asked.area)
        plan = await self._in_thread(
            lambda: self._file.take_back(area, kind, asked.profile, asker.origin)
        )
        if plan is None:
            raise QuestionRefused(said("given.none", area=" / ".join(area) or "-"))
        return _view(plan)

    async def listed(self, _: ListGivenPlans, asker: Asker) -> GivenPlanList:
        plans = await self._in_thread(lambda: self._file.in_force(asker.origin))
        return GivenPlanList([_view(plan) for plan in plans])

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.to_thread(work)
        except TooMany:
            raise QuestionRefused(said("given.too_many", most=self._file.most)) from None
        except (sqlite3.Error, OSError) as error:
            why = said("given.file", file=FILE, why=said_by(error))
            raise QuestionRefused(why) from error


def _view(plan: GivenPlan) -> GivenPlanView:
    return GivenPlanView(
        list(plan.area),
        names.KINDS[plan.kind],
        plan.profile,
        plan.digest,
        plan.who,
        plan.from_ms,
    )
