"""The operator's page over all sites shows each open alarm of the database, and each change."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from callpoint_console.live.broadcaster import View
from callpoint_console.rendering import words_in
from callpoint_console.visitor import EVERYTHING, Scope
from callpoint_district.console.live import follower
from callpoint_district.console.live.snapshot import DeskTurn
from callpoint_district.console.overview import MINE, OPERATOR, Overview
from callpoint_district.console.views.queue import Queue, responders
from callpoint_gateway.control.roles import Role
from callpoint_gateway.journal.entries import Action, Cause, EventBody, Mark
from callpoint_protocol import names

from .written_district import CITY, GONGSHU, XIHU, WrittenDistrict

SOON_S = 60.0
ZONE = ZoneInfo("Asia/Shanghai")
ENGLISH = View(OPERATOR, "en", EVERYTHING)
G1 = [(CITY, XIHU, "Beishan", "Garden", "3", "101"), (CITY, XIHU, "Beishan", "Garden", "4", "7")]
G2 = [(CITY, GONGSHU, "Mishi", "Bridge", "1", "2")]


class Page:
    """A page that a browser has open: its sections and rows as the stream has brought them."""

    def __init__(self, overview: Overview, view: View = ENGLISH) -> None:
        self.shown: dict[str, str] = {}
        self.lists: dict[str, str] = {}
        self.sent = 0
        self._stream = overview.broadcaster.stream(view)

    async def until(self, condition: Callable[[dict[str, str]], bool]) -> None:
        """Read the stream until what is shown fulfils a condition."""
        async with asyncio.timeout(SOON_S):
            while not condition(self.shown):
                for block in (await anext(self._stream)).decode().split("\n\n"):
                    self._take(block)

    @property
    def rows(self) -> dict[str, str]:
        """The rows by their alarms."""
        return {
            name.removeprefix("alarm-"): html
            for name, html in self.shown.items()
            if name in self.lists
        }

    def _take(self, block: str) -> None:
        event, _, data = block.partition("data: ")
        if event == "event: rows\n":
            message: dict[str, Any] = json.loads(data)
            if message["whole"]:
                for name in [*self.lists]:
                    del self.shown[name], self.lists[name]
            for row in message["rows"]:
                self.shown[row["id"]], self.lists[row["id"]] = row["html"], row["in"]
                self.sent += 1
            for name in message["gone"]:
                self.shown.pop(name, None)
                self.lists.pop(name, None)
        elif data and not event:
            section = json.loads(data)
            self.shown[section["id"]] = section["html"]


@asynccontextmanager
async def running(district: WrittenDistrict) -> AsyncIterator[Overview]:
    """Yield what is live of a district, once the database has been read."""
    overview = Overview(district.address, "d1", ZONE, district.clock)
    overview.start()
    try:
        page = Page(overview)
        await page.until(lambda shown: "Sites: 2" in shown.get("links", ""))
        yield overview
    finally:
        await overview.close()


def two_sites(district: WrittenDistrict) -> None:
    district.site("g1", G1)
    district.site("g2", G2)


def test_an_alarm_of_any_site_comes_to_an_open_page_and_goes(district: WrittenDistrict) -> None:
    two_sites(district)

    async def run() -> None:
        async with running(district) as overview:
            pages = [Page(overview), Page(overview, View(OPERATOR, "zh", EVERYTHING))]
            alarm = await asyncio.to_thread(district.event, "g1")
            for page, said in zip(pages, ("panic", "紧急求助"), strict=True):
                await page.until(lambda shown: f"alarm-g1.{alarm}" in shown)
                row = page.rows[f"g1.{alarm}"]
                assert said in row
                assert "101" in row
                assert f'data-card-at="/sites/g1/operator/alarm/{alarm}"' in row
            await asyncio.to_thread(district.act, "g1", alarm, Action.ACKNOWLEDGE)
            await pages[0].until(lambda shown: "desk-7" in shown[f"alarm-g1.{alarm}"])
            assert 'data-new="0"' in pages[0].rows[f"g1.{alarm}"]
            await asyncio.to_thread(district.act, "g1", alarm, Action.CLOSE, Cause.FALSE)
            await pages[0].until(lambda shown: f"alarm-g1.{alarm}" not in shown)

    asyncio.run(run())


def test_a_gateway_whose_clock_is_beyond_all_years_blocks_no_page(
    district: WrittenDistrict,
) -> None:
    two_sites(district)
    event = district.new_event("g1")
    assert isinstance(event.body, EventBody)
    body = msgspec.structs.replace(event.body, occurred_ms=2**60)
    wrong = district.store("g1", msgspec.structs.replace(event, body=body))
    good = district.event("g2")

    async def run() -> None:
        async with running(district) as overview:
            page = Page(overview)
            await page.until(lambda shown: {f"alarm-g1.{wrong}", f"alarm-g2.{good}"} <= {*shown})

    asyncio.run(run())


def test_a_change_costs_its_own_row_and_no_other(district: WrittenDistrict) -> None:
    two_sites(district)
    alarms = [district.event("g1", kind=kind) for kind in (names.PANIC, names.SMOKE)]
    alarms.append(district.event("g1", device=2))
    other = district.event("g2")

    async def run() -> None:
        async with running(district) as overview:
            page = Page(overview)
            await page.until(lambda shown: len(page.rows) == 4)
            before = page.sent
            await asyncio.to_thread(district.act, "g2", other, Action.ACKNOWLEDGE)
            await page.until(lambda shown: "desk-7" in shown[f"alarm-g2.{other}"])
            assert page.sent == before + 1
            assert {*page.rows} == {*(f"g1.{alarm}" for alarm in alarms), f"g2.{other}"}

    asyncio.run(run())


def test_the_most_urgent_is_first_and_then_the_oldest(district: WrittenDistrict) -> None:
    two_sites(district)
    water = district.event("g2", kind=names.WATER)
    first = district.event("g1", device=2)
    second = district.event("g2")

    async def run() -> None:
        async with running(district) as overview:
            sections = overview.broadcaster.sections(ENGLISH)
            order = sorted(
                (section.row.order, name) for name, section in sections.items() if section.row
            )
            assert [name for _, name in order] == [
                f"alarm-g1.{first}",
                f"alarm-g2.{second}",
                f"alarm-g2.{water}",
            ]
            assert ">2</text>" in sections[f"alarm-g2.{water}"].html

    asyncio.run(run())


def test_a_copy_is_provisional_until_its_entry_comes(district: WrittenDistrict) -> None:
    two_sites(district)
    alarm = district.write("g1", district.new_event("g1"))

    async def run() -> None:
        async with running(district) as overview:
            page = Page(overview)
            await asyncio.to_thread(district.copy, "g1", alarm)
            await page.until(lambda shown: f"alarm-g1.{alarm}" in shown)
            row = page.rows[f"g1.{alarm}"]
            assert "provisional" in row
            assert f'data-card-at="/copied/g1/{alarm}"' in row
            await asyncio.to_thread(district.deliver, "g1")
            await page.until(lambda shown: "provisional" not in shown[f"alarm-g1.{alarm}"])
            assert {*page.rows} == {f"g1.{alarm}"}

    asyncio.run(run())


def test_somebody_of_an_area_sees_its_alarms_only(district: WrittenDistrict) -> None:
    two_sites(district)
    mine, theirs = district.event("g1"), district.event("g2")
    scopes = {
        "Hangzhou / Xihu": {f"g1.{mine}"},
        "Hangzhou / Xihu / Beishan / Garden / 4": set(),
        "site:g2": {f"g2.{theirs}"},
        "Hangzhou": {f"g1.{mine}", f"g2.{theirs}"},
    }

    async def run() -> None:
        async with running(district) as overview:
            for place, wanted in scopes.items():
                view = View(OPERATOR, "en", Scope(frozenset({(Role.OPERATOR, place)})))
                sections = overview.broadcaster.sections(view)
                shown = {name for name, section in sections.items() if section.row}
                assert shown == {f"alarm-{each}" for each in wanted}, place

    asyncio.run(run())


def test_a_drill_is_marked_and_counts_for_nothing(district: WrittenDistrict) -> None:
    two_sites(district)
    alarm = district.event("g1", mark=Mark.DRILL)

    async def run() -> None:
        async with running(district) as overview:
            sections = overview.broadcaster.sections(ENGLISH)
            row = sections[f"alarm-g1.{alarm}"].html
            assert "drill" in row
            assert 'data-new="0"' in row
            assert sections["counts"].html.count(" 0</span>") == 4

    asyncio.run(run())


@pytest.mark.parametrize(
    ("language", "who"), [("en", "grid worker, night-guards"), ("zh", "网格员、night-guards")]
)
def test_a_row_lists_whom_an_area_sends_as_its_language_lists_things(
    language: str, who: str
) -> None:
    desk = DeskTurn(1, (CITY,), "city", "desk", "centre", ("grid_worker", "night-guards"))
    assert responders(desk, words_in(language)) == who


def test_mine_is_what_is_with_a_desk_of_my_area(district: WrittenDistrict) -> None:
    two_sites(district)
    alarms = {name: district.event(name) for name in ("g1", "g2")}
    areas = {"g1": [CITY, XIHU], "g2": [CITY]}
    with district.database.transaction() as connection:
        for turn, (name, area) in enumerate(areas.items(), 1):
            connection.execute(
                "INSERT INTO desks SELECT gateway, epoch, position, %s, %s, 'district', 'desk', "
                "'centre-of-' || gateway, '{grid_worker}', 1, NULL FROM alarms WHERE gateway = %s",
                (turn, area, name),
            )

    async def run() -> None:
        async with running(district) as overview:
            scope = Scope(frozenset({(Role.OPERATOR, "Hangzhou / Xihu")}))
            sections = overview.broadcaster.sections(View(MINE, "en", scope))
            rows = {name: section.html for name, section in sections.items() if section.row}
            assert {*rows} == {f"alarm-g1.{alarms['g1']}"}
            assert "centre-of-g1" in rows[f"alarm-g1.{alarms['g1']}"]
            everybody = overview.broadcaster.sections(View(MINE, "en", EVERYTHING))
            passed_on = everybody[f"alarm-g2.{alarms['g2']}"].html
            assert "passed on to centre-of-g2" in passed_on
            assert f"alarm-g1.{alarms['g1']}" not in everybody

    asyncio.run(run())


def test_an_age_counts_from_the_alarm_whenever_a_page_is_first_opened(
    district: WrittenDistrict,
) -> None:
    two_sites(district)
    alarm = district.event("g1")

    async def run() -> None:
        async with running(district) as overview:
            snapshot = overview.snapshot
        assert snapshot is not None
        opened_ms = snapshot.alarms[0].alarm.opened_ms
        hours_later = msgspec.structs.replace(snapshot, at_ms=snapshot.at_ms + 7_200_000)
        queue = Queue(ZONE)
        for language, at in (("en", snapshot), ("zh", hours_later)):
            found = queue.rows(at, EVERYTHING, language)[0]
            assert found.name == f"alarm-g1.{alarm}"
            assert f'data-since="{opened_ms}"' in found.row.html

    asyncio.run(run())


def test_a_page_says_that_a_frozen_database_is_not_read(
    district: WrittenDistrict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "FROZEN_S", 2.0)
    two_sites(district)
    with district.database.transaction() as connection:
        own = connection.info.backend_pid
    sessions = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"

    async def run() -> None:
        async with running(district) as overview:
            with district.database.transaction() as connection:
                frozen = [row[0] for row in connection.execute(sessions, (own,)).fetchall()]
            page = Page(overview)
            await page.until(lambda shown: "strip" in shown)
            assert "NOT READ" not in page.shown["strip"]
            for pid in frozen:
                os.kill(pid, signal.SIGSTOP)
            try:
                await page.until(lambda shown: "NOT READ" in shown["strip"])
            finally:
                for pid in frozen:
                    os.kill(pid, signal.SIGCONT)
            await page.until(lambda shown: "NOT READ" not in shown["strip"])

    asyncio.run(run())
