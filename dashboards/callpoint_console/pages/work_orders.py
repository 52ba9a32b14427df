"""``/work-orders``: who is to mend what, by when."""

import asyncio
from collections.abc import Collection
from datetime import date, timedelta
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callpoint_console.accounts.account import Kind
from callpoint_console.accounts.assembly import Accounts
from callpoint_console.accounts.form import given
from callpoint_console.pages.requests import context_of, framed, not_yet, tell_work, work_of
from callpoint_console.people.assembly import People
from callpoint_console.people.notices import Notice, notices
from callpoint_console.people.times import clock_of
from callpoint_console.rendering import go_to, language_of, page, words_in
from callpoint_console.security.endpoints import for_roles, refusal, signed_in
from callpoint_console.views.context import Context
from callpoint_console.views.faults import matters_about
from callpoint_console.views.work_orders import (
    assignee_text,
    matter_row,
    moment,
    order_row,
    order_rows,
    today,
)
from callpoint_console.visitor import visitor_of
from callpoint_console.work.matters import Matter
from callpoint_console.work.orders import MOST_MATTERS, State, Step, WorkOrder
from callpoint_console.work.roles import MAKERS, WORKERS
from callpoint_gateway.configuration.privacy import Unsaid
from callpoint_gateway.control.roles import Role
from callpoint_people.notifications import Notifications
from callpoint_people.outbox_file import OutboxUnusable

LISTS: Final = ("open", "overdue", "mine", "done")
#: Rows of a list at most.
SHOWN: Final = 500
DAYS: Final = 7  # until the last day that the form proposes
MOST_DAYS: Final = 366


@signed_in()
async def work_orders(request: Request) -> Response:
    """List the work orders in scope that are open, overdue, the visitor's own, or done."""
    context, work = context_of(request), work_of(request)
    if context is None:
        return not_yet(request)
    chosen = request.query_params.get("show", LISTS[0])
    chosen = chosen if chosen in LISTS else LISTS[0]
    day = today(context, work.now_ms())
    if chosen == "done":
        every = await work.database.in_thread(work.orders.all)
        orders = [order for order in every if order.state is State.DONE]
    else:
        orders = work.state.open
    if chosen == "overdue":
        orders = [order for order in orders if order.overdue(day)]
    elif chosen == "mine":
        orders = [order for order in orders if _is_mine(request, order, context)]
    rows = order_rows(orders, context, day)
    return framed(
        request,
        "work/orders.html",
        lists=LISTS,
        chosen=chosen,
        rows=rows[:SHOWN],
        more=max(0, len(rows) - SHOWN),
    )


def _is_mine(request: Request, order: WorkOrder, context: Context) -> bool:
    role = order.assignee.removeprefix("@")
    if role == order.assignee:
        return order.assignee == visitor_of(request).login
    return context.has(frozenset({Role(role)}), order.places)


class _Draft(NamedTuple):
    """A work order that is being written; ``said``: why it was not made."""

    matters: list[Matter]
    assignee: str
    due: str
    note: str
    said: str = ""


@for_roles(MAKERS)
async def new(request: Request) -> Response:
    """Show the form of a new work order about ``about``, with ``group`` about its whole group."""
    context, work = context_of(request), work_of(request)
    if context is None:
        return not_yet(request)
    about, group = request.query_params.get("about", ""), "group" in request.query_params
    matters = matters_about(about, context, whole_group=group)
    if not matters:
        return _none(request, "work.over")
    places = frozenset(matter.place for matter in matters)
    if not context.has(MAKERS, places):
        return refusal(request, "refused.role", 403)
    if request.method != "POST":
        last = date.fromisoformat(today(context, work.now_ms())) + timedelta(DAYS)
        assignee = f"@{Role.TECHNICIAN}"
        return await _form(request, _Draft(matters, assignee, last.isoformat(), ""))
    draft = _Draft(
        matters,
        await given(request, "assignee"),
        await given(request, "due"),
        (await given(request, "note")).strip(),
    )
    known = {value for value, _ in await _assignees(request, places, context)}
    words = words_in(language_of(request))
    if draft.assignee not in known:
        return await _form(request, draft._replace(said=words("work.no_assignee")))
    if not _is_day(draft.due, today(context, work.now_ms())):
        return await _form(request, draft._replace(said=words("work.no_day")))
    login = visitor_of(request).login
    try:
        number = await work.change(
            work.orders.make, matters, draft.assignee, draft.due, draft.note, login
        )
    except Unsaid as unsaid:
        return await _form(request, draft._replace(said=words.told(unsaid.why)))
    tell_work(request)
    return go_to(request, f"/work-orders/{number}")


async def _assignees(
    request: Request, places: Collection[str], context: Context
) -> list[tuple[str, str]]:
    """Return whom a work order at some places may be given to: roles and accounts, with texts."""
    found = [(f"@{role}", assignee_text(f"@{role}", context)) for role in Role]
    accounts: Accounts | None = request.app.state.accounts
    if accounts is not None:
        every = await accounts.database.in_thread(accounts.store.all)
        found += [
            (account.login, account.login)
            for account in every
            if account.kind is Kind.PERSON
            and not account.disabled
            and all(accounts.tree.roles(account.grants, place) for place in places)
        ]
    return [each for each in found if each[0] != f"@{Role.VIEWER}"]


def _is_day(text: str, day: str) -> bool:
    try:
        days = (date.fromisoformat(text) - date.fromisoformat(day)).days
    except ValueError:
        return False
    return len(text) == len(day) and 0 <= days <= MOST_DAYS


async def _form(request: Request, draft: _Draft) -> Response:
    context = context_of(request)
    assert context is not None
    return framed(
        request,
        "work/new.html",
        409 if draft.said else 200,
        said=draft.said,
        draft=draft,
        matters=[matter_row(matter, context) for matter in draft.matters],
        assignees=await _assignees(request, {each.place for each in draft.matters}, context),
        first=today(context, work_of(request).now_ms()),
        tells=_notifying(request) is not None,
    )


async def _found(request: Request, context: Context) -> WorkOrder | None:
    """Return the work order of the address, None if the visitor sees none of that number."""
    work, number = work_of(request), request.path_params["number"]
    order = await work.database.in_thread(work.orders.find, min(number, 2**62))
    return order if order is not None and context.shows(order.places) else None


@signed_in()
async def work_order(request: Request) -> Response:
    """Show a work order with its history."""
    return await _shown(request)


async def _shown(request: Request, said: str = "") -> Response:
    context, work = context_of(request), work_of(request)
    if context is None:
        return not_yet(request)
    order = await _found(request, context)
    if order is None:
        return _none(request, "work.none")
    steps = await work.database.in_thread(work.orders.steps, order.number)
    told = await _told(request, order) if context.has(WORKERS, order.places) else None
    return framed(
        request,
        "work/order.html",
        409 if said else 200,
        said=said,
        row=order_row(order, context, today(context, work.now_ms()), MOST_MATTERS),
        steps=[(moment(step.at_ms, context), step) for step in steps],
        tells=told is not None,
        told=told,
        may_do=context.has(WORKERS, order.places) and order.state is not State.DONE,
        may_reopen=context.has(MAKERS, order.places) and order.state is State.DONE,
    )


async def _told(request: Request, order: WorkOrder) -> list[Notice] | None:
    """Return who was told of a work order outside; None: no notifier tells anybody here."""
    people = _notifying(request)
    if people is None:
        return None
    try:
        found = await asyncio.to_thread(Notifications(people.state_dir).of_work, order.number)
    except OutboxUnusable:
        return None
    return notices(found, words_in(language_of(request)), clock_of(people))


def _notifying(request: Request) -> People | None:
    """Return the people of the site if a notifier tells them something."""
    people: People | None = request.app.state.people
    return people if people is not None and people.notify.enabled else None


@for_roles(WORKERS)
async def change(request: Request) -> Response:
    """Put on record that a work order is done, or is to be done again."""
    context, work = context_of(request), work_of(request)
    if context is None:
        return not_yet(request)
    order = await _found(request, context)
    if order is None:
        return _none(request, "work.none")
    done = await given(request, "do") != "reopen"
    if not context.has(WORKERS if done else MAKERS, order.places):
        return refusal(request, "refused.role", 403)
    step, login = Step.DONE if done else Step.REOPENED, visitor_of(request).login
    note = (await given(request, "note")).strip()
    try:
        await work.change(work.orders.change, order.number, step, login, note)
    except Unsaid as unsaid:
        return await _shown(request, words_in(language_of(request)).told(unsaid.why))
    tell_work(request)
    return go_to(request, f"/work-orders/{order.number}")


def _none(request: Request, why: str) -> Response:
    return page(request, "missing.html", 404, text=words_in(language_of(request))(why))


ROUTES = [
    Route("/work-orders", work_orders),
    Route("/work-orders/new", new, methods=["GET", "POST"]),
    Route("/work-orders/{number:int}", work_order),
    Route("/work-orders/{number:int}/change", change, methods=["POST"]),
]
