"""The foot of the overview: answers of centres, power, the last copy, and what is not known."""

import asyncio
import html
import re
from pathlib import Path

from callpoint_console.console import MANAGER, OPERATOR
from callpoint_console.live.broadcaster import View
from callpoint_console.live.gateway_state import Answered, GatewayWatch
from callpoint_console.visitor import EVERYTHING
from callpoint_gateway.centres.path_health import Health
from callpoint_gateway.centres.questions import LinkList, LinkView, ListLinks, PathView
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.client import Unanswered
from callpoint_gateway.control.question import AnswerT, Question
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.power import Power, Supply
from callpoint_gateway.journal.backup import Note, remember
from callpoint_gateway.journal.entries import Cursor
from callpoint_gateway.words.said import said

from ..accounts.office import ManualClock
from .estate import Estate, NoDesk


class Answering:
    """A gateway whose centre answered some seconds ago; None: it does not run."""

    def __init__(self, *answered_s: int | None) -> None:
        self.answered_s: tuple[int | None, ...] | None = answered_s

    async def ask(self, question: Question[AnswerT], by: By | None) -> AnswerT:
        """Answer about links, to whoever may see them."""
        assert isinstance(question, ListLinks)
        assert by is not None
        assert by.role is Role.VIEWER
        if self.answered_s is None:
            raise Unanswered(said("socket.no_gateway", folder="here"))
        paths = [
            PathView(number=number, health=Health.UP, answered_s=answered)
            for number, answered in enumerate(self.answered_s, 1)
        ]
        return LinkList([LinkView("police", paths)])  # type: ignore[return-value]


def test_what_changes_is_told_and_what_stays_is_not(tmp_path: Path) -> None:
    clock, desk = ManualClock(), Answering(3, None)
    watch = GatewayWatch(desk, tmp_path, clock, tmp_path / "sys")

    async def run() -> None:
        assert await watch.look()
        at_ms = clock.wall_ms() - 3000
        assert watch.state.answers == {"police": (Answered(1, at_ms), Answered(2, None))}
        assert watch.state.power == Power(Supply.UNKNOWN)
        assert watch.state.backup_ms is None
        desk.answered_s = (4, None)  # the same answer, a second later by the gateway's rounding
        assert not await watch.look()
        remember(tmp_path, Note(5000, "estate", {}))
        assert await watch.look()
        assert watch.state.backup_ms == 5000
        desk.answered_s = None
        assert await watch.look()
        assert watch.state.answers is None

    asyncio.run(run())


def foot(site: Estate, watch: GatewayWatch | None, page: str = MANAGER) -> str:
    """Return the words of the links on a page."""
    console = site.console(gateway=watch)

    async def run() -> str:
        if watch is not None:
            await watch.look()
        console.start()
        try:
            async with asyncio.timeout(20):
                while console.broadcaster.snapshot is None:  # noqa: ASYNC110 - no news of it
                    await asyncio.sleep(0.01)
            sections = console.broadcaster.sections(View(page, "en", EVERYTHING))
        finally:
            console.close()
        return sections["foot" if page == MANAGER else "links"].html

    text = re.sub(r"<span[^>]*data-since=\"\d+\"></span>", "AGE", asyncio.run(run()))
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", text)).split())


def test_the_foot_says_plainly_what_is_not_known(site: Estate) -> None:
    site.store(Cursor("centre/police/urgent", 0), Cursor("centre/police/normal", 0))
    shown = foot(site, GatewayWatch(NoDesk(), site.folder, site.clock, site.folder / "sys"))
    assert "last answer: not known" in shown
    assert "Power not known" in shown
    assert "Last backup not known" in shown


def test_the_foot_shows_what_is_known(site: Estate, tmp_path: Path) -> None:
    site.store(Cursor("centre/police/urgent", 0), Cursor("centre/police/normal", 0))
    ups = tmp_path / "sys" / "power_supply" / "ups"
    ups.mkdir(parents=True)
    for name, text in (("type", "UPS"), ("status", "Discharging"), ("capacity", "41")):
        (ups / name).write_text(text)
    remember(site.folder, Note(site.clock.wall_ms() - 60_000, "estate", {}))
    one = GatewayWatch(Answering(12), site.folder, site.clock, tmp_path / "sys")
    shown = foot(site, one)
    assert "last answer: AGE ago" in shown
    assert "Power on battery, 41 %" in shown
    assert "Last backup AGE ago" in shown
    two = GatewayWatch(Answering(12, None), site.folder, site.clock, tmp_path / "sys")
    assert "path 1: AGE ago · path 2: none yet" in foot(site, two)
    assert "path 1: AGE ago · path 2: none yet" in foot(site, two, OPERATOR)
