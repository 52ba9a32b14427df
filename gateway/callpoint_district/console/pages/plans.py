"""``/plans``: the action plans that the district gives to areas, and who has confirmed them."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from callpoint_console.accounts.form import given
from callpoint_console.plans import ShippedPlans
from callpoint_console.rendering import language_of, words_in
from callpoint_console.security.endpoints import for_roles, signed_in
from callpoint_console.site_map import Spot, area_text
from callpoint_console.views.plan_form import Typed, form_rows, steps_in, typed_rows
from callpoint_console.visitor import visitor_of
from callpoint_console.words.page_words import PageWords
from callpoint_district.areas import plans as of_areas
from callpoint_district.areas.plans import AreaPlan
from callpoint_district.console.pages.requests import (
    areas_of,
    asker,
    concerned,
    district_of,
    framed,
    overview_of,
)
from callpoint_district.console.views.seeing import role_in
from callpoint_district.console.views.told_sites import ToldSites, told_sites
from callpoint_gateway.alarms.plan_check import ACTIONS
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.upstream.questions import GivePlan
from callpoint_gateway.upstream.usable_plan import KINDS

_SHIPPED: Final = ShippedPlans()


class PlanRow(msgspec.Struct, frozen=True):
    """A plan in force, and who has confirmed it; ``key``: area, kind and profile of its form."""

    name: str
    area: str
    key: tuple[str, str, str]
    steps: tuple[PlanStep, ...]
    version: int
    who: str
    time: str
    told: ToldSites
    may_edit: bool


class _Key(msgspec.Struct, frozen=True):
    area: Spot
    kind: str
    profile: Profile | None


def _listed(request: Request) -> list[AreaPlan]:
    with district_of(request).database.transaction() as connection:
        return of_areas.listed(connection)


def _name(kind: str, profile: Profile | None, words: PageWords) -> str:
    called = words.profile(profile.value) if profile else words("area_plan.every")
    return words("plan.of", kind=words.kind(KINDS[kind]), profile=called)


def _row(request: Request, plan: AreaPlan, words: PageWords) -> PlanRow:
    snapshot, zone = overview_of(request).snapshot, district_of(request).zone
    scope = visitor_of(request).scope
    kind = next(name for name, code in KINDS.items() if code == plan.kind)
    return PlanRow(
        name=_name(kind, plan.profile, words),
        area=area_text(plan.area) or words("grid.whole"),
        key=(area_text(plan.area), kind, plan.profile.value if plan.profile else ""),
        steps=plan.steps,
        version=plan.version,
        who=plan.who,
        time=f"{datetime.fromtimestamp(plan.at_ms / 1000, zone):%Y-%m-%d %H:%M}",
        told=told_sites(plan.sites, snapshot.sites if snapshot else {}, scope, words, zone),
        may_edit=role_in(plan.area, scope, GivePlan.may) is not None,
    )


@signed_in()
async def plans(request: Request) -> Response:
    """List the plans in force, with a form that begins another."""
    words = words_in(language_of(request))
    found = await asyncio.to_thread(_listed, request)
    return framed(
        request,
        "district/plans.html",
        rows=[_row(request, plan, words) for plan in found if concerned(request, plan.area)],
        areas=[area_text(area) for area in areas_of(request, GivePlan.may)],
        kinds={name: words.kind(code) for name, code in KINDS.items()},
        profiles={profile.value: words.profile(profile.value) for profile in Profile},
    )


def _key(request: Request, area: str, kind: str, profile: str) -> _Key | None:
    """Return which plan is meant; None: there is none, or the visitor may not write it."""
    if kind not in KINDS or (profile and profile not in list(Profile)):
        return None
    areas = areas_of(request, GivePlan.may)
    spot = next((each for each in areas if area_text(each) == area), None)
    return None if spot is None else _Key(spot, kind, Profile(profile) if profile else None)


def _form(
    request: Request,
    key: _Key | None,
    steps: Sequence[PlanStep] = (),
    said: Sequence[str] = (),
    typed: Sequence[Typed] = (),
) -> Response:
    words = words_in(language_of(request))
    if key is None:
        return framed(request, "missing.html", 404, text=words("plan.unknown"))
    return framed(
        request,
        "district/plan.html",
        409 if said else 200,
        name=_name(key.kind, key.profile, words),
        area=area_text(key.area) or words("grid.whole"),
        key=(area_text(key.area), key.kind, key.profile.value if key.profile else ""),
        said=said,
        actions=ACTIONS,
        rows=form_rows(steps, typed),
    )


@for_roles(GivePlan.may)
async def plan(request: Request) -> Response:
    """Show the form of a plan: with the steps in force, else with those that were shipped."""
    query = request.query_params
    key = _key(request, query.get("area", ""), query.get("kind", ""), query.get("profile", ""))
    if key is None:
        return _form(request, None)
    found = await asyncio.to_thread(_listed, request)
    here = (key.area, KINDS[key.kind], key.profile)
    steps: Sequence[PlanStep] = next(
        (each.steps for each in found if (each.area, each.kind, each.profile) == here), ()
    )
    shipped = _SHIPPED.plan(KINDS[key.kind], key.profile or Profile.ESTATE).step
    return _form(request, key, steps or shipped)


@for_roles(GivePlan.may)
async def give(request: Request) -> Response:
    """Give an area what was typed, or take its plan back, or say what is wrong (409)."""
    form, words = await request.form(), words_in(language_of(request))
    names = [await given(request, name) for name in ("area", "kind", "profile")]
    key = _key(request, *names)
    by = asker(request, key.area, GivePlan.may) if key is not None else None
    if key is None or by is None:
        return _form(request, None)
    typed, taking_back = typed_rows(form), form.get("do") == "remove"
    steps, wrong = steps_in(typed)
    if wrong and not taking_back:
        said = [words.told(mistake.why) for mistake in wrong]
        return _form(request, key, (), said, typed)
    database, now_ms = district_of(request).database, SystemClock().wall_ms()

    def write() -> None:
        with database.transaction() as connection:
            if taking_back:
                of_areas.remove(connection, key.area, key.kind, key.profile, by, now_ms)
            else:
                of_areas.give(connection, key.area, key.kind, key.profile, steps, by, now_ms)

    try:
        await asyncio.to_thread(write)
    except QuestionRefused as refused:
        return _form(request, key, (), [words.told(refused.why)], typed)
    return RedirectResponse("/plans", 303)


ROUTES = [
    Route("/plans", plans),
    Route("/plans/edit", plan),
    Route("/plans/give", give, methods=["POST"]),
]
