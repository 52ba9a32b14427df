"""The action plans that a site has written itself are kept at its district with the register."""

from pathlib import Path

import pytest

from callpoint_district.database import Database
from callpoint_district.sites.own_plans import own_plans_of
from callpoint_district.sites.registers import RegisterKeeper
from callpoint_district.tables import own_plans as table
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.configuration.revision import RevisionError
from callpoint_gateway.configuration.revision import read as revision_in
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import Action
from callpoint_gateway.upstream.own_plans import plan as own_plans
from callpoint_gateway.upstream.own_plans.plan import OwnPlan, lines_of

from .test_registers import kept, rows, tell, text_of

CALL = PlanStep("call", "Call the gatehouse", "通知门岗")
SEND = PlanStep("send", "Send somebody", "派人", Action.DISPATCH)
FIRST = OwnPlan("panic", Profile.ESTATE, 1, 1000, [CALL])
SECOND = OwnPlan("panic", Profile.ESTATE, 2, 2000, [CALL, SEND])
NONE = OwnPlan("smoke", Profile.SCHOOL, 1, 1500, [])


def with_plans(text: bytes, *plans: OwnPlan) -> bytes:
    """Return a revision with plans."""
    return text + b"".join(lines_of(plans))


def plans(database: Database, gateway: str = "g1") -> list[OwnPlan]:
    """Return the plans that the district has of a gateway."""
    with database.transaction() as connection:
        return own_plans_of(connection, gateway)


def test_plans_are_kept_with_the_register_and_replaced_with_it(
    folder: Path, database: Database
) -> None:
    keeper, text = RegisterKeeper(database, SystemClock()), text_of(folder)
    tell(keeper, with_plans(text, FIRST), "g2")
    assert not tell(keeper, with_plans(text, SECOND, NONE, FIRST)).refused
    assert plans(database) == [FIRST, SECOND, NONE]
    tell(keeper, with_plans(text, SECOND))
    assert plans(database) == [SECOND]
    tell(keeper, text)
    assert plans(database) == []
    assert plans(database, "g2") == [FIRST], "nobody else's"


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        (b"Call the gatehouse", b"Call 13800138000", "names no person"),
        (b"Call the gatehouse", b"Call anna@example.com", "names no person"),
        (b"Call the gatehouse", b"x" * 201, "at most 200"),
        (b'"kind":"panic"', b'"kind":"battery"', "battery"),
        (b'"id":"call"', b'"id":"send"', "same short name"),
        (b'"profile":"estate"', b'"profile":"casino"', "casino"),
        (b'"version":1', b'"version":0', "version"),
    ],
)
def test_a_plan_that_is_not_usable_is_named_in_both_languages(
    was: bytes, now: bytes, says: str
) -> None:
    text = with_plans(b"", OwnPlan("panic", Profile.ESTATE, 1, 1, [CALL, SEND]))
    assert was in text
    with pytest.raises(RevisionError) as refused:
        own_plans.read(text.replace(was, now))
    assert says in refused.value.why.in_("en")
    assert refused.value.why.in_("zh") != refused.value.why.in_("en")


def test_there_is_an_end_to_how_many_plans_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_plans, "MOST", 1)
    assert own_plans.read(with_plans(b"", FIRST, FIRST)) == [FIRST], "one and the same"
    with pytest.raises(RevisionError, match="more than 1"):
        own_plans.read(with_plans(b"", FIRST, SECOND))


def test_with_a_plan_that_is_not_usable_the_revision_before_stays(
    folder: Path, database: Database
) -> None:
    keeper, text = RegisterKeeper(database, SystemClock()), text_of(folder)
    before = tell(keeper, with_plans(text, NONE)).digest
    wrong = with_plans(text, FIRST).replace(b"Call the gatehouse", b"Call 13800138000")
    answer = tell(keeper, wrong.replace(b'"shop"', b'"store"'))
    assert "names no person" in str(answer.refused)
    assert answer.digest == before
    assert plans(database) == [NONE]
    assert rows(database, "SELECT count(*) FROM places WHERE place = 'store'")[0] == (0,)


def test_a_district_of_an_earlier_version_passes_over_plans(
    folder: Path, database: Database
) -> None:
    text = text_of(folder)
    assert revision_in(with_plans(text, SECOND)) == revision_in(text)
    later = with_plans(text, SECOND).replace(b'"version":2', b'"version":2,"storey":3')
    later = later.replace(b'"id":"send"', b'"id":"send","within_s":60')
    tell(RegisterKeeper(database, SystemClock()), later)
    assert plans(database) == [SECOND], "what a later version says besides is passed over"


def test_what_a_later_version_kept_besides_is_passed_over(
    folder: Path, database: Database
) -> None:
    tell(RegisterKeeper(database, SystemClock()), with_plans(text_of(folder), FIRST))
    with database.transaction() as connection:
        connection.execute("UPDATE own_plans SET steps = jsonb_set(steps, '{0,within_s}', '60')")
    assert plans(database) == [FIRST]


def test_what_an_earlier_version_took_without_plans_is_asked_for_again(
    folder: Path, database: Database
) -> None:
    keeper, text = RegisterKeeper(database, SystemClock()), with_plans(text_of(folder), SECOND)
    tell(keeper, text)
    # As if it had been taken by a version that knew nothing of plans.
    with database.transaction() as connection:
        connection.execute("DROP TABLE own_plans")
        connection.execute(table.STEP)
    assert plans(database) == []
    assert kept(database) is not None
    assert rows(database, "SELECT count(*) FROM places") == [(2,)]
    tell(keeper, text)
    assert plans(database) == [SECOND]
