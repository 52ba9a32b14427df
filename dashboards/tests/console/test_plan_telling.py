"""A site's console tells its gateway the plans that were written here, whatever runs when."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callpoint_console import plan_telling
from callpoint_console.database import Database, file_in
from callpoint_console.desk import SocketDesk
from callpoint_console.plan_book import PlanBook, PlanKey
from callpoint_console.plan_telling import PlanTelling
from callpoint_console.schema import SUBJECTS
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.control.socket import Control
from callpoint_gateway.upstream.own_plans.file import FILE, OwnPlansFile
from callpoint_gateway.upstream.own_plans.plan import OwnPlan
from callpoint_gateway.upstream.own_plans.requests import register_requests
from callpoint_protocol import names

from ..accounts.office import ManualClock

FLAT, SCHOOL = PlanKey(names.PANIC, Profile.ESTATE), PlanKey(names.SMOKE, Profile.SCHOOL)
CALL = PlanStep("call", "Call the gatehouse", "通知门岗")
SOON_S = 30.0


class Site:
    """A console's plans, and the socket of a gateway."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.database = Database(file_in(folder), SUBJECTS)
        self.book = PlanBook(self.database, Register([], []), self.clock)
        self.file = OwnPlansFile(folder / FILE)
        self.folder, self.changes = folder, 0

    def write(self, key: PlanKey, *steps: PlanStep) -> OwnPlan:
        """Write a version at the console, and return it as the gateway is to have it."""
        self.clock.advance(60)
        version = self.book.save(key, steps, "lin", self.book.versions(key)[0].plan.version)
        kind = names.KINDS[key.kind]
        return OwnPlan(kind, key.profile, version.plan.version, self.clock.wall_ms(), list(steps))

    @asynccontextmanager
    async def gateway(self) -> AsyncIterator[None]:
        """Run the gateway's socket."""
        control = Control(self.folder)
        register_requests(control, self.file, self._changed)
        await control.start()
        try:
            yield
        finally:
            await control.close()

    def _changed(self) -> None:
        self.changes += 1

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition."""
        async with asyncio.timeout(SOON_S):
            while True:
                if condition():
                    return
                await asyncio.sleep(0.01)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(plan_telling, "LOOK_S", 0.02)
    monkeypatch.setattr(plan_telling, "AGAIN_S", 0.1)
    return Site(tmp_path)


def test_plans_reach_a_gateway_that_comes_later_changes_at_once_and_again_if_it_lost_them(
    site: Site,
) -> None:
    async def play() -> None:
        first = site.write(FLAT, CALL)
        telling = asyncio.create_task(PlanTelling(site.book, SocketDesk(site.folder)).run())
        try:
            async with site.gateway():
                await site.until(lambda: site.file.read() == [first])
                second, none = site.write(FLAT), site.write(SCHOOL, CALL)
                await site.until(lambda: site.file.read() == [first, second, none])
            # The gateway was put back from an old copy while it was down.
            (site.folder / FILE).unlink()
            changes = site.changes
            async with site.gateway():
                await site.until(lambda: site.file.read() == [first, second, none])
                await site.until(lambda: site.changes == changes + 1)
        finally:
            telling.cancel()

    asyncio.run(play())
    site.database.close()


def test_the_last_versions_are_told_and_what_the_gateway_refuses_holds_up_nothing(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    versions = [site.write(FLAT, CALL) for _ in range(plan_telling.VERSIONS + 2)]
    # As an earlier version of the program let somebody write it.
    site.write(SCHOOL, PlanStep("call", "Call 13800138000", "通知门岗"))

    async def play() -> None:
        telling = asyncio.create_task(PlanTelling(site.book, SocketDesk(site.folder)).run())
        try:
            async with site.gateway():
                await site.until(lambda: site.changes == 1)
        finally:
            telling.cancel()

    asyncio.run(play())
    assert site.file.read() == versions[-plan_telling.VERSIONS :]
    assert "plan smoke, school" in caplog.text
    assert "13800138000" not in caplog.text
    site.database.close()
