"""What the control socket answers about alarms and exercises."""

from typing import TypeVar

import msgspec

from callpoint_gateway.alarms.desk import Desk, NotPossible
from callpoint_gateway.alarms.view import alarm_object, exercise_object
from callpoint_gateway.configuration.privacy import Unsaid
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.control.socket import Answer, Arguments, Control, Refused
from callpoint_gateway.journal.entries import Action, Cause, Mark
from callpoint_protocol import names

ACT = "alarm"
LIST = "alarms"
EXERCISE = "exercise"
START = "exercise-start"
STOP = "exercise-stop"

T = TypeVar("T", bound=msgspec.Struct)


class _Act(msgspec.Struct, forbid_unknown_fields=True):
    alarm: int
    action: Action
    who: str
    origin: str
    cause: Cause | None = None
    note: str = ""


class _Start(msgspec.Struct, forbid_unknown_fields=True):
    mark: Mark
    seconds: int
    who: str
    origin: str
    points: list[str] = []
    kinds: list[str] = []
    note: str = ""


class _Stop(msgspec.Struct, forbid_unknown_fields=True):
    mark: Mark
    who: str
    origin: str
    note: str = ""


def register_requests(control: Control, desk: Desk, register: Register) -> None:
    """Have the socket answer by the desk."""
    requests = _Requests(desk, register)
    control.register(LIST, requests.listed)
    control.register(ACT, requests.act)
    control.register(EXERCISE, requests.exercise)
    control.register(START, requests.start)
    control.register(STOP, requests.stop)


class _Requests:
    def __init__(self, desk: Desk, register: Register) -> None:
        self._desk = desk
        self._register = register

    def listed(self, _: Arguments) -> Answer:
        desk = self._desk
        shown = [
            alarm_object(case, desk.settings, self._register, desk.ages.of)
            for case in desk.open_cases()
        ]
        return {"alarms": shown}

    async def act(self, arguments: Arguments) -> Answer:
        wanted = _read(arguments, _Act)
        desk = self._desk
        try:
            case = await desk.act(
                wanted.alarm,
                wanted.action,
                wanted.who,
                wanted.origin,
                wanted.cause,
                wanted.note,
            )
        except (NotPossible, Unsaid) as error:
            raise Refused(str(error)) from error
        return alarm_object(case, desk.settings, self._register, desk.ages.of)

    def exercise(self, _: Arguments) -> Answer:
        running = self._desk.exercise
        if running is None:
            return {"exercise": None}
        return exercise_object(running, self._desk.left_ms(running), self._register)

    async def start(self, arguments: Arguments) -> Answer:
        wanted = _read(arguments, _Start)
        codes = {name: code for code, name in names.KINDS.items()}
        if unknown := [kind for kind in wanted.kinds if kind not in codes]:
            raise Refused(f"no kind '{unknown[0]}'; valid are {', '.join(codes)}")
        try:
            running = await self._desk.start_exercise(
                wanted.mark,
                wanted.seconds,
                wanted.who,
                wanted.origin,
                wanted.points,
                [codes[kind] for kind in wanted.kinds],
                wanted.note,
            )
        except (NotPossible, Unsaid) as error:
            raise Refused(str(error)) from error
        return exercise_object(running, self._desk.left_ms(running), self._register)

    async def stop(self, arguments: Arguments) -> Answer:
        wanted = _read(arguments, _Stop)
        try:
            running = await self._desk.stop_exercise(
                wanted.mark, wanted.who, wanted.origin, wanted.note
            )
        except (NotPossible, Unsaid) as error:
            raise Refused(str(error)) from error
        return exercise_object(running, 0, self._register)


def _read(arguments: Arguments, wanted: type[T]) -> T:
    try:
        return msgspec.convert(arguments, wanted)
    except msgspec.ValidationError as error:
        raise Refused(str(error)) from error
