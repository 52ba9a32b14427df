"""Sites are opened when somebody looks: not too many at once, and closed when nobody does."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.routing import Route
from starlette.types import Message

from callpoint_console.accounts.roles import Grant
from callpoint_console.live import broadcaster
from callpoint_console.security.endpoints import access_of
from callpoint_district.console import open_sites
from callpoint_district.console.overview import Overview
from callpoint_gateway.control.roles import Role

from ..accounts.test_every_endpoint import TABLE, declared
from .shown_district import SOON_S, Person, ShownDistrict
from .written_district import CITY, XIHU, WrittenDistrict


@pytest.fixture
def shown(tmp_path: Path, district: WrittenDistrict) -> Iterator[ShownDistrict]:
    """Return a district with two sites."""
    for name in ("g1", "g2"):
        district.site(name, [(CITY, XIHU, "Beishan", "Garden", "3", "101")])
    found = ShownDistrict(tmp_path / "console", district)
    yield found
    found.close()


@asynccontextmanager
async def streaming(person: Person, path: str) -> AsyncIterator["asyncio.Queue[bytes]"]:
    """Open a stream; yield what comes of it."""
    came: asyncio.Queue[bytes] = asyncio.Queue()
    cookie = f"callpoint-session={person.cookies['callpoint-session']}"
    headers = [(b"host", b"127.0.0.1"), (b"cookie", cookie.encode())]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "scheme": "http",
        "server": ("127.0.0.1", 80),
        "client": ("192.0.2.7", 50_000),
        "root_path": "",
        "headers": headers,
    }

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        if body := message.get("body"):
            await came.put(body)

    task = asyncio.create_task(person.app(scope, receive, send))
    try:
        yield came
    finally:
        task.cancel()
        await asyncio.wait({task})


async def until(came: "asyncio.Queue[bytes]", text: str) -> None:
    """Read a stream until it has brought a text."""
    async with asyncio.timeout(SOON_S):
        while True:
            if text in (await came.get()).decode():
                return


def test_what_happens_at_a_site_comes_to_its_open_pages(
    shown: ShownDistrict, district: WrittenDistrict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_sites, "MOST", 1)
    sites = shown.district.sites

    async def play() -> None:
        chief = shown.person("chief", *(Grant(role) for role in Role))
        async with shown.running():
            async with streaming(chief, "/sites/g1/live/operator") as came:
                await until(came, '"id": "queue"')
                alarm = await asyncio.to_thread(district.event, "g1")
                await until(came, "/sites/g1/device/button-1")
                assert (await chief.open(f"/sites/g1/operator/alarm/{alarm}")).status_code == 200
                # Somebody looks at the only site that may be open.
                refused = await chief.open("/sites/g2/")
                assert refused.status_code == 503
                assert "too many sites" in refused.text
            async with asyncio.timeout(SOON_S):
                while True:
                    if (await chief.open("/sites/g2/")).status_code == 200:
                        break
                    await asyncio.sleep(0.02)
            assert sites.open == {"g2"}
            # The gateway's journal was put back: what the model has read may be forgotten.
            await chief.open("/sites/g1/")
            await chief.until("/sites/g1/", f'id="alarm-{alarm}"')
            await asyncio.to_thread(forget, district)
            async with asyncio.timeout(SOON_S):
                while True:
                    if f'id="alarm-{alarm}"' not in (await chief.open("/sites/g1/")).text:
                        break
                    await asyncio.sleep(0.05)
            monkeypatch.setattr(open_sites, "IDLE_S", 0.0)
            async with asyncio.timeout(SOON_S):
                while True:
                    if not sites.open:
                        break
                    await asyncio.sleep(0.05)

    asyncio.run(play())


def forget(district: WrittenDistrict) -> None:
    """Have a gateway begin an epoch that has none of its entries yet."""
    with district.database.transaction() as connection:
        connection.execute(
            "INSERT INTO epochs (gateway, epoch, number, base, began_ms) "
            "VALUES ('g1', 'ffffffffffffff0', 2, 0, 0)"
        )
        connection.execute(
            "UPDATE gateways SET epoch = 'ffffffffffffff0', position = 0 WHERE gateway = 'g1'"
        )


def test_each_page_of_a_site_needs_the_roles_that_it_needs_at_the_site(
    shown: ShownDistrict,
) -> None:
    async def play() -> None:
        shown.person("chief", Grant(Role.VIEWER))
        async with shown.running():
            accounts, streams = shown.accounts, shown.app.state.streams
            found = await shown.district.sites.enter("g1", accounts, streams)
            assert found is not None
            routes = [route for route in found.app.routes if isinstance(route, Route)]
            assert len(routes) == len(found.app.routes) > 15
            for route in routes:
                access = access_of(route.endpoint)
                assert access is not None, route.path
                assert not access.public, route.path
                assert declared(access) == TABLE[route.path], route.path

    asyncio.run(play())


def test_a_page_of_a_site_has_no_beat_while_the_database_is_not_read(
    shown: ShownDistrict, district: WrittenDistrict, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcaster, "BEAT_S", 0.05)

    async def play() -> None:
        chief = shown.person("chief", *(Grant(role) for role in Role))
        async with shown.running():
            await chief.until("/", "2 of 2 sites heard")
            async with streaming(chief, "/sites/g1/live/operator") as came:
                await until(came, "event: beat")
                monkeypatch.setattr(Overview, "unread", True)
                while not came.empty():
                    came.get_nowait()
                await asyncio.to_thread(district.event, "g1")
                async with asyncio.timeout(SOON_S):
                    while "button-1" not in (chunk := (await came.get()).decode()):
                        assert "event: beat" not in chunk
                monkeypatch.setattr(Overview, "unread", False)
                await until(came, "event: beat")

    asyncio.run(play())
