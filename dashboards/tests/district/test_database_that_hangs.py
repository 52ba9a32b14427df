"""While the database hangs, whoever needs it waits, and nobody else."""

import asyncio
import signal
from pathlib import Path

import pytest

from callpoint_console.accounts.roles import Grant
from callpoint_district.console.desk import GatewayDesk
from callpoint_district.database import Database
from callpoint_district.sites.asking import AskingLine
from callpoint_gateway.alarms.questions import ActOnAlarm
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.journal.entries import Action
from callpoint_rig.district_parts import Database as Server

from ..accounts.web import Web
from .shown_district import ShownDistrict
from .written_district import WrittenDistrict


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
