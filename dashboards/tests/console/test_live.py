"""A commit reaches every open page; each change is rendered once, however many look at it."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from callpoint_console.console import MANAGER, WALL
from callpoint_console.live.broadcaster import Broadcaster, View
from callpoint_console.live.follower import Follower
from callpoint_console.live.snapshot import Snapshot
from callpoint_console.views import manager
from callpoint_console.views.flood import MOST
from callpoint_console.visitor import EVERYTHING
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.journal.entries import Action, Cause
from callpoint_protocol import names

from .estate import ZONE, Estate

SOON_S = 60.0
ENGLISH = View(MANAGER, "en", EVERYTHING)
CHINESE = View(MANAGER, "zh", EVERYTHING)


class Page:
    """A page that a browser has open: its sections as the stream has brought them."""

    def __init__(self, stream: AsyncIterator[bytes]) -> None:
        self.sections: dict[str, str] = {}
        self.beats = 0
        self.messages = 0
        self._stream = stream

    async def until(self, condition: Callable[[dict[str, str]], bool]) -> None:
        """Read the stream until the sections fulfil a condition."""
        async with asyncio.timeout(SOON_S):
            while not condition(self.sections):
                for block in (await anext(self._stream)).decode().split("\n\n"):
                    self._take(block)

    def _take(self, block: str) -> None:
        if block.startswith("data: "):
            message: dict[str, Any] = json.loads(block.removeprefix("data: "))
            self.sections[message["id"]] = message["html"]
            self.messages += 1
        elif block.startswith("event: beat"):
            self.beats += 1


@asynccontextmanager
async def running(site: Estate) -> AsyncIterator[Broadcaster[Snapshot]]:
    console = site.console()
    console.start()
    try:
        read = Page(console.broadcaster.stream(ENGLISH))
        await read.until(lambda shown: "devices online" in shown.get("state", "") or quiet(shown))
        yield console.broadcaster
    finally:
        console.close()


def test_a_press_comes_to_a_page_in_each_language(site: Estate) -> None:
    site.hear_all()

    async def run() -> None:
        async with running(site) as broadcaster:
            pages = [Page(broadcaster.stream(view)) for view in (ENGLISH, CHINESE)]
            for page in pages:
                await page.until(lambda shown: "state" in shown)
                assert shown_quiet(page)
            alarm = await asyncio.to_thread(site.event, "button-2-101")
            for page, said in zip(pages, ("panic", "紧急求助"), strict=True):
                await page.until(lambda shown, said=said: said in shown["alarms"])  # type: ignore[misc]
                assert f'data-alarm="{alarm}"' in page.sections["alarms"]
                assert "2 / 101" in page.sections["alarms"]
                assert not shown_quiet(page)
            await asyncio.to_thread(site.act, alarm, Action.ACKNOWLEDGE)
            await pages[0].until(lambda shown: "seen by desk-2" in shown["alarms"])
            await asyncio.to_thread(site.act, alarm, Action.CLOSE, cause=Cause.FALSE)
            await pages[0].until(lambda shown: "alarm" not in shown["alarms"])

    asyncio.run(run())


def test_a_flood_of_tampers_is_put_together_and_hides_no_urgent_alarm(site: Estate) -> None:
    site.settings = AlarmSettings(priorities={names.KINDS[names.TAMPER]: 3})

    async def run() -> None:
        async with running(site) as broadcaster:
            alarm = await asyncio.to_thread(site.event, "button-2-101")
            points = [(device, zone) for zone in (1, 2) for device in site.register.device_ids()]
            tampers = [
                site.new_event(device, kind=names.TAMPER, zone=zone)
                for device, zone in points[: MOST + 1]
            ]
            await asyncio.to_thread(site.store, *tampers)
            for which, cards in ((MANAGER, MOST + 2), (WALL, 1)):
                page = Page(broadcaster.stream(View(which, "en", EVERYTHING)))
                said = f"FLOOD: {MOST + 1} notices"
                await page.until(lambda shown, said=said: said in shown.get("alarms", ""))  # type: ignore[misc]
                shown = page.sections["alarms"]
                assert f"Open alarms ({MOST + 2})" in shown
                assert shown.count("data-alarm=") == cards
                before = shown.partition('<details id="flooded">')[0]
                assert before.count("data-alarm=") == 1
                assert f'data-alarm="{alarm}"' in before

    asyncio.run(run())


def shown_quiet(page: Page) -> bool:
    return quiet(page.sections)


def quiet(shown: dict[str, str]) -> bool:
    return any(said in shown.get("state", "") for said in ("All quiet since", "一切正常"))


def test_a_change_is_rendered_once_for_all_who_look(
    site: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = []
    sections = manager.sections

    def counted(*given: Any, **more: Any) -> dict[str, str]:
        rendered.append(given)
        return sections(*given, **more)

    monkeypatch.setattr(manager, "sections", counted)
    site.hear_all()

    async def run() -> None:
        async with running(site) as broadcaster:
            pages = [Page(broadcaster.stream(ENGLISH)) for _ in range(20)]
            for page in pages:
                await page.until(lambda shown: "state" in shown)
            rendered.clear()
            await asyncio.to_thread(site.event, "button-1-201")
            for page in pages:
                await page.until(lambda shown: "panic" in shown["alarms"])
        # One for the commit; another one if the clock moved a deadline meanwhile.
        assert 1 <= len(rendered) <= 3

    asyncio.run(run())


def test_who_reads_slowly_gets_the_last_state_and_not_each(site: Estate) -> None:
    async def run() -> None:
        async with running(site) as broadcaster:
            slow, quick = (Page(broadcaster.stream(ENGLISH)) for _ in range(2))
            for page in (slow, quick):
                await page.until(lambda shown: "state" in shown)
            before = slow.messages
            for building in (1, 2, 3):
                await asyncio.to_thread(site.event, f"button-{building}-102")
                await quick.until(
                    lambda shown, said=f"{building} / 102": said in shown["alarms"]  # type: ignore[misc]
                )
            await slow.until(lambda shown: "3 / 102" in shown["alarms"])
            assert slow.messages - before <= 6, "each section once, in its last state"

    asyncio.run(run())


def test_time_alone_sends_nothing_but_beats(site: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callpoint_console.live.broadcaster.BEAT_S", 0.05)
    site.hear_all()

    async def run() -> None:
        async with running(site) as broadcaster:
            page = Page(broadcaster.stream(ENGLISH))
            await page.until(lambda shown: "state" in shown)
            before = page.messages
            await page.until(lambda shown: page.beats > 30)
            assert page.messages == before

    asyncio.run(run())


def test_a_gateway_that_has_stopped_is_shown(site: Estate) -> None:
    site.hear_all()

    async def run() -> None:
        async with running(site) as broadcaster:
            page = Page(broadcaster.stream(ENGLISH))
            await page.until(lambda shown: "state" in shown)
            assert "data-stopped" not in page.sections["strip"]
            site.stop_gateway()
            await page.until(lambda shown: "data-stopped" in shown["strip"])
            assert not shown_quiet(page)

    asyncio.run(run())


def test_the_end_of_the_console_ends_every_stream(site: Estate) -> None:
    async def run() -> None:
        async with running(site) as broadcaster:
            page = Page(broadcaster.stream(ENGLISH))
            await page.until(lambda shown: "state" in shown)
        with pytest.raises(StopAsyncIteration):
            await page.until(lambda shown: False)

    asyncio.run(run())


def test_no_transaction_stays_open_between_two_looks(site: Estate) -> None:
    """Otherwise a console that stands still would let the journal's log grow without end."""
    seen: list[Snapshot] = []
    follower = Follower(site.source, seen.append)
    follower.start()
    for number in range(30):
        site.event("button-1-101", names.ALARM if number % 2 else names.RESTORE)
    follower.close()
    assert seen
    with site.source.live() as live, site.source.records() as records:
        live.situation()
        records.last_events("button-1-101", 5)
        with sqlite3.connect(site.folder / "alarms.db") as other:
            busy, _, _ = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        other.close()
    assert not busy


def test_it_waits_for_a_journal_that_is_not_there_yet(site: Estate) -> None:
    site.alarms.close()
    path = site.folder / "alarms.db"
    away = path.rename(site.folder / "away.db")

    async def run() -> None:
        console = site.console()
        console.start()
        page = Page(console.broadcaster.stream(ENGLISH))
        try:
            await page.until(lambda shown: "nothing has been read yet" in shown.get("state", ""))
            away.rename(path)
            await page.until(lambda shown: "devices online" in shown["state"])
        finally:
            console.close()

    asyncio.run(run())
    assert ZONE.key == "Asia/Shanghai"
