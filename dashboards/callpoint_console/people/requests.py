"""What the handlers of pages about people need of a request."""

import logging

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from callpoint_console.pages.requests import console_of
from callpoint_console.people.assembly import People, Who
from callpoint_console.rendering import language_of, page
from callpoint_console.visitor import visitor_of
from callpoint_gateway.alarms.situation import Alarm
from callpoint_gateway.control.roles import Role
from callpoint_people.words import PeopleError

log = logging.getLogger(__name__)


def people_of_request(request: Request) -> People:
    """Return the people of the console that serves a request."""
    people: People = request.app.state.people
    return people


def who_looks(request: Request, alarm: int | None = None) -> Who:
    """Return who has sent a request, as looks are recorded."""
    return Who(visitor_of(request).login, alarm)


def open_alarm(request: Request) -> Alarm | None:
    """Return the open alarm whose number the path has; None: it is closed, or was none."""
    snapshot = console_of(request).broadcaster.snapshot
    alarms = snapshot.situation.alarms if snapshot else ()
    number = request.path_params["number"]
    return next((alarm for alarm in alarms if alarm.alarm == number), None)


def works_at(request: Request, place: str, roles: frozenset[Role]) -> bool:
    """Say whether the visitor has one of these roles at a place or cell, "" for the whole site."""
    areas = visitor_of(request).scope.areas(roles)
    return bool(areas) and console_of(request).map.in_areas(place, areas)


def unusable(request: Request, error: PeopleError, *, part: bool = False) -> Response:
    """Return why people cannot be shown, and what to do; ``part``: of a page."""
    log.warning("people cannot be shown: %s", error)
    text = error.in_(language_of(request))
    if part:
        return PlainTextResponse(text, 503)
    return page(request, "missing.html", 503, text=text)
