"""The pages of each site at a district: the site console's own, below an address of their own."""

import asyncio
import os
import re
import signal
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec
import pytest

from callpoint_console.accounts.roles import Grant
from callpoint_district.sites import registers, watching
from callpoint_district.sites.registers import register_of
from callpoint_gateway.configuration.register import Device
from callpoint_gateway.configuration.revision import Revision
from callpoint_gateway.control.roles import Role

from ..waiting import until
from .shown_district import Person, ShownDistrict
from .written_district import CITY, GONGSHU, XIHU, WrittenDistrict

#: Pages that all sites have in common.
ROOT: Final = ("/static/", "/account", "/accounts", "/language", "/logout", "/login")
LINKS: Final = re.compile(r'\b(?:href|src|action|formaction|hx-get|hx-post|data-live)="([^"]*)"')
GARDEN: Final = (CITY, XIHU, "Beishan", "Garden", "3", "101")
BRIDGE: Final = (CITY, GONGSHU, "Mishi", "Bridge", "1", "2")
AT_D1: Final = "/sites/d1~g1"


@pytest.fixture
def shown(tmp_path: Path, district: WrittenDistrict) -> Iterator[ShownDistrict]:
    """Return a district with three sites: one came through another district."""
    district.site("g1", [GARDEN, (CITY, GONGSHU, "Mishi", "Garden", "4", "7")])
    district.site("g2", [BRIDGE])
    district.site("d1/g1", [(CITY, XIHU, "Beishan", "Willow", "1", "1")])
    found = ShownDistrict(tmp_path / "console", district)
    yield found
    found.close()


async def crawled(person: Person, start: str) -> dict[str, int]:
    """Open every page that a site's pages lead to; return the status of each address."""
    seen: dict[str, int] = {}
    shapes: set[str] = set()
    waiting = [f"{start}/", f"{start}/operator", f"{start}/wall"]
    while waiting:
        path = waiting.pop()
        # A month is like every other.
        if (shape := re.sub(r"\d+", "0", path)) in shapes or "/live/" in path:
            continue
        shapes.add(shape)
        answer = await person.open(path)
        seen[path] = answer.status_code
        if answer.status_code == 303:
            waiting.append(answer.headers["location"])
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        for link in map(unescape, LINKS.findall(answer.text)):
            address = urlsplit(link)
            if address.path in ("", "/") or address.path.startswith(ROOT):
                continue
            assert address.path.startswith(f"{start}/"), (path, link)
            waiting.append(link.partition("#")[0])
    return seen


def test_no_link_of_a_site_leads_out_of_it(
    shown: ShownDistrict, district: WrittenDistrict
) -> None:
    alarm = district.event("d1/g1")
    district.fault("d1/g1")

    async def walk() -> None:
        everybody = shown.person("chief", *(Grant(role) for role in Role))
        async with shown.running():
            page = await everybody.until(f"{AT_D1}/", f'id="alarm-{alarm}"')
            assert 'data-at="/sites/d1~g1"' in page
            assert f'hx-post="{AT_D1}/alarm/{alarm}/acknowledge"' in page
            seen = await crawled(everybody, AT_D1)
            posts = {
                path for path in seen if path.endswith((f"/{alarm}/acknowledge", "/exercise"))
            }
            assert {f"{AT_D1}/reports", f"{AT_D1}/drills", f"{AT_D1}/device/button-1"} <= set(seen)
            missing = {path for path in seen.keys() - posts if seen[path] not in (200, 303, 405)}
            assert not missing
            card = await everybody.open(f"{AT_D1}/operator/alarm/{alarm}")
            assert f'hx-post="{AT_D1}/alarm/{alarm}/acknowledge"' in card.text

    asyncio.run(walk())


def test_a_role_shows_its_part_of_the_grid_and_hides_the_rest(
    shown: ShownDistrict, district: WrittenDistrict
) -> None:
    garden, other = district.event("g1"), district.event("g1", device=2)

    async def walk() -> None:
        chief = shown.person("chief", Grant(Role.VIEWER))
        of_xihu = shown.person("xihu", Grant(Role.OPERATOR, f"{CITY} / {XIHU}"))
        of_g2 = shown.person("bridge", Grant(Role.VIEWER, "site:g2"))
        async with shown.running():
            page = await chief.until("/sites/g1/", f'id="alarm-{garden}"')
            assert f'id="alarm-{other}"' in page
            page = (await of_xihu.open("/sites/g1/")).text
            assert f'id="alarm-{garden}"' in page
            assert f'id="alarm-{other}"' not in page
            assert f'hx-post="/sites/g1/alarm/{garden}/acknowledge"' in page
            for person, path, status in (
                (of_xihu, "/sites/d1~g1/", 200),
                (of_xihu, "/sites/g2/", 404),
                (of_xihu, "/sites/none/", 404),
                (of_g2, "/sites/g2/", 200),
                (of_g2, "/sites/g1/", 404),
                (of_g2, "/sites/g2/operator", 403),
                (of_xihu, "/sites/g1/device/button-2", 404),
            ):
                answer = await person.open(path)
                assert answer.status_code == status, (path, answer.status_code)
            stranger = Person(shown.app, "", "")
            for path in ("/sites/g2/", "/sites/none/"):
                answer = await stranger.open(path)
                assert answer.headers["location"].startswith("/login?next=/sites/"), path
            refused = await of_xihu.form(f"/sites/g1/alarm/{other}/acknowledge")
            assert refused.status_code == 403

    asyncio.run(walk())


def test_what_stays_at_the_site_is_not_offered_here(
    shown: ShownDistrict, district: WrittenDistrict
) -> None:
    alarm = district.event("g1")

    async def walk() -> None:
        chief = shown.person("chief", *(Grant(role) for role in Role))
        async with shown.running():
            page = await chief.until("/sites/g1/", f'id="alarm-{alarm}"')
            assert "on-duty" not in page
            assert "/work-orders" not in page
            assert "never heard" not in page
            page = (await chief.open("/sites/g1/device/button-1")).text
            assert "kept at the site itself" in page
            assert "order-identify" not in page
            for path in ("commissioning", "points", "contacts", "rota", "storeys", "work-orders"):
                assert (await chief.open(f"/sites/g1/{path}")).status_code == 404, path
            # No line stands: it is said, and nothing is done.
            answer = await chief.form(f"/sites/g1/alarm/{alarm}/acknowledge")
            assert answer.status_code == 503
            assert "nothing was sent" in answer.text

    asyncio.run(walk())


def test_a_note_is_kept_and_shown_while_the_site_is_away(
    shown: ShownDistrict, district: WrittenDistrict
) -> None:
    alarm = district.event("g1")

    async def walk() -> None:
        chief = shown.person("chief", *(Grant(role) for role in Role))
        async with shown.running():
            await chief.until("/sites/g1/", f'id="alarm-{alarm}"')
            noted = await chief.form(f"/sites/g1/alarm/{alarm}/note", note="called the warden")
            assert noted.status_code == 503
            assert "noted here" in noted.text
            personal = await chief.form(f"/sites/g1/alarm/{alarm}/note", note="call 13800138000")
            assert personal.status_code == 409
            card = await chief.until(
                f"/sites/g1/operator/alarm/{alarm}", "the site does not have it yet"
            )
            assert "called the warden" in card
            assert "13800138000" not in card

    asyncio.run(walk())


def test_a_new_register_and_a_new_epoch_show_on_open_pages(
    shown: ShownDistrict, district: WrittenDistrict
) -> None:
    alarm = district.event("g2")

    def build() -> None:
        with district.database.transaction() as connection:
            kept = register_of(connection, "g2")
            assert kept is not None
            (place,) = kept.register.places()
            revision = Revision(
                site="g2",
                time_zone="UTC",
                place=[msgspec.structs.replace(place, building="Tower 9")],
                device=[Device(id="button-1", place=place.id)],
            )
            registers.keep(connection, "g2", revision, "another", district.clock.wall_ms())

    async def walk() -> None:
        chief = shown.person("chief", Grant(Role.VIEWER))
        async with shown.running():
            await chief.until("/sites/g2/", f'id="alarm-{alarm}"')
            await asyncio.to_thread(build)
            await chief.until("/sites/g2/place", "Tower 9")
            await asyncio.to_thread(district.silent, "g2", 1)
            await chief.until("/sites/g2/", "THE GATEWAY IS NOT HEARD")

    asyncio.run(walk())


def test_a_site_says_that_a_frozen_database_is_not_read(
    district: WrittenDistrict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "FROZEN_S", 1.0)
    district.site("g1", [GARDEN])
    watch = watching.Watch(district.database)
    watch.watch("g1")
    assert watch.standing("g1") is not None
    with district.database.transaction() as connection:
        every = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        sessions = [row[0] for row in connection.execute(every).fetchall()]
    for pid in sessions:
        os.kill(pid, signal.SIGSTOP)
    try:
        watch.start()
        until(lambda: watch.standing("g1") is None)
    finally:
        for pid in sessions:
            os.kill(pid, signal.SIGCONT)
        until(lambda: watch.standing("g1") is not None)
        watch.close()


def test_a_device_of_a_site_says_in_which_community_it_is(shown: ShownDistrict) -> None:
    async def run() -> None:
        async with shown.running():
            person = shown.person("li", Grant(Role.OPERATOR))
            page = await person.open("/sites/g2/device/button-1")
            assert f"{' / '.join(BRIDGE)}</a>" in page.text

    asyncio.run(run())
