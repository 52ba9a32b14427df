"""``/rota`` and ``/responders``: who is on duty, and who is responsible for which cell."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, TypeVar

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from callpoint_console.pages.requests import console_of
from callpoint_console.people import rota_view
from callpoint_console.people.requests import (
    people_of_request,
    unusable,
    who_looks,
    works_at,
)
from callpoint_console.rendering import at_of, fragment, go_to, language_of, page
from callpoint_console.security.endpoints import for_roles, refusal
from callpoint_console.visitor import visitor_of
from callpoint_console.work.roles import SEE
from callpoint_gateway.control.roles import Role
from callpoint_people import roles, rota
from callpoint_people.cells import SITE
from callpoint_people.rota import Shift
from callpoint_people.rota_store import RotaStore
from callpoint_people.store import PeopleStore
from callpoint_people.words import PeopleError

#: May change the rota of their places.
PLAN: Final = frozenset({Role.MANAGER, Role.SUPERVISOR, Role.ADMIN})
MOST_BUILDINGS: Final = 500

T = TypeVar("T")


async def _ask(request: Request, work: Callable[[PeopleStore], T]) -> T:
    return await people_of_request(request).ask(who_looks(request), work)


def _seen(request: Request) -> rota_view.InScope:
    """Return what says whether a cell is shown: it is in an area of the visitor, or around one.

    Those around are responsible for the visitor's own places as well.
    """
    cells = people_of_request(request).cells
    areas = visitor_of(request).scope.areas(SEE)

    def seen(cell: str) -> bool:
        around = any(cell in cells.upwards(area) for area in areas)
        return around or works_at(request, cell, SEE)

    return seen


def _monday(request: Request) -> date:
    today = people_of_request(request).today
    try:
        day = date.fromisoformat(request.query_params.get("week", ""))
    except ValueError:
        day = today
    if not date(2000, 1, 10) <= day <= date(2199, 12, 1):
        day = today
    return day - timedelta(days=day.weekday())


async def _rota(request: Request, said: str = "") -> Response:
    people, language, who = people_of_request(request), language_of(request), who_looks(request)
    monday, seen = _monday(request), _seen(request)
    try:
        week = await _ask(
            request, lambda store: rota_view.week(people, store, who, monday, (seen, language))
        )
        now = await _ask(
            request, lambda store: rota_view.on_duty_now(people, store, who, seen, language)
        )
    except PeopleError as error:
        return unusable(request, error)
    members = [each for each in week.members if works_at(request, each.cell, PLAN)]
    shifts = [each for each in week.shifts if works_at(request, each.cell, PLAN)]
    return page(
        request,
        "people/rota.html",
        409 if said else 200,
        part="rota",
        said=said,
        week=week,
        roles=now,
        members=members,
        shifts=shifts,
        may_special=works_at(request, SITE, PLAN),
        before=monday - timedelta(days=7),
        after=monday + timedelta(days=7),
        today=people.today,
        zone=people.zone.key,
    )


@for_roles(SEE)
async def rota_page(request: Request) -> Response:
    """Show a week of the rota, and who is on duty now."""
    return await _rota(request)


@for_roles(PLAN)
async def change(request: Request) -> Response:
    """Add or remove a shift of the visitor's places, or make a date a special day."""
    form = await request.form()
    given = {field: str(value) for field, value in form.items()}
    given["days"] = ",".join(str(day) for day in form.getlist("days"))
    try:
        allowed = await _ask(request, lambda store: _changed(request, store, given))
    except PeopleError as error:
        return await _rota(request, error.in_(language_of(request)))
    if not allowed:
        return refusal(request, "refused.role", 403)
    week = given.get("week", "")
    return go_to(request, f"/rota?week={week}" if week.replace("-", "").isdigit() else "/rota")


def _changed(request: Request, store: PeopleStore, given: dict[str, str]) -> bool:
    """Change the rota. False: the visitor may not. PeopleError: what is refused."""
    kept, what = RotaStore(store), given.get("do", "")
    if what == "special":
        if works_at(request, SITE, PLAN):
            kept.set_special(given.get("date", ""), given.get("like") or None)
            return True
        return False
    if what == "remove":
        number = int(given["number"]) if given.get("number", "").isdecimal() else 0
        found = [shift for shift in kept.shifts() if shift.number == number]
        if found and not works_at(request, found[0].cell, PLAN):
            return False
        kept.remove(number)
        return True
    role, _, rest = given.get("member", "").partition("|")
    cell, _, person = rest.partition("|")
    if not role or not works_at(request, cell, PLAN):
        return False
    kept.add(_shift(role, cell, person, given))
    return True


def _shift(role: str, cell: str, person: str, given: dict[str, str]) -> Shift:
    hours, on_date = rota.checked_hours(given.get("hours", "")), given.get("on_date", "")
    if on_date:
        on_date = rota.checked_date(on_date)
        return Shift(role=role, cell=cell, hours=hours, on_date=on_date, person=person)
    days = rota.checked_days(given["days"])
    return Shift(role=role, cell=cell, hours=hours, days=days, person=person)


@for_roles(SEE, click=False)
async def now(request: Request) -> Response:
    """Show who is on duty now, as a part of another page."""
    people, language, who = people_of_request(request), language_of(request), who_looks(request)
    seen, fault, found = _seen(request), "", []
    try:
        if people.is_there:
            found = await _ask(
                request, lambda store: rota_view.on_duty_now(people, store, who, seen, language)
            )
    except PeopleError as error:
        fault = error.in_(language)
    content = fragment("people/on_duty.html", language, at_of(request), fault=fault, roles=found)
    return HTMLResponse(content, headers={"Cache-Control": "no-store"})


@for_roles(SEE)
async def responders(request: Request) -> Response:
    """Show the responders of each building (1+1+N), where one is missing, and the groups."""
    people, language, who = people_of_request(request), language_of(request), who_looks(request)
    site_map = console_of(request).map
    spots = {" / ".join(spot): site_map.short(spot) for spot in site_map.buildings}
    cells = [cell for cell in spots if works_at(request, cell, SEE)][:MOST_BUILDINGS]
    try:
        table, groups = await _ask(
            request, lambda store: rota_view.by_building(people, store, who, cells, language)
        )
    except PeopleError as error:
        return unusable(request, error)
    return page(
        request,
        "people/responders.html",
        part="responders",
        heads=[roles.name_of(role).in_(language) for role in roles.RESPONDERS],
        table=[(spots[cell], names) for cell, names in table],
        roles=groups,
    )


ROUTES: Final = [
    Route("/rota", rota_page),
    Route("/rota/change", change, methods=["POST"]),
    Route("/rota/now", now),
    Route("/responders", responders),
]
