"""``POST /exercise`` and ``POST /duty/<centre>``: drills, walk tests, answers to a centre."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from callpoint_console.pages.answers import asked
from callpoint_console.security.endpoints import for_roles
from callpoint_gateway.alarms.questions import StartExercise, StopExercise
from callpoint_gateway.centres.questions import AnswerDuty
from callpoint_gateway.journal.entries import Mark
from callpoint_protocol import names

_MARKS = {"drill": Mark.DRILL, "test": Mark.TEST}


@for_roles(StartExercise.may | StopExercise.may)
async def exercise(request: Request) -> Response:
    """Start or end a drill or a walk test; answers as ``answers.asked`` does."""
    form = await request.form()
    what, _, which = str(form.get("do", "")).partition("-")
    minutes, point = str(form.get("minutes", "60")), str(form.get("point", "")).strip()
    if which not in _MARKS or what not in ("start", "stop") or not minutes.isdecimal():
        return PlainTextResponse("no such exercise", 400)
    if what == "stop":
        return await asked(request, StopExercise(mark=_MARKS[which]))
    points, kind = [point] if point else [], str(form.get("kind", ""))
    if kind and kind not in names.KINDS.values():
        return PlainTextResponse("no such kind", 400)
    question = StartExercise(
        mark=_MARKS[which],
        seconds=int(minutes) * 60,
        points=points,
        kinds=[kind] if kind else [],
    )
    return await asked(request, question)


@for_roles(AnswerDuty.may)
async def duty(request: Request) -> Response:
    """Tell a centre that somebody is there; answers as ``answers.asked`` does."""
    return await asked(request, AnswerDuty(centre=request.path_params["centre"]))


ROUTES = [
    Route("/exercise", exercise, methods=["POST"]),
    Route("/duty/{centre}", duty, methods=["POST"]),
]
