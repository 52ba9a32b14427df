"""Storey plans on the pages: uploading one, placing devices, and where they are shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from callpoint_console.app import build_app
from callpoint_console.console import Console
from callpoint_console.database import Database, file_in
from callpoint_console.pages.storeys import PLANNERS, may_change, sees
from callpoint_console.schema import SUBJECTS
from callpoint_console.stores import Stores, stores_of
from callpoint_console.storeys.picture import MOST_BYTES
from callpoint_console.storeys.store import StoreyStore
from callpoint_console.visitor import Scope, Visitor
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.control.roles import Role
from callpoint_gateway.journal.entries import Action
from callpoint_protocol import names

from ..accounts.office import ManualClock
from ..waiting import page_until
from .estate import Estate
from .test_pictures_are_harmless import RECT, drawing, picture

BUILDING = ("幸福小区", "1")
AT = {"at": list(BUILDING)}
PAGE = "/place?at=幸福小区&at=1"
DEVICE = "button-1-101"


@pytest.fixture
def stores(site: Estate, tmp_path: Path) -> Iterator[Stores]:
    database = Database(file_in(tmp_path), SUBJECTS)
    yield stores_of(database, site.register, ManualClock(), ConsoleSettings())
    database.close()


@pytest.fixture
def console(site: Estate, stores: Stores) -> Console:
    return site.console(stores)


@pytest.fixture
def client(console: Console) -> Iterator[TestClient]:
    with TestClient(build_app(console), headers={"Accept-Language": "en"}) as found:
        wait(found, "Devices", PAGE)
        yield found


def wait(client: TestClient, text: str, path: str) -> str:
    return page_until(lambda: client.get(path).text, lambda shown: text in shown)


def upload(client: TestClient, content: bytes, name: str = "3F") -> int:
    sent = client.post("/storeys", data=AT | {"name": name}, files={"plan": ("p.svg", content)})
    assert sent.status_code == 200, sent.text
    return int(sent.url.path.rpartition("/")[2])


def test_a_plan_is_uploaded_and_devices_are_placed(client: TestClient, stores: Stores) -> None:
    number = upload(client, drawing("<script>alert(1)</script>" + RECT))
    placed = client.post(f"/storey/{number}/place", data={"device": DEVICE, "x": "25", "y": "40"})
    assert placed.status_code == 200
    assert stores.storeys.positions[DEVICE] == (number, 0.25, 0.4)
    shown = client.get(PAGE).text
    assert f'src="/storey/{number}/image?v=' in shown
    assert f'x="25.00%" y="40.00%" overflow="visible" data-marker="{DEVICE}"' in shown
    assert f'aria-label="{DEVICE}: never heard"' in shown or f'aria-label="{DEVICE}: ' in shown
    assert f'href="/device/{DEVICE}"' in shown, "the same content stands in a table"
    table = client.get(f"/storey/{number}").text
    assert "25.0 %, 40.0 %" in table
    again = StoreyStore(stores.database, ManualClock())
    assert again.positions == stores.storeys.positions
    assert again.of(BUILDING) == stores.storeys.of(BUILDING)
    client.post(f"/storey/{number}/take-off", data={"device": DEVICE})
    assert stores.storeys.positions == {}


def test_the_picture_has_headers_of_its_own(client: TestClient) -> None:
    number = upload(client, drawing("<script>alert(1)</script>" + RECT))
    answer = client.get(f"/storey/{number}/image")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "script" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert answer.headers["cache-control"].startswith("private")
    png_number = upload(client, picture(), "4F")
    assert client.get(f"/storey/{png_number}/image").headers["content-type"] == "image/png"


def test_a_new_picture_of_the_same_storey_keeps_the_devices(
    client: TestClient, stores: Stores
) -> None:
    number = upload(client, drawing(RECT))
    client.post(f"/storey/{number}/place", data={"device": DEVICE, "x": "25", "y": "40"})
    before = stores.storeys.storey(number)
    assert upload(client, drawing(RECT * 2)) == number
    after = stores.storeys.storey(number)
    assert before is not None
    assert after is not None
    assert before.image != after.image
    assert DEVICE in stores.storeys.positions
    client.post(f"/storey/{number}/delete")
    assert stores.storeys.positions == {}
    assert client.get(f"/storey/{number}").status_code == 404
    assert client.get(f"/storey/{number}/image").status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("", drawing(RECT), "1 to 32 signs"),
        ("x" * 33, drawing(RECT), "1 to 32 signs"),
        ("a\nb", drawing(RECT), "1 to 32 signs"),
        ("3F", b"", "Choose a file"),
        ("3F", b"<html/>", "neither an SVG nor a PNG"),
        ("3F", b"<!DOCTYPE x>" + drawing(RECT), "DTD or entities"),
        ("3F", drawing(RECT) + b" " * MOST_BYTES, "too large"),
    ],
)
def test_what_cannot_be_used_is_said_so(
    client: TestClient, stores: Stores, name: str, content: bytes, said: str
) -> None:
    answer = client.post("/storeys", data=AT | {"name": name}, files={"plan": ("p", content)})
    assert answer.status_code == 409
    assert said in answer.text
    assert stores.storeys.of(BUILDING) == []


def test_an_upload_beyond_all_bounds_is_not_even_read(client: TestClient) -> None:
    answer = client.post("/storeys", data=AT, files={"plan": ("p", b" " * (2 * MOST_BYTES))})
    assert answer.status_code == 413


def test_a_name_is_text_and_nothing_else(client: TestClient) -> None:
    number = upload(client, drawing(RECT), "<img src=x onerror=1>")
    for path in (PAGE, f"/storey/{number}", "/storeys?at=幸福小区&at=1"):
        shown = client.get(path).text
        assert "&lt;img src=x onerror=1&gt;" in shown
        assert "<img src=x" not in shown


@pytest.mark.parametrize(
    ("device", "x", "y", "said"),
    [
        ("button-2-101", "1", "1", "no such device"),
        ("<b>", "1", "1", "no such device"),
        (DEVICE, "101", "1", "from 0 to 100"),
        (DEVICE, "nan", "1", "from 0 to 100"),
        (DEVICE, "1", "", "from 0 to 100"),
    ],
)
def test_a_wrong_place_is_refused(
    client: TestClient, stores: Stores, device: str, x: str, y: str, said: str
) -> None:
    number = upload(client, drawing(RECT))
    answer = client.post(f"/storey/{number}/place", data={"device": device, "x": x, "y": y})
    assert answer.status_code == 409
    assert said in answer.text
    assert stores.storeys.positions == {}


def test_a_building_that_is_none_has_no_plans(client: TestClient) -> None:
    for parts in ([], ["幸福小区"], ["幸福小区", "9"], ["幸福小区", "1", "101"]):
        answer = client.post(
            "/storeys", data={"at": parts, "name": "3F"}, files={"plan": ("p", drawing(RECT))}
        )
        assert answer.status_code == 404, parts
    for what in ("place", "take-off", "delete"):
        assert client.post(f"/storey/9/{what}").status_code == 404


def test_the_alarms_card_shows_the_part_around_it(
    site: Estate, client: TestClient, stores: Stores
) -> None:
    number = upload(client, drawing(RECT))
    client.post(f"/storey/{number}/place", data={"device": DEVICE, "x": "100", "y": "0"})
    alarm = site.event(DEVICE)
    site.act(alarm, Action.ACKNOWLEDGE)
    shown = wait(client, "storey-part", f"/operator/alarm/{alarm}")
    assert 'viewBox="500.0 0.0 500.0 300.0"' in shown
    assert f"Part of storey 3F around {DEVICE}" in shown
    assert 'class="level level-1"' in shown
    elsewhere = site.event("button-1-102", kind=names.TAMPER)
    assert "storey-part" not in wait(client, "button-1-102", f"/operator/alarm/{elsewhere}")
    device = client.get(f"/device/{DEVICE}").text
    assert 'viewBox="500.0 0.0 500.0 300.0"' in device
    assert "storey-part" not in client.get("/device/button-1-102").text
    flat = client.get("/place?at=幸福小区&at=1&at=101").text
    assert "storey-part" in flat
    assert f"/storey/{number}/image" in flat
    assert f"/storey/{number}/image" not in client.get("/place?at=幸福小区&at=1&at=102").text


def test_only_who_has_the_whole_building_changes_its_plans(console: Console) -> None:
    def request(*grants: tuple[Role, str]) -> Request:
        app = build_app(console)
        visitor = Visitor("lin", Scope(frozenset(grants)))
        return Request({"type": "http", "app": app, "state": {"visitor": visitor}})

    assert may_change(request((Role.MANAGER, "")), BUILDING)
    assert may_change(request((Role.MANAGER, "幸福小区 / 1")), BUILDING)
    assert not may_change(request((Role.MANAGER, "b1/101")), BUILDING)
    assert not may_change(request((Role.MANAGER, "幸福小区 / 2")), BUILDING)
    assert not may_change(request((Role.SUPERVISOR, "")), BUILDING)
    assert sees(request((Role.MANAGER, "b1/101")), BUILDING)
    assert not sees(request((Role.MANAGER, "b2/101")), BUILDING)
    assert {Role.MANAGER, Role.ADMIN} == PLANNERS
