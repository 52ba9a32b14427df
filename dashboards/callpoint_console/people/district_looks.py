"""Answers an operator of the district who must call somebody where an alarm is open.

The console waits at the gateway for such questions. It shows what it would show an operator of the
site, for a real alarm that is open, once the look is on record here.
"""

import asyncio
import logging
from typing import Final

from callpoint_console.console import Console
from callpoint_console.database import DatabaseFault
from callpoint_console.desk import ORIGIN, Desk
from callpoint_console.people import responsible
from callpoint_console.people.assembly import People, Who
from callpoint_gateway.alarms.situation import Alarm
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.client import Unanswered
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.journal.entries import Mark
from callpoint_gateway.upstream.household.questions import (
    AnswerHousehold,
    AwaitHousehold,
    Household,
    HouseholdAsked,
    HouseholdView,
    Noted,
    Person,
    Unshown,
)
from callpoint_gateway.words.text import LANGUAGES
from callpoint_people.words import PeopleError

AGAIN_S: Final = 2.0
_BY: Final = By("console", Role.ADMIN, ORIGIN)

log = logging.getLogger(__name__)


class DistrictLooks:
    """``run`` until cancelled."""

    def __init__(self, console: Console, people: People, desk: Desk) -> None:
        """``desk``: the gateway of this machine."""
        self._console, self._people, self._desk = console, people, desk

    async def run(self) -> None:
        """Wait for a question and answer it, again and again."""
        told = ""
        while True:
            try:
                asked = await self._desk.ask(AwaitHousehold(), _BY)
                if asked.request:
                    await self._desk.ask(await self._answer(asked), _BY)
                told = ""
            except (Unanswered, QuestionRefused) as error:
                if str(error) != told:
                    told = str(error)
                    log.warning("the district cannot ask for a household: %s", told)
                await asyncio.sleep(AGAIN_S)

    async def _answer(self, asked: HouseholdAsked) -> AnswerHousehold:
        alarm = self._open(asked.alarm)
        if alarm is None:
            return AnswerHousehold(request=asked.request, unshown=Unshown.GONE)
        if alarm.mark is not Mark.REAL:
            return AnswerHousehold(request=asked.request, unshown=Unshown.DRILL)
        try:
            view = await self._view(asked, alarm)
        except (PeopleError, DatabaseFault) as error:
            log.warning("people cannot be shown: %s", error)
            return AnswerHousehold(request=asked.request, unshown=Unshown.UNUSABLE)
        if self._open(asked.alarm) is None:
            # It was closed while the record was read.
            return AnswerHousehold(request=asked.request, unshown=Unshown.GONE)
        return AnswerHousehold(request=asked.request, view=view)

    def _open(self, number: int) -> Alarm | None:
        snapshot = self._console.broadcaster.snapshot
        alarms = snapshot.situation.alarms if snapshot else ()
        return next((alarm for alarm in alarms if alarm.alarm == number), None)

    async def _view(self, asked: HouseholdAsked, alarm: Alarm) -> HouseholdView:
        people = self._people
        place = alarm.place or self._console.map.place_of(alarm.device)
        language = asked.language if asked.language in LANGUAGES else LANGUAGES[0]
        who = Who(f"{asked.origin}:{asked.account}", alarm.alarm)
        if not people.is_there:
            return HouseholdView(place, [], [])
        found = await people.ask(
            who, lambda store: responsible.household(people, store, who, place, language)
        )
        noted = await people.ask(
            who, lambda store: responsible.noted(people, store, who, place, language)
        )
        return HouseholdView(
            place,
            [
                Household(
                    row.role,
                    row.cell,
                    [Person(each.name, each.phone, each.on_duty) for each in row.people],
                )
                for row in found
            ],
            [Noted(row.cell, row.code, list(row.lines)) for row in noted],
        )
