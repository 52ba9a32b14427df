"""Whether anybody is there: asked by a fire centre, seen as a fault, answered by somebody."""

import pytest

from callpoint_gateway.centres.duty_checks import DutyChecks
from callpoint_gateway.centres.questions import AnswerDuty
from callpoint_gateway.control.asker import Asker
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.faults import Faults, Supervised, SupervisedState

from ..conftest import ManualClock

SOURCE = "centre/fire/duty"


def row(faults: Faults, source: str = SOURCE) -> Supervised:
    (one,) = [each for each in faults.states() if each.source == source]
    return one


GUARD = Asker("guard-2", Role.OPERATOR, "console")


def state(faults: Faults, source: str = SOURCE) -> tuple[SupervisedState, str]:
    return row(faults, source).state, str(row(faults, source).reason)


def test_it_is_seen_until_somebody_answers(alarms: Journal, clock: ManualClock) -> None:
    faults = Faults(alarms, clock)
    duty = DutyChecks(["fire", "second"], faults, clock)
    answered: list[str] = []
    with pytest.raises(QuestionRefused, match="no centre asks"):
        duty.answer(AnswerDuty(), GUARD)
    duty.ask("fire", 10, lambda: answered.append("fire"))
    duty.ask("second", 1, lambda: answered.append("second"))
    assert state(faults)[0] is SupervisedState.FAULT
    assert str(row(faults).remedy) == "answer within 10 min with: callpoint duty"
    assert duty.answer(AnswerDuty(centre="fire"), GUARD).answered == ["fire"]
    assert answered == ["fire"]
    assert state(faults) == (SupervisedState.OK, "answered by guard-2")
    with pytest.raises(QuestionRefused, match="'fire' has asked nothing"):
        duty.answer(AnswerDuty(centre="fire"), GUARD)
    assert duty.answer(AnswerDuty(), GUARD).answered == ["second"]
    assert answered == ["fire", "second"]


@pytest.mark.parametrize("step_ms", [0, -86_400_000, 86_400_000])
def test_what_nobody_answers_ends_and_is_on_record(
    alarms: Journal, clock: ManualClock, step_ms: int
) -> None:
    faults = Faults(alarms, clock)
    duty = DutyChecks(["fire"], faults, clock)
    duty.ask("fire", 10, lambda: None)
    clock.wall += step_ms
    clock.advance(599_999)
    duty.look()
    assert state(faults)[0] is SupervisedState.FAULT
    clock.advance(1)
    duty.look()
    assert state(faults) == (SupervisedState.OK, "nobody answered within 10 min")
    with pytest.raises(QuestionRefused):
        duty.answer(AnswerDuty(), GUARD)


def test_a_question_from_before_a_restart_does_not_stand_for_ever(
    alarms: Journal, clock: ManualClock
) -> None:
    DutyChecks(["fire"], Faults(alarms, clock), clock).ask("fire", 10, lambda: None)
    alarms.close()
    again = Journal(alarms.path, clock, chained=True)
    faults = Faults(again, clock)
    DutyChecks(["fire"], faults, clock)
    assert state(faults)[0] is SupervisedState.OK
    again.close()
