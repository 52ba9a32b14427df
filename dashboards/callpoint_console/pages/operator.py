"""``/operator``: the operator's page, and the card of one alarm in it."""

import asyncio

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from callpoint_console.console import OPERATOR
from callpoint_console.live.snapshot import Snapshot
from callpoint_console.pages.requests import console_of, view_of
from callpoint_console.rendering import fragment, language_of, page, words_in
from callpoint_console.security.endpoints import for_roles
from callpoint_console.views.card import Card, card
from callpoint_console.views.context import Context
from callpoint_console.views.storey_plan import part_around
from callpoint_gateway.alarms.questions import StartExercise
from callpoint_gateway.alarms.situation import Alarm
from callpoint_gateway.control.roles import DESK


@for_roles(DESK)
async def operator(request: Request) -> Response:
    """Show the operator's page."""
    console, view = console_of(request), view_of(request, OPERATOR)
    return page(
        request,
        "operator/page.html",
        body_class="operator",
        live=OPERATOR,
        keeps_shifts=console.work is not None,
        may_exercise=console.map.role(view.scope, StartExercise.may, "") is not None,
        sections=console.broadcaster.sections(view),
    )


@for_roles(DESK)
async def alarm_card(request: Request) -> Response:
    """Show the card of an open alarm; 404 with a text once it is closed."""
    console, number = console_of(request), request.path_params["number"]
    snapshot, view = console.broadcaster.snapshot, view_of(request, OPERATOR)
    alarm = _open(snapshot, number)
    if snapshot is None or alarm is None or not console.context(snapshot, view).sees(alarm.device):
        text = words_in(language_of(request))("operator.gone", alarm=number)
        return HTMLResponse(
            fragment("operator/gone.html", view.language, console.at, text=text), 404
        )
    context = console.context(snapshot, view)
    shown = await asyncio.to_thread(_card, request, alarm, context)
    part = console.stores and part_around(alarm.device, console.stores.storeys, context)
    return HTMLResponse(
        fragment(
            "operator/card_and_context.html", view.language, console.at, card=shown, part=part
        ),
        headers={"Cache-Control": "no-store"},
    )


def _open(snapshot: Snapshot | None, number: int) -> Alarm | None:
    alarms = snapshot.situation.alarms if snapshot else ()
    return next((alarm for alarm in alarms if alarm.alarm == number), None)


def _card(request: Request, alarm: Alarm, context: Context) -> Card:
    console = console_of(request)
    with console.source.records() as records:
        plan = console.plans.plan_for(alarm.kind, alarm.place, alarm.opened_ms)
        return card(alarm, plan, records, context)


ROUTES = [Route("/operator", operator), Route("/operator/alarm/{number:int}", alarm_card)]
