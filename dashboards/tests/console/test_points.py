"""The public pages of alarm points: what strangers learn from them, and what they do not."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from callpoint_console.accounts.assembly import accounts_of
from callpoint_console.alarm_points import allowance
from callpoint_console.alarm_points.allowance import EACH, Allowance
from callpoint_console.alarm_points.codes import ALPHABET, LENGTH, PointCodes
from callpoint_console.app import build_app
from callpoint_console.console import Console
from callpoint_console.database import Database, file_in
from callpoint_console.schema import SUBJECTS
from callpoint_console.stores import Stores, stores_of
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import Mark
from callpoint_protocol import names

from ..accounts.office import CONFIG, ManualClock
from ..waiting import page_until, until
from .estate import Estate, register

PLACE, DEVICE = "b1/101", "button-1-101"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(file_in(tmp_path), SUBJECTS)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def stores(site: Estate, database: Database, clock: ManualClock) -> Stores:
    return stores_of(database, site.register, clock, ConsoleSettings(public_pages=True))


@pytest.fixture
def console(site: Estate, stores: Stores) -> Console:
    return site.console(stores)


@pytest.fixture
def client(site: Estate, stores: Stores, console: Console) -> Iterator[TestClient]:
    accounts = accounts_of(stores.database, CONFIG, site.register, SystemClock())
    app = build_app(console, accounts)
    with TestClient(app, base_url="http://127.0.0.1") as found:
        yield found
    accounts.sign_in.close()


def path(stores: Stores, place: str = PLACE) -> str:
    return f"/p/{stores.codes.all()[place]}"


def wait(client: TestClient, stores: Stores, clock: ManualClock, text: str) -> str:
    def look() -> str:
        clock.advance(60)  # so that no look is one too many
        return client.get(path(stores)).text

    return page_until(look, lambda shown: text in shown)


def test_a_code_belongs_to_its_place_for_good(database: Database, clock: ManualClock) -> None:
    known = register(2)
    codes = PointCodes(database, known, clock).all()
    assert set(codes) == {place.id for place in known.sensed_places()}
    assert len(set(codes.values())) == len(codes)
    assert all(re.fullmatch(f"[{ALPHABET}]{{{LENGTH}}}", code) for code in codes.values())
    more = PointCodes(database, register(3), clock)
    assert more.all().items() > codes.items()
    fewer = PointCodes(database, register(1), clock)
    assert fewer.place_of(codes["b2/101"]) is None, "a place that is gone has no page"
    assert PointCodes(database, known, clock).all() == codes


def test_a_resident_sees_in_both_languages_that_the_point_works(
    site: Estate, client: TestClient, stores: Stores, clock: ManualClock
) -> None:
    site.hear_all()
    shown = wait(client, stores, clock, "Last tested: 20")
    for text in ("本报警点工作正常。", "This alarm point works.", "幸福小区 / 1 / 101", "110"):
        assert text in shown
    assert "最近测试：20" in shown


def test_it_says_since_when_the_point_is_mended(
    site: Estate, client: TestClient, stores: Stores, clock: ManualClock
) -> None:
    site.hear_all()
    site.event(DEVICE, names.TROUBLE, names.BATTERY)
    wait(client, stores, clock, "This alarm point works.")
    site.event(DEVICE, names.TROUBLE, names.SUPERVISION)
    shown = wait(client, stores, clock, "This alarm point is being mended.")
    assert re.search(r"Since 20\d\d-\d\d-\d\d \d\d:\d\d\.", shown)
    assert "Do not rely on this button now" in shown
    assert "Press the button" not in shown
    assert "This alarm point works." not in shown
    assert "This alarm point works." in client.get(path(stores, "b2/101")).text


def test_without_a_gateway_no_point_works(
    site: Estate, client: TestClient, stores: Stores, clock: ManualClock
) -> None:
    site.hear_all()
    wait(client, stores, clock, "This alarm point works.")
    site.stop_gateway()
    wait(client, stores, clock, "out of service")


def test_no_alarm_no_device_and_no_person_shows(
    site: Estate, client: TestClient, console: Console, stores: Stores, clock: ManualClock
) -> None:
    site.hear_all()
    before = wait(client, stores, clock, "This alarm point works.")
    site.event(DEVICE)
    site.event(DEVICE, kind=names.SMOKE, zone=2, mark=Mark.DRILL)

    def read() -> bool:
        snapshot = console.broadcaster.snapshot
        return snapshot is not None and len(snapshot.situation.alarms) == 2

    until(read)
    assert client.get(path(stores)).text == before
    for word in (DEVICE, "alarm 1", "wang", "csrf", "panic"):
        assert word not in before


def test_it_needs_no_cookie_and_sets_none_and_no_index_has_it(
    client: TestClient, stores: Stores, clock: ManualClock
) -> None:
    wait(client, stores, clock, "This alarm point is being mended.")
    clock.advance(60)
    answer = client.get(path(stores))
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "public, max-age=15"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex, nofollow">' in answer.text
    assert "vary" not in answer.headers
    other = client.get(path(stores), headers={"Accept-Language": "en", "Cookie": "language=en"})
    assert other.text == answer.text
    assert client.post(path(stores)).status_code in (403, 405)


def test_what_is_no_code_learns_nothing(site: Estate, client: TestClient, stores: Stores) -> None:
    unknown = client.get("/p/" + "z" * LENGTH)
    assert unknown.status_code == 404
    assert "There is no such page." in unknown.text
    assert "没有此页面。" in unknown.text
    assert "In an emergency press the button, or call 110" in unknown.text
    assert "紧急情况下请按下按钮，或拨打 110" in unknown.text
    off = stores._replace(settings=ConsoleSettings())
    with TestClient(build_app(site.console(off)), base_url="http://127.0.0.1") as closed:
        hidden = closed.get(path(stores))
        never = closed.get("/p/x")
    # But for the way back after signing in, which is the address that was asked for.
    own = unknown.text.replace("z" * LENGTH, path(stores).removeprefix("/p/"))
    assert (hidden.status_code, hidden.text) == (404, own)
    assert (never.status_code, never.text) == (404, unknown.text.replace("z" * LENGTH, "x"))


def test_an_address_that_asks_too_often_is_told_so(
    client: TestClient, stores: Stores, clock: ManualClock
) -> None:
    answers = [client.get(path(stores)).status_code for _ in range(EACH + 1)]
    assert answers == [200] * EACH + [429]
    refused = client.get("/p/unknown")
    assert refused.status_code == 429
    assert "Too many requests from this address" in refused.text
    assert "请求过多" in refused.text
    clock.advance(int(refused.headers["retry-after"]))
    assert client.get(path(stores)).status_code == 200


def test_addresses_do_not_take_each_others_allowance(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = Allowance(clock)
    for _ in range(EACH):
        assert limit.wait_s("192.0.2.1") == 0
    assert limit.wait_s("192.0.2.1") > 0
    assert limit.wait_s("192.0.2.2") == 0
    for _ in range(EACH):
        limit.wait_s("2001:db8::1")
    assert limit.wait_s("2001:db8::2") > 0, "a network of IPv6 is one household"
    monkeypatch.setattr(allowance, "_MOST_KEPT", 3)
    for number in range(10):
        limit.wait_s(f"198.51.100.{number}")
    assert limit.wait_s("192.0.2.1") == 0, "what is kept is bounded"


def test_the_addresses_are_listed_for_labels(site: Estate, stores: Stores) -> None:
    with TestClient(build_app(site.console(stores)), base_url="http://127.0.0.1") as client:
        shown = client.get("/points", headers={"Accept-Language": "en"})
        address = f"{stores.settings.url}{path(stores)}"
        assert address in shown.text
        table = client.get("/points.csv").text
        assert f"{PLACE},幸福小区 / 1 / 101,{address}" in table
        assert len(table.strip().splitlines()) == 1 + len(stores.codes.all())
        assert "set public_url in [console]" in shown.text
    there = ConsoleSettings(public_url="https://desk.example", proxies=["127.0.0.1"])
    with TestClient(
        build_app(site.console(stores._replace(settings=there))), base_url="http://127.0.0.1"
    ) as client:
        shown = client.get("/points", headers={"Accept-Language": "en"})
        assert "set public_url" not in shown.text
        assert f"https://desk.example{path(stores)}" in shown.text
    off = stores._replace(settings=ConsoleSettings())
    with TestClient(build_app(site.console(off)), base_url="http://127.0.0.1") as client:
        shown = client.get("/points", headers={"Accept-Language": "zh"})
        assert "public_pages = true" in shown.text
        assert 'href="/p/' not in shown.text
