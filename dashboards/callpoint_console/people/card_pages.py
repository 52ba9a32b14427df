"""The people of an open alarm: beside the operator's card, and on the cards of the overview.

They are no part of the live pages, whose sections are rendered once for all who look: each part
here is made for the one who asks, and nobody stores it.
"""

import asyncio
import logging
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from callpoint_console.pages.requests import console_of
from callpoint_console.people import responsible
from callpoint_console.people.notices import Notice, notices
from callpoint_console.people.requests import (
    open_alarm,
    people_of_request,
    unusable,
    who_looks,
    works_at,
)
from callpoint_console.people.times import clock_of
from callpoint_console.rendering import at_of, fragment, language_of, words_in
from callpoint_console.security.endpoints import for_roles, refusal
from callpoint_console.work.roles import SEE
from callpoint_gateway.alarms.situation import Alarm
from callpoint_gateway.control.roles import DESK, Role
from callpoint_gateway.journal.entries import Mark
from callpoint_people.notifications import Notifications
from callpoint_people.outbox_file import OutboxUnusable
from callpoint_people.words import PeopleError

log = logging.getLogger(__name__)

_KEPT_BY_NOBODY: Final = {"Cache-Control": "no-store"}


def _place_of(request: Request, alarm: Alarm) -> str:
    sensed = console_of(request).map.devices.get(alarm.device)
    return alarm.place or (sensed.place if sensed else "")


def _refused(request: Request, alarm: Alarm | None, roles: frozenset[Role]) -> Response | None:
    """Return why nobody is shown; None: one of these roles counts at that place."""
    if alarm is None:
        number = request.path_params["number"]
        text = words_in(language_of(request))("operator.gone", alarm=number)
        return PlainTextResponse(text, 404)
    if not works_at(request, _place_of(request, alarm), roles):
        return refusal(request, "refused.role", 403)
    return None


@for_roles(DESK, click=False)
async def people(request: Request) -> Response:
    """Show who is responsible where an alarm is, and who was told of it outside."""
    alarm, language = open_alarm(request), language_of(request)
    if refused := _refused(request, alarm, DESK):
        return refused
    assert alarm is not None
    found, fault = await _responsible(request, alarm)
    told, unread = await asyncio.to_thread(_told, request, alarm)
    content = fragment(
        "people/of_alarm.html",
        language,
        at_of(request),
        alarm=alarm.alarm,
        fault=fault,
        roles=found,
        told=told,
        unread=unread,
        notifies=people_of_request(request).notify.enabled,
    )
    return HTMLResponse(content, headers=_KEPT_BY_NOBODY)


@for_roles(SEE, click=False)
async def attendants(request: Request) -> Response:
    """Show who is responsible where an alarm is, for a card of the overview."""
    alarm, language = open_alarm(request), language_of(request)
    if refused := _refused(request, alarm, SEE):
        return refused
    assert alarm is not None
    found, fault = await _responsible(request, alarm)
    content = fragment(
        "people/attendants.html", language, at_of(request), fault=fault, roles=found
    )
    return HTMLResponse(content, headers=_KEPT_BY_NOBODY)


async def _responsible(request: Request, alarm: Alarm) -> tuple[list[responsible.RoleRow], str]:
    """Return who is responsible where an alarm is, and why that cannot be said, if it cannot."""
    known, who, language = people_of_request(request), who_looks(request), language_of(request)
    place = _place_of(request, alarm)
    if not known.is_there:
        return responsible.nobody(language), ""
    try:
        return await known.ask(
            who, lambda store: responsible.at_place(known, store, who, place, language)
        ), ""
    except PeopleError as error:
        return [], error.in_(language)


def _told(request: Request, alarm: Alarm) -> tuple[list[Notice], str]:
    known, words = people_of_request(request), words_in(language_of(request))
    try:
        found = Notifications(known.state_dir).of_alarm(alarm.alarm, 100)
    except OutboxUnusable as error:
        log.warning("what was told cannot be shown: %s", error)
        return [], words("told.unreadable")
    return notices(found, words, clock_of(known)), ""


@for_roles(DESK)
async def household(request: Request) -> Response:
    """Show who lives where an alarm is open, and who has the keys; the look is on record.

    404 with a text once the alarm is closed; 403 elsewhere than at the visitor's own places, and
    in a drill, which is no reason to look.
    """
    alarm, language = open_alarm(request), language_of(request)
    if refused := _refused(request, alarm, DESK):
        return refused
    assert alarm is not None
    if alarm.mark is not Mark.REAL:
        return PlainTextResponse(words_in(language)("household.drill"), 403)
    known, place = people_of_request(request), _place_of(request, alarm)
    who = who_looks(request, alarm.alarm)
    found: list[responsible.RoleRow] = []
    noted: list[responsible.NotedRow] = []
    try:
        if known.is_there:
            found = await known.ask(
                who, lambda store: responsible.household(known, store, who, place, language)
            )
            noted = await known.ask(
                who, lambda store: responsible.noted(known, store, who, place, language)
            )
    except PeopleError as error:
        return unusable(request, error, part=True)
    if open_alarm(request) is None:
        # It was closed while the record was read.
        return PlainTextResponse(words_in(language)("operator.gone", alarm=alarm.alarm), 404)
    content = fragment("people/household.html", language, at_of(request), roles=found, noted=noted)
    return HTMLResponse(content, headers=_KEPT_BY_NOBODY)


ROUTES: Final = [
    Route("/operator/alarm/{number:int}/people", people),
    Route("/alarm/{number:int}/responsible", attendants),
    Route("/operator/alarm/{number:int}/household", household, methods=["POST"]),
]
