"""Snoozed faults: hidden until a day or their return, always counted, and never an alarm."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from callpoint_console.work.matters import Matter
from callpoint_console.work.snoozes import Snooze, ended
from callpoint_gateway.control.roles import Role
from callpoint_protocol import names

from ..console.estate import ZONE, Estate
from .house import House, Person

DEVICE = "button-1-101"
BATTERY = f"trouble/{DEVICE}/1/{names.BATTERY}/0"
DAY_MS = 86_400_000


def on(days: int) -> str:
    return (datetime.now(ZONE) + timedelta(days)).date().isoformat()


def listed(page: str) -> str:
    """Return the faults that are shown as such."""
    return page.partition('id="faults"')[2].partition("</section>")[0].partition('id="snoozed"')[0]


def hidden(page: str) -> str:
    return page.partition('id="snoozed"')[2].partition("</details>")[0]


@pytest.fixture
def manager(house: House, site: Estate) -> Person:
    """Return a manager who sees a device with a low battery."""
    found = house.hire("wang-2", Role.MANAGER)
    site.event(DEVICE, names.TROUBLE, names.BATTERY)
    found.until("/", lambda page: "battery" in listed(page))
    return found


@pytest.mark.parametrize(
    ("present", "now_ms", "over"),
    [
        ([Matter(key="missed/a", since_ms=5)], 50, False),
        ([Matter(key="missed/a")], 50, False),
        ([Matter(key="missed/a", since_ms=5)], 100, True),
        ([], 50, True),
        ([Matter(key="missed/a", since_ms=11)], 50, True),
    ],
)
def test_when_a_snooze_is_over(present: list[Matter], now_ms: int, over: bool) -> None:
    snooze = Snooze("missed/a", 100, "m", 10)
    found = ended([snooze], {matter.key: matter for matter in present}, now_ms)
    assert found == ([snooze] if over else [])


def test_a_snoozed_fault_is_counted_and_named(manager: Person) -> None:
    manager.post("/snooze", 204, about=BATTERY, until=on(3))
    page = manager.get("/")
    assert "battery" not in listed(page)
    assert "Snoozed 1" in page
    assert f"until {on(3)}, by wang-2" in hidden(page)
    assert "0 faults (1 snoozed)" in page
    assert "All quiet" not in page
    manager.post("/snooze", 204, about=BATTERY)
    assert "battery" in listed(manager.get("/"))


def test_it_is_shown_again_when_the_fault_comes_again(manager: Person, site: Estate) -> None:
    manager.post("/snooze", 204, about=BATTERY, until=on(3))
    site.event(DEVICE, names.TROUBLE_RESTORE, names.BATTERY)
    manager.until("/", lambda page: "Snoozed" not in page)
    site.event(DEVICE, names.TROUBLE, names.BATTERY)
    manager.until("/", lambda page: "battery" in listed(page))


def test_it_is_shown_again_on_its_day(
    manager: Person, house: House, site: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callpoint_console.work.keeper.LOOK_S", 0.05)
    manager.post("/snooze", 204, about=BATTERY, until=on(1))
    house.clock.ahead_ms = 2 * DAY_MS
    site.event("button-3-101", names.TESTED)  # the console looks again
    end = house.hire("later", Role.MANAGER)
    end.until("/", lambda page: "battery" in listed(page))


def test_a_group_is_snoozed_at_once_and_what_joins_it_is_shown(
    manager: Person, site: Estate
) -> None:
    site.event("button-2-101", names.TROUBLE, names.BATTERY)
    manager.until("/", lambda page: "2 ×" in page)
    manager.post("/snooze", 204, about=BATTERY, group="1", until=on(3))
    assert "Snoozed 2" in manager.get("/")
    site.event("button-3-101", names.TROUBLE, names.BATTERY)
    page = manager.until("/", lambda page: "battery" in listed(page))
    assert "button-3-101" in listed(page)
    assert "button-2-101" not in listed(page)


def test_an_alarm_is_never_hidden(manager: Person, site: Estate) -> None:
    manager.post("/snooze", 204, about=BATTERY, until=on(3))
    for kind, zone in ((names.PANIC, 1), (names.TAMPER, 1)):
        alarm = site.event(DEVICE, names.ALARM, kind, zone)
        manager.until("/", lambda page, alarm=alarm: f'data-alarm="{alarm}"' in page)
        manager.post("/snooze", 409, about=f"alarm/{alarm}", until=on(3))
    manager.post("/snooze", 409, about=f"device/{DEVICE}", until=on(3))
    assert manager.get("/").count("data-alarm=") == 2


def test_who_may(house: House, manager: Person, site: Estate) -> None:
    other = house.hire("other", Role.MANAGER, at="b2/101")
    other.post("/snooze", 409, about=BATTERY, until=on(3))
    house.hire("o", Role.OPERATOR).post("/snooze", 403, about=BATTERY, until=on(3))
    looks_only = house.hire("v", Role.VIEWER)
    both = house.hire("both", Role.MANAGER, at="b2/101")
    house.office.accounts.store.regrant("both", house.office.accounts.store.find("v").grants, [])
    both.post("/snooze", 403, about=BATTERY, until=on(3))
    assert "/work-orders/new" not in looks_only.get("/")
    for day in ("soon", on(0), on(-1), on(200), "2026-02-30"):
        manager.post("/snooze", 409, about=BATTERY, until=day)


def test_it_outlives_a_restart(tmp_path: Path, site: Estate) -> None:
    site.hear_all()
    site.event(DEVICE, names.TROUBLE, names.BATTERY)
    house = House(tmp_path, site)
    with house.open():
        manager = house.hire("m", Role.MANAGER)
        manager.until("/", lambda page: "battery" in page)
        manager.post("/snooze", 204, about=BATTERY, until=on(3))
    with house.open():
        assert "Snoozed 1" in house.hire("again", Role.MANAGER).get("/")
