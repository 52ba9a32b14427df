"""The console leaves news of work orders for the notifier: each once, and none too late."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callpoint_console.database import Database
from callpoint_console.site_map import SiteMap
from callpoint_console.work.keeper import Work
from callpoint_console.work.matters import Matter
from callpoint_console.work.orders import Step
from callpoint_people.notifications import Notifications
from callpoint_people.outbox_file import open_outbox, path_in
from callpoint_protocol import names

from ..accounts.office import ManualClock, open_database
from ..console.estate import register

ZONE = ZoneInfo("Asia/Shanghai")
DAY_S = 86_400
SITE = SiteMap(register(), "estate")
BATTERY = Matter(
    key=f"trouble/button-1-101/1/{names.BATTERY}/0",
    device="button-1-101",
    zone=1,
    kind=names.BATTERY,
    place="b1/101",
)
SILENT = Matter(key="missed/button-2-101", device="button-2-101", place="b2/101")


class Office:
    """The record of work beside the file of a notifier."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder, self.clock = folder, ManualClock()
        self.work = Work(database, self.clock, Notifications(folder))

    def make(self, *matters: Matter, assignee: str = "@technician", days: int = 3) -> int:
        """Make a work order that is due in some days."""
        due = self.day(days)

        async def make() -> int:
            return await self.work.change(
                self.work.orders.make, list(matters), assignee, due, "ladder", "boss"
            )

        return asyncio.run(make())

    def day(self, ahead: int) -> str:
        """Return the day that comes in some days."""
        at_s = self.clock.wall_ms() / 1000 + ahead * DAY_S
        return datetime.fromtimestamp(at_s, ZONE).date().isoformat()

    def told(self) -> list[tuple[str, int, bool]]:
        """Tell what is to be told, and return what the notifier got: kind, order, late."""
        asyncio.run(self.work.tell_outside(SITE, ZONE))
        with closing(sqlite3.connect(path_in(self.folder))) as file, file:
            rows = file.execute("SELECT content FROM news ORDER BY subject").fetchall()
            file.execute("DELETE FROM news")
        self.news = [json.loads(content) for (content,) in rows]
        return [(each["what"], each["order"], each["late"]) for each in self.news]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    database = open_database(tmp_path)
    open_outbox(tmp_path).close()
    yield Office(tmp_path, database)
    database.close()


def test_a_new_order_is_told_once_without_what_somebody_wrote(office: Office) -> None:
    number = office.make(BATTERY, SILENT)
    assert office.told() == [("work_given", number, False)]
    (news,) = office.news
    assert news["assignee"] == "@technician"
    assert news["place"] == "", "it is about several places"
    assert "sends nothing and 1 more" in json.dumps(news["matter"])
    assert "ladder" not in json.dumps(news)
    assert office.told() == []
    other = office.make(BATTERY, assignee="wang-2")
    assert office.told() == [("work_given", other, False)]
    assert office.news[0]["place"] == "b1/101"


def test_a_reminder_comes_on_the_last_day_and_then_each_week(office: Office) -> None:
    number = office.make(BATTERY, days=2)
    office.told()
    heard = []
    for _ in range(18):
        office.clock.advance(DAY_S)
        heard.append([late for what, _, late in office.told() if what == "work_due"])
        assert office.told() == []
    days = {day: lates for day, lates in enumerate(heard, 1) if lates}
    assert days == {2: [False], 3: [True], 10: [True], 17: [True]}
    asyncio.run(office.work.change(office.work.orders.change, number, Step.DONE, "li", ""))
    office.clock.advance(7 * DAY_S)
    assert office.told() == []


def test_an_order_that_is_open_again_is_told_again(office: Office) -> None:
    number = office.make(BATTERY)
    office.told()
    for _ in range(2):
        for step in (Step.DONE, Step.REOPENED):
            asyncio.run(office.work.change(office.work.orders.change, number, step, "li", ""))
        assert office.told() == [("work_reopened", number, False)]


def test_what_happened_long_before_a_notifier_was_there_is_not_told(office: Office) -> None:
    path_in(office.folder).unlink()
    office.make(BATTERY, days=30)
    asyncio.run(office.work.tell_outside(SITE, ZONE))
    assert not path_in(office.folder).exists(), "the console makes no file of the notifier"
    office.clock.advance(2 * DAY_S)
    open_outbox(office.folder).close()
    assert office.told() == []


def test_news_that_could_not_be_left_are_left_later(office: Office) -> None:
    number = office.make(BATTERY)
    with closing(sqlite3.connect(path_in(office.folder))) as file:
        file.execute("ALTER TABLE news RENAME TO away")
    asyncio.run(office.work.tell_outside(SITE, ZONE))
    with closing(sqlite3.connect(path_in(office.folder))) as file:
        file.execute("ALTER TABLE away RENAME TO news")
    assert office.told() == [("work_given", number, False)]
