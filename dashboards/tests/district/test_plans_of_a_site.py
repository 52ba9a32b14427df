"""The card of an alarm at the district shows the plan by which its site works."""

import asyncio
import hashlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import msgspec
import pytest

from callpoint_console.accounts.roles import Grant
from callpoint_district.areas import plans as of_areas
from callpoint_district.console.site_addresses import address_of
from callpoint_district.sites.registers import RegisterKeeper, revision_of
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.configuration.revision import lines_of as lines_of_revision
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.roles import Role
from callpoint_gateway.protocols.upstream import RegisterPart
from callpoint_gateway.upstream.own_plans.plan import OwnPlan, lines_of

from .shown_district import ShownDistrict
from .test_open_sites import streaming, until
from .written_district import CITY, XIHU, WrittenDistrict

LEADER: Final = By("op-7", Role.SUPERVISOR, "district")
STREET = PlanStep("street", "Call the street office", "通知街道办")
GATE = PlanStep("gate", "Call the gatehouse", "通知门岗")
YARD = PlanStep("yard", "Look into the yard", "查看院子")
SHIPPED: Final = "Send the patrol now"
#: A site that came through another district.
AT_D1: Final = "d1/g2"


@pytest.fixture
def shown(tmp_path: Path, district: WrittenDistrict) -> Iterator[ShownDistrict]:
    """Return a district with two sites, with three buttons each."""
    rooms = [(CITY, XIHU, "Beishan", "Garden", "3", room) for room in ("101", "102", "103")]
    for name in ("g1", AT_D1):
        district.site(name, rooms)
    found = ShownDistrict(tmp_path / "console", district)
    yield found
    found.close()


def own(version: int, from_ms: int, *steps: PlanStep) -> OwnPlan:
    """Return a version of the site's plan for a panic alarm."""
    return OwnPlan("panic", Profile.ESTATE, version, from_ms, list(steps))


def tell(district: WrittenDistrict, name: str, *plans: OwnPlan) -> None:
    """Have a gateway tell the register that it has told before, with these plans."""
    with district.database.transaction() as connection:
        revision = revision_of(connection, name)
    assert revision is not None
    revision = msgspec.structs.replace(revision, site="north")
    text = b"".join(chain(lines_of_revision(revision), lines_of(plans)))
    part = RegisterPart(digest=hashlib.sha256(text).hexdigest(), parts=1, text=text)
    assert RegisterKeeper(district.database, district.clock).take(name, part).digest == part.digest


def give(district: WrittenDistrict, *gateways: str) -> None:
    """Give the area a plan, which these gateways confirm."""
    with district.database.transaction() as connection:
        now_ms = district.clock.wall_ms()
        plan = of_areas.give(connection, (CITY, XIHU), "panic", None, [STREET], LEADER, now_ms)
        for gateway in gateways:
            connection.execute(
                "INSERT INTO area_plans_at (area, kind, profile, gateway, sent_ms, digest) "
                "VALUES (%s, %s, '', %s, 1, %s)",
                (list(plan.area), plan.kind, gateway, plan.digest),
            )


def test_what_the_site_has_written_goes_first_then_the_plan_of_the_area(
    shown: ShownDistrict, district: WrittenDistrict
) -> None:
    gateway, at = AT_D1, address_of(AT_D1)
    first = district.event(gateway)

    async def play() -> None:
        chief = shown.person("chief", *(Grant(role) for role in Role))

        async def card(alarm: int) -> str:
            await chief.until(f"{at}/operator", f'data-alarm="{alarm}"')
            return (await chief.open(f"{at}/operator/alarm/{alarm}")).text

        async with shown.running():
            assert SHIPPED in await card(first)
            await asyncio.to_thread(give, district, gateway)
            second = await asyncio.to_thread(district.event, gateway, 2)
            assert STREET.en in await card(second)
            assert f"{CITY} / {XIHU}" in await card(second)
            assert SHIPPED in await card(first), "it began before"
            now_ms = district.clock.wall_ms()
            await asyncio.to_thread(tell, district, gateway, own(1, now_ms, GATE))
            third = await asyncio.to_thread(district.event, gateway, 3)
            assert GATE.en in await card(third)
            assert "version 1" in await card(third)
            assert STREET.en in await card(second), "it began before"
            later = own(2, district.clock.wall_ms() + 60_000, YARD)
            await asyncio.to_thread(tell, district, gateway, own(1, now_ms, GATE), later)
            assert GATE.en in await card(third), "an open alarm keeps the plan with which it began"
            step = await chief.form(f"{at}/alarm/{third}/step/{STREET.id}")
            assert step.status_code == 409, "no step of the plan that the card shows"
            await asyncio.to_thread(tell, district, gateway)
            assert STREET.en in await card(third), "the console's file was lost"

    asyncio.run(play())


def test_a_plan_that_comes_late_is_on_open_pages_within_seconds(
    shown: ShownDistrict, district: WrittenDistrict
) -> None:
    alarm = district.event("g1")

    async def play() -> None:
        chief = shown.person("chief", *(Grant(role) for role in Role))
        async with shown.running():
            card = f"/sites/g1/operator/alarm/{alarm}"
            async with streaming(chief, "/live/operator") as came:
                await until(came, f'data-card-at=\\"{card}\\"')
                assert SHIPPED in (await chief.open(card)).text
                # It was written before the alarm; the line was down.
                await asyncio.to_thread(tell, district, "g1", own(3, 1000, GATE))
                # Another row, so the page fetches the card anew.
                await until(came, f'data-card-at=\\"{card}\\"')
                assert GATE.en in (await chief.open(card)).text
            before = await chief.until("/sites/g1/operator", "data-version=")
            async with streaming(chief, "/sites/g1/live/operator") as came:
                await until(came, '"id": "queue"')
                await asyncio.to_thread(tell, district, "g1", own(3, 1000, YARD))
                while True:
                    after = await chief.until("/sites/g1/operator", "data-version=")
                    if version(after) != version(before):
                        break
                assert YARD.en in (await chief.open(card)).text

    asyncio.run(play())


def version(page: str) -> str:
    """Return the version of the row of a page."""
    return page.partition('data-version="')[2].partition('"')[0]
