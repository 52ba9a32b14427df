"""``POST /exercise`` and ``POST /duty/<centre>``: drills, walk tests, answers to a centre."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from callpoint_console.pages.answers import asked
from callpoint_console.pages.requests import context_of, not_yet
from callpoint_console.security.endpoints import for_roles
from callpoint_console.views.running import may_end, places_of
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
        number = str(form.get("exercise", ""))
        return await _stop(request, _MARKS[which], int(number) if number.isdecimal() else 0)
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


async def _stop(request: Request, mark: Mark, number: int) -> Response:
    """End one exercise, for whoever may do that at each of its places."""
    context = context_of(request)
    if context is None:
        return not_yet(request)
    exercises = context.snapshot.situation.exercises
    runs = next((each for each in exercises if each.exercise == number), None)
    if runs is None:
        return PlainTextResponse(context.words("running.over"), 409)
    if not may_end(runs, context):
        return PlainTextResponse(context.words("act.not_yours"), 403)
    question = StopExercise(mark=mark, exercise=number)
    return await asked(request, question, places_of(runs, context)[0])


@for_roles(AnswerDuty.may)
async def duty(request: Request) -> Response:
    """Tell a centre that somebody is there; answers as ``answers.asked`` does."""
    return await asked(request, AnswerDuty(centre=request.path_params["centre"]))


ROUTES = [
    Route("/exercise", exercise, methods=["POST"]),
    Route("/duty/{centre}", duty, methods=["POST"]),
]
