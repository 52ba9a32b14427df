"""A gateway takes the site's own action plans from the console, and has them for the district."""

import asyncio
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from callpoint_gateway.control.access import for_account
from callpoint_gateway.control.asker import Asker, By
from callpoint_gateway.control.line import MAX_LINE, Envelope, Reply
from callpoint_gateway.control.question import Question, answer_type, name_of
from callpoint_gateway.control.roles import Role
from callpoint_gateway.control.socket import Control
from callpoint_gateway.upstream.own_plans.file import FILE, OwnPlansFile, version_of
from callpoint_gateway.upstream.own_plans.plan import MOST, OwnPlan
from callpoint_gateway.upstream.own_plans.questions import CompareOwnPlans, TellOwnPlan, Version
from callpoint_gateway.upstream.own_plans.requests import register_requests

from .test_own_plans import CALL, FIRST, NONE, SECOND

AnswerT = TypeVar("AnswerT", bound=msgspec.Struct)


class Gateway:
    """The part of a gateway that takes own plans; ``changes``: how often they were others."""

    def __init__(self, folder: Path) -> None:
        self.file = OwnPlansFile(folder / FILE)
        self.changes = 0
        self._control = Control(folder)
        register_requests(self._control, self.file, self._changed)

    def _changed(self) -> None:
        self.changes += 1

    def reply(self, question: Question[AnswerT], role: Role = Role.ADMIN) -> Reply:
        """Return what it says to a question of the console."""

        async def judge(asked: Question[AnswerT]) -> Asker:
            return for_account(asked, By("console", role, "console"))

        text = msgspec.Raw(msgspec.json.encode(question))
        return asyncio.run(self._control.answer(name_of(type(question)), text, judge))

    def answer(self, question: Question[AnswerT]) -> AnswerT:
        """Return its answer."""
        reply = self.reply(question)
        assert not reply.refused, reply.refused
        return msgspec.json.decode(reply.answer, type=answer_type(type(question)))

    def lacks(self, *plans: OwnPlan) -> list[int]:
        """Say that the site has these, and return which are lacking."""
        return self.answer(CompareOwnPlans(versions=[version_of(plan) for plan in plans])).versions

    def tell(self, *plans: OwnPlan) -> None:
        """Tell plans with their steps."""
        for plan in plans:
            self.answer(TellOwnPlan(plan=plan))


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path)


def test_what_is_lacking_is_told_and_what_is_over_is_forgotten_when_all_is_there(
    gateway: Gateway,
) -> None:
    assert gateway.file.read() == []
    assert gateway.lacks(FIRST, NONE) == [0, 1]
    gateway.tell(FIRST)
    assert gateway.lacks(FIRST, NONE) == [1]
    assert gateway.changes == 0, "half of it is told to nobody"
    gateway.tell(NONE)
    assert gateway.lacks(FIRST, NONE) == []
    assert (gateway.file.read(), gateway.changes) == ([FIRST, NONE], 1)
    assert gateway.lacks(FIRST, SECOND) == [1]
    assert gateway.file.read() == [FIRST, NONE], "until the next one is there"
    gateway.tell(SECOND)
    assert gateway.lacks(FIRST, SECOND) == []
    assert (gateway.file.read(), gateway.changes) == ([FIRST, SECOND], 2)
    assert gateway.lacks(FIRST, SECOND) == []
    assert gateway.changes == 2, "nothing is new"
    # The console's file was put back, and another second version was written since.
    other = msgspec.structs.replace(SECOND, from_ms=SECOND.from_ms + 1, steps=[CALL])
    assert gateway.lacks(FIRST, other) == [1]
    gateway.tell(other)
    assert gateway.lacks(FIRST, other) == []
    assert gateway.file.read() == [FIRST, other]
    assert gateway.lacks() == []
    assert (gateway.file.read(), gateway.changes) == ([], 4)


def test_a_plan_with_a_telephone_number_is_not_taken(gateway: Gateway) -> None:
    called = msgspec.structs.replace(CALL, en="Call 13800138000")
    reply = gateway.reply(TellOwnPlan(plan=msgspec.structs.replace(FIRST, steps=[called])))
    assert "names no person" in reply.refused
    assert gateway.file.read() == []


def test_only_the_machine_tells_plans(gateway: Gateway) -> None:
    for question in (CompareOwnPlans(versions=[]), TellOwnPlan(plan=FIRST)):
        for role in set(Role) - {Role.ADMIN}:
            assert gateway.reply(question, role).why.code == "refused.account"
    assert gateway.changes == 0


def test_a_file_that_cannot_be_used_is_named_and_a_new_one_is_filled(
    gateway: Gateway, tmp_path: Path
) -> None:
    gateway.tell(FIRST)
    (tmp_path / FILE).write_bytes(b"no database" * 100)
    for question in (CompareOwnPlans(versions=[]), TellOwnPlan(plan=FIRST)):
        reply = gateway.reply(question)
        assert FILE in reply.refused
        assert reply.why.in_("zh") != reply.refused
    (tmp_path / FILE).unlink()
    assert gateway.lacks(FIRST) == [0]
    gateway.tell(FIRST)
    assert gateway.lacks(FIRST) == []


def test_all_versions_and_the_longest_plan_fit_a_line_of_the_socket() -> None:
    long = [
        msgspec.structs.replace(CALL, id=f"{'s' * 22}{number:02d}", en="x" * 200, zh="𠮷" * 200)
        for number in range(20)
    ]
    plan = OwnPlan("intrusion", FIRST.profile, 2**31 - 1, 2**52, long)
    version = Version("intrusion", "kindergarten", 10_000, 10**13, "f" * 64)
    for question in (TellOwnPlan(plan=plan), CompareOwnPlans(versions=[version] * MOST)):
        envelope = Envelope(
            question=msgspec.Raw(msgspec.json.encode(question)),
            by=By("console", Role.ADMIN, "console"),
        )
        assert len(msgspec.json.encode(envelope)) < MAX_LINE
