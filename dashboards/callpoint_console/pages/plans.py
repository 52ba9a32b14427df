"""``/plans``: the action plans with their versions, and changing them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

import msgspec
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callpoint_console.pages.points import LABELLERS
from callpoint_console.pages.requests import console_of, stores_of_request
from callpoint_console.plan_book import (
    Changed,
    Outdated,
    PlanKey,
    Version,
    difference,
    keys_of,
)
from callpoint_console.rendering import go_to, language_of, page, words_in
from callpoint_console.security.endpoints import WHOLE_SITE, for_roles, signed_in
from callpoint_console.views.card import given_to
from callpoint_console.views.plan_form import Typed, form_rows, steps_in, typed_rows
from callpoint_console.visitor import visitor_of
from callpoint_gateway.alarms.plan_check import ACTIONS
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration.alarms import PRIORITIES
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.control.roles import Role
from callpoint_protocol import names

EDITORS: Final = frozenset({Role.SUPERVISOR, Role.ADMIN})
_CODES: Final = {name: code for code, name in names.KINDS.items() if code in PRIORITIES}


class Row(msgspec.Struct, frozen=True):
    """A plan in the list. ``written``: who wrote it and when, "" if it was shipped.

    ``steps`` are those of the site's own plan, or of the one that was shipped.
    """

    kind: str
    name: str
    steps: int
    version: int
    written: str


class Group(msgspec.Struct, frozen=True):
    """The plans of one profile; ``here``: the site has devices at such places."""

    profile: str
    here: bool
    rows: list[Row]


class Shown(msgspec.Struct, frozen=True):
    """A version as the page shows it; ``changed`` is None for the first."""

    number: int
    who: str
    time: str
    steps: Sequence[PlanStep]
    changed: list[Changed] | None


class Given(msgspec.Struct, frozen=True):
    """A plan that a district gives to an area."""

    area: str
    steps: Sequence[PlanStep]
    who: str
    time: str


def _time(request: Request, at_ms: int) -> str:
    zone = console_of(request).source.zone
    return f"{datetime.fromtimestamp(at_ms / 1000, zone):%Y-%m-%d %H:%M}"


def _key(request: Request) -> PlanKey | None:
    kind, profile = request.path_params["kind"], request.path_params["profile"]
    if kind not in _CODES or profile not in set(Profile):
        return None
    return PlanKey(_CODES[kind], Profile(profile))


@signed_in()
async def every(request: Request) -> Response:
    """List the plans, first those of profiles that the site has."""
    book, words = stores_of_request(request).plans, words_in(language_of(request))
    here = {
        key.profile for key in keys_of(console_of(request).source.register or Register([], []))
    }
    groups = []
    for profile in sorted(Profile, key=lambda each: each not in here):
        rows = []
        for name, code in _CODES.items():
            last = book.versions(PlanKey(code, profile))[0]
            by = words("plan.by", who=last.who, time=_time(request, last.at_ms))
            kind = words.kind(code)
            number, steps = last.plan.version, len(last.plan.step)
            given = words("plan.given_here") if book.given(PlanKey(code, profile)) else ""
            rows.append(Row(name, kind, steps, number, by if number else given))
        groups.append(Group(profile.value, profile in here, rows))
    missing = [
        words("plan.of", kind=words.kind(key.kind), profile=words.profile(key.profile))
        for key in book.without()
    ]
    may_label = bool(visitor_of(request).scope.areas(LABELLERS))
    return page(request, "plans/list.html", groups=groups, missing=missing, may_label=may_label)


def _shown(request: Request, versions: Sequence[Version]) -> list[Shown]:
    found = []
    for number, version in enumerate(versions):
        before = versions[number + 1] if number + 1 < len(versions) else None
        found.append(
            Shown(
                version.plan.version,
                version.who,
                _time(request, version.at_ms),
                version.plan.step,
                difference(before.plan, version.plan) if before else None,
            )
        )
    return found


def _given(request: Request, key: PlanKey) -> list[Given]:
    words = words_in(language_of(request))
    return [
        Given(given_to(plan.area, words) or "", plan.steps, plan.who, _time(request, plan.from_ms))
        for plan in stores_of_request(request).plans.given(key)
    ]


def _page(
    request: Request,
    key: PlanKey,
    said: Sequence[str] = (),
    typed: Sequence[Typed] = (),
    status: int = 200,
) -> Response:
    words, versions = (
        words_in(language_of(request)),
        stores_of_request(request).plans.versions(key),
    )
    shown = _shown(request, versions)
    grants = visitor_of(request).scope.areas(EDITORS)
    return page(
        request,
        "plans/plan.html",
        status,
        name=words("plan.of", kind=words.kind(key.kind), profile=words.profile(key.profile)),
        path=f"/plans/{names.KINDS[key.kind]}/{key.profile}",
        said=said,
        typed=bool(typed),
        newest=shown[0],
        given=_given(request, key),
        versions=shown,
        may_edit="" in grants,
        actions=ACTIONS,
        rows=form_rows(shown[0].steps, typed),
    )


def _none(request: Request) -> Response:
    return page(request, "missing.html", 404, text=words_in(language_of(request))("plan.unknown"))


@signed_in()
async def plan(request: Request) -> Response:
    """Show a plan in both languages, with its versions and how they differ."""
    key = _key(request)
    return _page(request, key) if key else _none(request)


def _after(form: FormData) -> int:
    after = str(form.get("after", ""))
    return int(after) if after.isascii() and after.isdecimal() and len(after) < 9 else -1


@for_roles(EDITORS, place=WHOLE_SITE)
async def edit(request: Request) -> Response:
    """Save what was typed as a new version, or say what is wrong with it (409)."""
    key, words = _key(request), words_in(language_of(request))
    if key is None:
        return _none(request)
    form = await request.form()
    typed = typed_rows(form)
    steps, wrong = steps_in(typed)
    if wrong:
        said = [words.told(mistake.why) for mistake in wrong]
        return _page(request, key, said, typed, 409)
    book, who = stores_of_request(request).plans, visitor_of(request).login
    return await _written(request, key, typed, partial(book.save, key, steps, who, _after(form)))


@for_roles(EDITORS, place=WHOLE_SITE)
async def back(request: Request) -> Response:
    """Write the steps of an older version as the newest."""
    key, form = _key(request), await request.form()
    to = str(form.get("to", ""))
    if key is None or not (to.isascii() and to.isdecimal() and len(to) < 9):
        return _none(request)
    book = stores_of_request(request).plans
    if int(to) not in {version.plan.version for version in book.versions(key)}:
        return _none(request)
    who = visitor_of(request).login
    return await _written(request, key, (), partial(book.back_to, key, int(to), who, _after(form)))


async def _written(
    request: Request,
    key: PlanKey,
    typed: Sequence[Typed],
    write: Callable[[], Version],
) -> Response:
    try:
        await stores_of_request(request).database.in_thread(write)
    except Outdated:
        said = words_in(language_of(request))("plan.outdated")
        return _page(request, key, [said], typed, 409)
    return go_to(request, f"/plans/{names.KINDS[key.kind]}/{key.profile}")


ROUTES = [
    Route("/plans", every),
    Route("/plans/{kind}/{profile}", plan),
    Route("/plans/{kind}/{profile}/edit", edit, methods=["POST"]),
    Route("/plans/{kind}/{profile}/back", back, methods=["POST"]),
]
