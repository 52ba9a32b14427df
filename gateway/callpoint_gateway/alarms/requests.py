"""Answers the control socket's questions about alarms and exercises."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from callpoint_gateway.alarms.case import Case
from callpoint_gateway.alarms.desk import Desk, DeskNotPossible
from callpoint_gateway.alarms.fold import Exercise
from callpoint_gateway.alarms.json_objects import alarm_object, exercise_object
from callpoint_gateway.alarms.questions import (
    ActOnAlarm,
    AlarmView,
    AskExercises,
    ExercisesNow,
    ExerciseView,
    ListAlarms,
    OpenAlarms,
    StartExercise,
    StopExercise,
)
from callpoint_gateway.configuration.privacy import Unsaid
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.control.asker import Asker
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.socket import Control
from callpoint_gateway.journal.entries import Action
from callpoint_gateway.words.said import said
from callpoint_protocol import names


def register_requests(control: Control, desk: Desk, register: Register) -> None:
    """Register the desk's answers to the questions about alarms and exercises."""
    requests = _Requests(desk, register)
    control.register(ListAlarms, requests.listed)
    control.register(ActOnAlarm, requests.act)
    control.register(AskExercises, requests.exercises)
    control.register(StartExercise, requests.start)
    control.register(StopExercise, requests.stop)


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except (DeskNotPossible, Unsaid) as error:
        raise QuestionRefused(error.why) from error


class _Requests:
    def __init__(self, desk: Desk, register: Register) -> None:
        self._desk = desk
        self._register = register

    def _alarm(self, case: Case) -> AlarmView:
        return msgspec.convert(alarm_object(self._desk.model.alarm(case)), AlarmView)

    def _exercise(self, exercise: Exercise, left_ms: int) -> ExerciseView:
        shown = exercise_object(exercise, left_ms, self._register)
        return msgspec.convert(shown, ExerciseView)

    def listed(self, _: ListAlarms, __: Asker) -> OpenAlarms:
        alarms = [alarm_object(alarm) for alarm in self._desk.situation().alarms]
        return msgspec.convert({"alarms": alarms}, OpenAlarms)

    async def act(self, question: ActOnAlarm, asker: Asker) -> AlarmView:
        with _refusing():
            if question.request is not None and question.action is Action.NOTE:
                case = await self._desk.note_once(
                    question.alarm,
                    asker.who,
                    asker.origin,
                    question.note,
                    question.request,
                    question.written_ms or 0,
                )
                return self._alarm(case)
            case = await self._desk.act(
                question.alarm,
                question.action,
                asker.who,
                asker.origin,
                question.cause,
                question.note,
            )
        return self._alarm(case)

    def exercises(self, _: AskExercises, __: Asker) -> ExercisesNow:
        desk = self._desk
        return ExercisesNow([self._exercise(each, desk.left_ms(each)) for each in desk.exercises])

    async def start(self, question: StartExercise, asker: Asker) -> ExerciseView:
        codes = {name: code for code, name in names.KINDS.items()}
        if unknown := [kind for kind in question.kinds if kind not in codes]:
            raise QuestionRefused(said("desk.no_kind", kind=unknown[0], valid=", ".join(codes)))
        with _refusing():
            exercise = await self._desk.start_exercise(
                question.mark,
                question.seconds,
                asker.who,
                asker.origin,
                question.points,
                [codes[kind] for kind in question.kinds],
                question.note,
            )
        return self._exercise(exercise, self._desk.left_ms(exercise))

    async def stop(self, question: StopExercise, asker: Asker) -> ExerciseView:
        with _refusing():
            exercise = await self._desk.stop_exercise(
                question.mark, asker.who, asker.origin, question.note, question.exercise
            )
        return self._exercise(exercise, 0)
