"""``POST /alarm/<number>/<action>``: what people do about an alarm."""

import asyncio

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from callpoint_console.pages.answers import asked
from callpoint_console.pages.requests import console_of
from callpoint_console.rendering import language_of, words_in
from callpoint_console.security.endpoints import for_roles
from callpoint_gateway.alarms.questions import ActOnAlarm
from callpoint_gateway.alarms.situation import Alarm
from callpoint_gateway.control.roles import DESK
from callpoint_gateway.journal.entries import Action, Cause


@for_roles(ActOnAlarm.may)
async def act(request: Request) -> Response:
    """Carry out an action about an open alarm.

    204 when it is on disk; 409 with a text where it is not possible now, which names whoever was
    first; 403 where the visitor may not; 503 where no gateway answers.
    """
    number, action = request.path_params["number"], request.path_params["action"]
    form = await request.form()
    cause, note = str(form.get("cause", "")), str(form.get("note", ""))
    if action not in list(Action) or (cause and cause not in list(Cause)):
        return PlainTextResponse("no such action or cause", 400)
    alarm = _open(request, number)
    question = ActOnAlarm(
        alarm=number,
        action=Action(action),
        cause=Cause(cause) if cause else None,
        note=note,
    )
    answer = await asked(request, question, alarm.place if alarm else "")
    if answer.status_code != 409 or action != Action.ACKNOWLEDGE:
        return answer
    return _taken(request, number) or answer


@for_roles(DESK)
async def step(request: Request) -> Response:
    """Do a step of the action plan of an open alarm; answers as ``act`` does."""
    number, plans = request.path_params["number"], console_of(request).plans
    alarm = _open(request, number)
    chosen = None
    if alarm is not None:
        of_alarm = (alarm.kind, alarm.place, alarm.opened_ms)
        plan = await asyncio.to_thread(plans.plan_for, *of_alarm)
        chosen = plan.find(request.path_params["step"])
    if alarm is None or chosen is None:
        return PlainTextResponse(words_in(language_of(request))("act.no_step"), 409)
    if chosen.action is None:
        question = ActOnAlarm(alarm=number, action=Action.NOTE, note=chosen.note)
    else:
        question = ActOnAlarm(alarm=number, action=chosen.action)
    return await asked(request, question, alarm.place)


def _open(request: Request, number: int) -> Alarm | None:
    snapshot = console_of(request).broadcaster.snapshot
    alarms = snapshot.situation.alarms if snapshot else ()
    return next((alarm for alarm in alarms if alarm.alarm == number), None)


def _taken(request: Request, number: int) -> Response | None:
    """Return who was first, if somebody was."""
    alarm = _open(request, number)
    steps = alarm.steps if alarm else ()
    first = next((step for step in steps if step.action is Action.ACKNOWLEDGE), None)
    if first is None:
        return None
    text = words_in(language_of(request))("act.taken", who=first.who, alarm=number)
    return PlainTextResponse(text, 409)


ROUTES = [
    Route("/alarm/{number:int}/step/{step}", step, methods=["POST"]),
    Route("/alarm/{number:int}/{action}", act, methods=["POST"]),
]
