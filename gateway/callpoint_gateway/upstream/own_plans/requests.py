"""Takes the site's own action plans from its console."""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import TypeVar

from callpoint_gateway.control.asker import Asker
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.socket import Control
from callpoint_gateway.upstream.own_plans.file import FILE, OwnPlansFile, version_of
from callpoint_gateway.upstream.own_plans.questions import (
    CompareOwnPlans,
    Lacking,
    TellOwnPlan,
    Told,
)
from callpoint_gateway.words.said import said, said_by

T = TypeVar("T")


def register_requests(control: Control, file: OwnPlansFile, changed: Callable[[], None]) -> None:
    """Register an answer for each question. ``changed`` is called when other plans are whole."""
    requests = _Requests(file, changed)
    control.register(CompareOwnPlans, requests.compare)
    control.register(TellOwnPlan, requests.told)


class _Requests:
    def __init__(self, file: OwnPlansFile, changed: Callable[[], None]) -> None:
        self._file, self._changed = file, changed
        self._news = False

    async def compare(self, asked: CompareOwnPlans, _: Asker) -> Lacking:
        there = await _in_thread(self._file.read)
        has = {version_of(plan) for plan in there}
        lacking = [number for number, each in enumerate(asked.versions) if each not in has]
        if lacking:
            return Lacking(lacking)
        wanted = set(asked.versions)
        if over := [plan for plan in there if version_of(plan) not in wanted]:
            await _in_thread(lambda: self._file.forget(over))
            self._news = True
        if self._news:
            self._news = False
            self._changed()
        return Lacking([])

    async def told(self, asked: TellOwnPlan, _: Asker) -> Told:
        plan = asked.plan
        if wrong := plan.mistake():
            raise QuestionRefused(wrong)
        await _in_thread(lambda: self._file.keep(plan))
        self._news = True
        return Told()


async def _in_thread(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except (sqlite3.Error, OSError) as error:
        why = said("own_plan.file", file=FILE, why=said_by(error))
        raise QuestionRefused(why) from error
