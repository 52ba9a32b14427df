"""While the database hangs, whoever needs it waits, and nobody else."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest

from callpoint_console.accounts.roles import Grant
from callpoint_district.console.desk import GatewayDesk
from callpoint_district.console.live import reading
from callpoint_district.database import Database
from callpoint_district.sites import watching
from callpoint_district.sites.asking import AskingLine
from callpoint_gateway.alarms.questions import ActOnAlarm
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host import ending
from callpoint_gateway.journal.entries import Action
from callpoint_rig.district_parts import Database as Server

from ..accounts.web import Web
from .shown_district import SOON_S, ShownDistrict
from .written_district import CITY, XIHU, WrittenDistrict

P = ParamSpec("P")
T = TypeVar("T")


def test_a_page_without_the_database_answers_while_it_hangs(
    tmp_path: Path, district: WrittenDistrict, server: Server
) -> None:
    district.database.close()
    district.database = Database(district.address)  # without a connection yet
    shown = ShownDistrict(tmp_path / "console", district)
    person = shown.person("supervisor-1", Grant(Role.SUPERVISOR, ""))
    line = AskingLine(shown.settings)
    desk = GatewayDesk(district.database, line, district.clock, "g1")
    note = ActOnAlarm(alarm=1, action=Action.NOTE, note="seen")

    async def play() -> None:
        server.send_signal(signal.SIGSTOP)
        try:
            waiting: list[asyncio.Task[object]] = [
                asyncio.create_task(desk.ask(note, By("op-7", Role.OPERATOR, ""))),
                *(asyncio.create_task(person.open(path)) for path in ("/plans", "/levels")),
            ]
            answer = await Web(shown.app).send("GET", "/login")
            assert answer.status_code == 200
            assert [task.done() for task in waiting] == [False, False, False]
        finally:
            server.send_signal(signal.SIGCONT)
        with pytest.raises(QuestionRefused, match="no alarm"):
            await waiting[0]
        await asyncio.wait(waiting)
        assert all("200" in str(task.result()) for task in waiting[1:])
        await line.close()

    try:
        asyncio.run(play())
    finally:
        shown.close()


def test_the_console_closes_while_the_database_is_frozen(
    tmp_path: Path, district: WrittenDistrict, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "END_S", 0.1)
    district.site("g1", [(CITY, XIHU, "Beishan", "Garden", "3", "101")])
    shown = ShownDistrict(tmp_path / "console", district)
    chief = shown.person("chief", *(Grant(role) for role in Role))
    asked: set[str] = set()
    monkeypatch.setattr(watching, "standings_of", telling(watching.standings_of, asked))
    for name in ("told_by", "levels", "sites", "open_alarms"):
        monkeypatch.setattr(reading, name, telling(getattr(reading, name), asked))

    async def play() -> None:
        frozen = ExitStack()
        try:
            async with asyncio.timeout(SOON_S), shown.running():
                assert (await chief.open("/sites/g1/")).status_code == 200
                frozen.enter_context(server.frozen())
                while True:
                    if "standings_of" in asked and len(asked) > 1:
                        break
                    await asyncio.sleep(0.02)
        finally:
            frozen.close()

    try:
        asyncio.run(play())
    finally:
        shown.close()


def telling(call: Callable[P, T], asked: set[str]) -> Callable[P, T]:
    """Return ``call``, whose name is in ``asked`` as long as it waits for its answer."""

    def told(*args: P.args, **kwargs: P.kwargs) -> T:
        asked.add(call.__name__)
        try:
            return call(*args, **kwargs)
        finally:
            asked.discard(call.__name__)

    return told
