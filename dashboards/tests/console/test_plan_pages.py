"""The pages of plans, as a browser gets them: who may change one, and what was typed wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from callpoint_console.app import build_app
from callpoint_console.database import Database, file_in
from callpoint_console.plan_book import PlanKey
from callpoint_console.schema import SUBJECTS
from callpoint_console.stores import Stores, stores_of
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.upstream.given_plans import FILE, GivenPlansFile
from callpoint_protocol import names

from ..accounts.office import ManualClock
from .estate import Estate

KEY = PlanKey(names.PANIC, Profile.ESTATE)
PANIC = "/plans/panic/estate"
ROW = {"order": "1", "id": "call", "action": "", "en": "Call <b>them</b>", "zh": "致电<b>住户</b>"}


@pytest.fixture
def stores(site: Estate, tmp_path: Path) -> Iterator[Stores]:
    database = Database(file_in(tmp_path), SUBJECTS)
    yield stores_of(database, site.register, ManualClock(), ConsoleSettings(public_pages=True))
    database.close()


@pytest.fixture
def client(site: Estate, stores: Stores) -> Iterator[TestClient]:
    app = build_app(site.console(stores))
    with TestClient(app, headers={"Accept-Language": "en"}) as found:
        yield found


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Action plans", "as shipped", "kindergarten")),
        ("zh", ("处置预案", "出厂预案", "幼儿园")),
    ],
)
def test_the_list_in_both_languages(
    client: TestClient, language: str, words: tuple[str, ...]
) -> None:
    shown = client.get("/plans", headers={"Accept-Language": language})
    assert shown.status_code == 200
    assert all(word in shown.text for word in words)


def test_a_plan_is_changed_compared_and_put_back(client: TestClient, stores: Stores) -> None:
    second = {"order": "0.5", "id": "", "action": "dispatch", "en": "Send", "zh": "派人"}
    typed = {name: [ROW[name], second[name], ""] for name in ROW} | {"after": ["0"]}
    saved = client.post(f"{PANIC}/edit", data=typed)
    assert saved.url.path == PANIC
    assert "Version 1" in saved.text
    assert "Call &lt;b&gt;them&lt;/b&gt;" in saved.text
    assert "<b>them" not in saved.text
    assert "<del>Send the patrol now. Make no call first." in saved.text
    (newest, _) = stores.plans.versions(KEY)
    assert [step.id for step in newest.plan.step] == ["step_1", "call"], "in order of the numbers"
    back = client.post(f"{PANIC}/back", data={"to": "0", "after": "1"})
    assert "Version 2" in back.text
    assert stores.plans.versions(KEY)[0].plan.step[0].id == "dispatch"


def test_what_was_typed_wrong_is_said_and_still_there(client: TestClient, stores: Stores) -> None:
    refused = client.post(f"{PANIC}/edit", data=ROW | {"zh": "", "after": "0"})
    assert refused.status_code == 409
    assert "Step 1: the Chinese text is missing." in refused.text
    assert 'value="Call &lt;b&gt;them&lt;/b&gt;"' in refused.text
    wrong = client.post(f"{PANIC}/edit", data=ROW | {"action": "close", "after": "0"})
    assert "the desk records no such action" in wrong.text
    late = client.post(f"{PANIC}/edit", data=ROW | {"after": "7"})
    assert late.status_code == 409
    assert "Somebody has written another version" in late.text
    odd = client.post(f"{PANIC}/edit", data=ROW | {"order": "nan", "after": "²"})
    assert odd.status_code == 409
    assert len(stores.plans.versions(KEY)) == 1


@pytest.mark.parametrize("path", ["/plans/battery/estate", "/plans/panic/castle", "/plans/x/y"])
def test_what_is_no_plan_is_said_so(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.post(f"{path}/edit", data=ROW | {"after": "0"}).status_code == 404
    assert client.post(f"{path}/back", data={"to": "0", "after": "0"}).status_code == 404


def test_there_is_no_way_back_to_what_never_was(client: TestClient) -> None:
    for to in ("9", "-1", "²", "9" * 40):
        answer = client.post(f"{PANIC}/back", data={"to": to, "after": "0"})
        assert answer.status_code == 404, to


def test_a_site_without_a_plan_says_so_on_the_page(client: TestClient) -> None:
    client.post("/plans/smoke/estate/edit", data={"after": "0"})
    shown = client.get("/plans").text
    assert "there is no plan: smoke, housing estate" in shown
    assert "NO PLAN" in shown


def test_a_plan_of_the_district_is_shown_as_such(
    client: TestClient, stores: Stores, tmp_path: Path
) -> None:
    assert "Given by the district" not in client.get(PANIC).text
    step = PlanStep("call", "Call the <street>", "致电街道")
    GivenPlansFile(tmp_path / FILE, ManualClock()).give(
        ("幸福小区",), names.PANIC, None, [step], "op-7", "district"
    )
    shown = client.get(PANIC).text
    assert "Given by the district" in shown
    assert "Call the &lt;street&gt;" in shown
    assert "op-7" in shown
    assert "goes before" in shown
    assert "given by the district" in client.get("/plans").text
    chinese = client.get(PANIC, headers={"Accept-Language": "zh"}).text
    assert "区级平台下发" in chinese
