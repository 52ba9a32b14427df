"""Work orders are told to whom they are given: once, over the own channels, not by night."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from callpoint_gateway.words.said import either
from callpoint_gateway.words.text import Text
from callpoint_people.notifications import MessageState, Notifications
from callpoint_people.outbox_file import OutboxUnusable, open_outbox, path_in
from callpoint_people.person import Responsibility
from callpoint_people.work_news import WorkNews, WorkWhat

from .conftest import MakeHouse
from .notify_house import run

ZONE = ZoneInfo("Asia/Shanghai")
NEWS = WorkNews(
    what=WorkWhat.GIVEN,
    order=12,
    turn="3",
    assignee="@technician",
    due="2026-12-05",
    late=False,
    place="b3-u2-301",
    matter=either(Text("battery low", "电量低")),
    at_ms=1_795_000_000_000,
)


def test_whoever_has_the_role_at_the_place_is_told_once_in_their_language(
    make_house: MakeHouse,
) -> None:
    head = '[console]\npublic_url = "http://127.0.0.1:8085"'
    house = make_house('order = ["sms"]\ndigest_s = 0', head)
    house.person("Near", Responsibility("technician", "b3"))
    house.person("Elsewhere", Responsibility("technician", "b4"), phone="13800138009")

    async def tell() -> None:
        with house.running():
            house.notifications.tell_work([NEWS])
            await house.step(1000)
            sms = house.services["sms"]
            assert [outgoing.address for _, outgoing in sms.taken] == ["13800138000"]
            (_, outgoing) = sms.taken[0]
            assert outgoing.title == "【工单】新工单 12：电量低，2026-12-05 前完成"
            assert "地点：" in outgoing.body
            assert "打开：http://127.0.0.1:8085/work-orders/12" in outgoing.body
            house.notifications.tell_work([NEWS])
            await house.step(1000)
            assert len(sms.taken) == 1, "the console repeats what it did not see stored"
            late = msgspec.structs.replace(NEWS, what=WorkWhat.DUE, turn="2026-12-05+0", late=True)
            house.notifications.tell_work([late])
            await house.steps(60, every_ms=1000)
            assert len(sms.taken) == 2

    run(tell())
    found = house.notifications.of_work(12)
    assert [(each.what, each.state) for each in found] == [
        ("work_due", MessageState.SENT),
        ("work_given", MessageState.SENT),
    ]
    assert house.notifications.of_work(1) == house.notifications.of_work(120) == []


def test_an_account_is_the_group_of_its_name(make_house: MakeHouse) -> None:
    house = make_house('order = ["sms"]\ndigest_s = 0')
    id = house.person("Wang", Responsibility("wang-2", ""), language="en")
    house.person("Other", Responsibility("technician", ""), phone="13800138009")

    async def tell() -> None:
        with house.running():
            house.notifications.tell_work([msgspec.structs.replace(NEWS, assignee="wang-2")])
            await house.step(1000)
            (taken,) = house.services["sms"].taken
            assert taken[1].title == "[WORK]Work order 12 for you: battery low, until 2026-12-05"

    run(tell())
    assert [each.person for each in house.notifications.of_work(12)] == [id]


def test_nobody_to_tell_is_visible(make_house: MakeHouse) -> None:
    house = make_house('order = ["sms"]\ndigest_s = 0')

    async def tell() -> None:
        with house.running():
            house.notifications.tell_work([NEWS])
            # The group of the robot reads for every role that has no channels of its own.
            await house.step(1000)

    run(tell())
    (only,) = house.notifications.of_work(12)
    assert only.person == ""


@pytest.mark.parametrize("late", [False, True])
def test_the_quiet_hours_hold_for_work_orders(make_house: MakeHouse, late: bool) -> None:
    house = make_house('order = ["sms"]\nquiet = "22:00-07:00"\ndigest_s = 0')
    house.person("Near", Responsibility("technician", "b3"))

    def hour() -> int:
        return datetime.fromtimestamp(house.clock.wall_ms() / 1000, ZONE).hour

    async def tell() -> None:
        with house.running():
            house.clock.advance((23 - hour()) % 24 * 3_600_000)
            house.notifications.tell_work([msgspec.structs.replace(NEWS, late=late)])
            await house.step(1000)
            assert house.services["sms"].taken == []
            house.clock.advance(9 * 3_600_000)
            await house.step(1000)
            assert len(house.services["sms"].taken) == 1

    run(tell())


def test_a_kill_between_taking_and_telling_loses_nothing(make_house: MakeHouse) -> None:
    house = make_house('order = ["sms"]\ndigest_s = 0')
    house.person("Near", Responsibility("technician", "b3"))

    async def tell() -> None:
        with house.running():
            pass
        house.notifications.tell_work([NEWS])
        with house.running():
            house.notifier.answer_asked()
        with house.running():
            await house.step(1000)
        assert len(house.services["sms"].taken) == 1

    run(tell())


def test_without_a_notifier_there_is_nowhere_to_leave_news(tmp_path: Path) -> None:
    outside = Notifications(tmp_path)
    assert not outside.is_there
    assert outside.of_work(1) == []
    with pytest.raises(OutboxUnusable):
        outside.tell_work([NEWS])


def test_a_file_of_an_older_notifier_takes_news_once_it_was_opened_again(tmp_path: Path) -> None:
    open_outbox(tmp_path).close()
    with closing(sqlite3.connect(path_in(tmp_path))) as older:
        older.execute("DROP TABLE news")
        older.execute("PRAGMA user_version=1")
    with pytest.raises(OutboxUnusable):
        Notifications(tmp_path).tell_work([NEWS])
    open_outbox(tmp_path).close()
    Notifications(tmp_path).tell_work([NEWS])
