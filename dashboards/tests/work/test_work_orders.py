"""Work orders: made at a fault, done by its end, open again by its return, seen by their place."""

import csv
import io
import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from callpoint_console.reports.orders import order_figures
from callpoint_console.work.matters import Matter
from callpoint_console.work.orders import RETURN_MS, Move, State, Step, StepRow, WorkOrder, moves
from callpoint_gateway.control.roles import Role
from callpoint_protocol import names

from ..console.estate import ZONE, Estate
from .house import House, Person

DEVICE, PLACE = "button-1-101", "b1/101"
BATTERY = f"trouble/{DEVICE}/1/{names.BATTERY}/0"
NOW_MS = 1_795_000_000_000


def in_days(days: int) -> str:
    return (datetime.now(ZONE) + timedelta(days)).date().isoformat()


def low_battery(site: Estate, device: str = DEVICE, state: int = names.TROUBLE) -> None:
    site.event(device, state, names.BATTERY)


def make(person: Person, about: str, days: int = 3, more: str = "", **fields: str) -> int:
    """Make a work order and return its number."""
    given = {"assignee": "@technician", "due": in_days(days), "note": ""} | fields
    answer = person.post(f"/work-orders/new?about={about}{more}", **given)
    return int(answer.headers["location"].rpartition("/")[2])


def wait_for_fault(person: Person, text: str = "battery") -> None:
    person.until("/", lambda page: text in page.partition('id="faults"')[2])


def order(state: State = State.OPEN, *matters: Matter, changed_ms: int = NOW_MS) -> WorkOrder:
    return WorkOrder(
        number=1,
        assignee="@technician",
        due="2026-11-30",
        note="",
        state=state,
        made_ms=NOW_MS,
        made_by="m",
        changed_ms=changed_ms,
        matters=matters,
    )


HERE_A = Matter(key="missed/a", since_ms=NOW_MS - 1000)
GONE_A = Matter(key="missed/a", gone=True)
DEVICE_A = Matter(key="device/a")


@pytest.mark.parametrize(
    ("given", "present", "step"),
    [
        (order(State.OPEN, HERE_A), (HERE_A,), None),
        (order(State.OPEN, HERE_A), (), Step.RESTORED),
        (order(State.REOPENED, HERE_A), (), Step.RESTORED),
        (order(State.OPEN, HERE_A, Matter(key="missed/b")), (HERE_A,), None),
        (order(State.OPEN, GONE_A), (), None),  # a person opened it again
        (order(State.OPEN, DEVICE_A), (), None),
        (order(State.DONE, HERE_A), (HERE_A,), None),  # done, and the fault lasts still
        (order(State.DONE, GONE_A), (HERE_A,), Step.RETURNED),
        (order(State.DONE, GONE_A), (), None),
        (
            order(State.DONE, HERE_A),
            (Matter(key="missed/a", since_ms=NOW_MS + 1),),
            Step.RETURNED,  # it went and came while no console ran
        ),
        (order(State.DONE, GONE_A, changed_ms=NOW_MS - RETURN_MS - 1), (HERE_A,), None),
    ],
)
def test_what_becomes_of_a_work_order(
    given: WorkOrder, present: tuple[Matter, ...], step: Step | None
) -> None:
    found, _ = moves([given], {matter.key: matter for matter in present}, NOW_MS)
    assert found == ([Move(1, step)] if step else [])


def test_from_a_fault_over_its_end_to_its_return(house: House, site: Estate) -> None:
    manager = house.hire("wang-2", Role.MANAGER)
    low_battery(site)
    wait_for_fault(manager)
    overview = manager.get("/")
    found = re.search(r'href="(/work-orders/new\?about=[^"]*)"', overview)
    assert found
    form = manager.get(found[1].replace("&amp;", "&"))
    assert "battery" in form
    assert "wang-2" in form  # may be given to a person
    number = make(manager, BATTERY, note="behind the door")
    assert f"/work-orders/{number}" in manager.get("/")
    shown = manager.get(f"/work-orders/{number}")
    assert "technicians" in shown
    assert "behind the door" in shown
    assert f"Work order {number}" in manager.get(f"/device/{DEVICE}")
    assert f"Work order {number}" in manager.get("/place?at=幸福小区&at=1")

    low_battery(site, state=names.TROUBLE_RESTORE)
    path = f"/work-orders/{number}"
    manager.until(path, lambda page: "done: the fault is over" in page)
    assert "There is none" in manager.get("/work-orders")
    assert path in manager.get("/work-orders?show=done")
    low_battery(site)
    manager.until(path, lambda page: "the fault came again" in page)
    assert path in manager.get("/work-orders")


def test_a_technician_says_that_it_is_done_and_a_manager_that_it_is_not(
    house: House, site: Estate
) -> None:
    manager = house.hire("m", Role.MANAGER)
    technician = house.hire("t", Role.TECHNICIAN)
    operator = house.hire("o", Role.OPERATOR)
    low_battery(site)
    wait_for_fault(manager)
    number = make(manager, BATTERY)
    path = f"/work-orders/{number}"
    operator.post(f"{path}/change", 403, do="done")
    technician.post("/work-orders/new?about=device/button-1-101", 403)
    assert "It is done" not in operator.get(path)
    technician.post(f"{path}/change", do="done", note="new battery")
    assert "new battery" in manager.get(path)
    assert house.work.state.open == []
    technician.post(f"{path}/change", 403, do="reopen")
    manager.post(f"{path}/change", do="reopen")
    assert [order.state for order in house.work.state.open] == [State.REOPENED]
    # Twice the same changes nothing.
    manager.post(f"{path}/change", do="reopen")
    assert len(house.work.orders.steps(number)) == 3


def test_the_lists(house: House, site: Estate) -> None:
    manager, technician = house.hire("m", Role.MANAGER), house.hire("t", Role.TECHNICIAN)
    first = make(manager, f"device/{DEVICE}", days=1)
    second = make(manager, "device/button-2-101", days=5, assignee="m")

    def listed(person: Person, which: str) -> list[int]:
        page = person.get(f"/work-orders?show={which}")
        return [
            int(each)
            for each in re.findall(r'row"><a class="place" href="/work-orders/(\d+)', page)
        ]

    assert listed(manager, "open") == [first, second]
    assert listed(manager, "mine") == [second]
    assert listed(technician, "mine") == [first]
    assert listed(manager, "overdue") == []
    house.clock.ahead_ms = 2 * 86_400_000
    house.database.write(
        lambda c: c.execute(
            "UPDATE sessions SET used_ms = used_ms + 172800000, made_ms = made_ms + 172800000"
        )
    )
    assert listed(manager, "overdue") == [first]
    assert "overdue" in manager.get(f"/work-orders/{first}")


def test_a_group_is_one_work_order_that_lasts_until_the_last_is_over(
    house: House, site: Estate
) -> None:
    manager = house.hire("m", Role.MANAGER)
    for device in (DEVICE, "button-2-101"):
        low_battery(site, device)
    wait_for_fault(manager, "2 ×")
    number = make(manager, BATTERY, more="&group=1")
    assert len(house.work.state.open[0].matters) == 2
    low_battery(site, state=names.TROUBLE_RESTORE)
    path = f"/work-orders/{number}"
    manager.until(path, lambda page: "(over)" in page)
    assert house.work.state.open
    low_battery(site, "button-2-101", names.TROUBLE_RESTORE)
    manager.until(path, lambda page: "done: the fault is over" in page)


def test_places_keep_apart(house: House, site: Estate) -> None:
    whole = house.hire("whole", Role.MANAGER)
    own, other = (
        house.hire(f"in-{place[1]}", Role.MANAGER, at=place) for place in (PLACE, "b2/101")
    )
    site.fault("centre/police")
    wait_for_fault(whole, "police")
    number, sites = make(own, f"device/{DEVICE}"), make(whole, "fault/centre/police")
    assert f"/work-orders/{number}" in whole.get("/work-orders")
    for path in (f"/work-orders/{number}", f"/work-orders/{sites}"):
        other.get(path, 404)
        other.post(f"{path}/change", 404, do="done")
    assert "There is none" in other.get("/work-orders")
    other.get(f"/work-orders/new?about=device/{DEVICE}", 404)
    own.get("/work-orders/new?about=fault/centre/police", 404)
    form = own.get(f"/work-orders/new?about=device/{DEVICE}")
    assert 'value="whole"' in form
    assert 'value="in-2"' not in form


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"note": "call 13812345678"}, "telephone"),
        ({"assignee": "nobody"}, "Choose who"),
        ({"assignee": "@viewer"}, "Choose who"),
        ({"due": in_days(-1)}, "The last day"),
        ({"due": "soon"}, "The last day"),
        ({"due": in_days(500)}, "The last day"),
    ],
)
def test_what_cannot_be_made_is_said(house: House, fields: dict[str, str], said: str) -> None:
    manager = house.hire("m", Role.MANAGER)
    given = {"assignee": "@technician", "due": in_days(1), "note": "<b>kept</b>"} | fields
    answer = manager.post(f"/work-orders/new?about=device/{DEVICE}", 409, **given)
    assert said in answer.text
    assert "<b>kept" not in answer.text
    assert not house.work.state.orders


def test_an_alarm_has_one_that_a_person_ends(house: House, site: Estate) -> None:
    manager = house.hire("m", Role.MANAGER)
    alarm = site.event(DEVICE, names.ALARM)
    manager.until("/", lambda page: f"/work-orders/new?about=alarm/{alarm}" in page)
    number = make(manager, f"alarm/{alarm}")
    site.event(DEVICE, names.RESTORE)
    low_battery(site)
    wait_for_fault(manager)
    assert f"alarm {alarm}: panic" in manager.get(f"/work-orders/{number}")
    assert house.work.state.open


def test_what_no_longer_is_has_no_form(house: House) -> None:
    manager = house.hire("m", Role.MANAGER)
    for about in (
        "",
        "alarm/99999",
        "missed/none",
        "device/none",
        "place/none",
        "fault/",
        BATTERY,
    ):
        manager.get(f"/work-orders/new?about={about}", 404)


def test_a_fault_that_ended_while_no_console_ran(tmp_path: Path, site: Estate) -> None:
    site.hear_all()
    low_battery(site)
    house = House(tmp_path, site)
    with house.open():
        manager = house.hire("m", Role.MANAGER)
        wait_for_fault(manager)
        number = make(manager, BATTERY)
    low_battery(site, state=names.TROUBLE_RESTORE)
    with house.open():
        again = house.hire("again", Role.MANAGER)
        again.until(f"/work-orders/{number}", lambda page: "done: the fault is over" in page)


def test_the_monthly_report_counts_them(house: House, site: Estate) -> None:
    manager = house.hire("m", Role.MANAGER)
    other = house.hire("other", Role.MANAGER, at="b2/101")
    late = make(manager, f"device/{DEVICE}", days=1)
    done = make(manager, "device/button-3-101")
    manager.post(f"/work-orders/{done}/change", do="done")
    month = datetime.now(ZONE).strftime("%Y-%m")
    page = manager.get(f"/reports/{month}")
    table = page.partition('id="orders"')[2].partition("<h2>")[0]
    assert re.findall(r"<dd>(\d+)</dd>", table) == ["2", "1", "1", "0"]
    assert f"/work-orders/{late}" in table
    assert "technicians" in table
    rows = csv.DictReader(io.StringIO(manager.get(f"/reports/{month}.csv")))
    (row,) = [row for row in rows if row["by"] == "work orders"]
    assert (row["orders_made"], row["orders_done"], row["orders_open"]) == ("2", "1", "1")
    whole = json.loads(manager.get(f"/reports/{month}.json"))["work_orders"]
    assert [order["number"] for order in whole["open"]] == [late]
    assert json.loads(other.get(f"/reports/{month}.json"))["work_orders"]["made"] == 0


def test_figures_of_a_month_that_is_over() -> None:
    day = 86_400_000
    orders = [order(State.DONE, DEVICE_A)]
    steps = [
        StepRow(1, NOW_MS, Step.MADE, "m", ""),
        StepRow(1, NOW_MS + 40 * day, Step.DONE, "t", ""),
    ]

    def figures(from_day: int, until_day: int) -> tuple[int, int, int, int]:
        found = order_figures(
            orders, steps, ZONE, NOW_MS + from_day * day, NOW_MS + until_day * day, lambda _: True
        )
        return found.made, found.done, len(found.open), found.overdue

    assert figures(-1, 1) == (1, 0, 1, 0)
    assert figures(1, 30) == (0, 0, 1, 1)
    assert figures(30, 60) == (0, 1, 0, 0)
    assert figures(-60, -1) == (0, 0, 0, 0)
