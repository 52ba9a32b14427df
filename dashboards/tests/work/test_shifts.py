"""Shifts: begun, handed over, signed for by another login, and never lost."""

import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callpoint_console.work.shifts import Handed, NotYours, Over, ShiftStore
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import ExerciseBody, LevelBody, Mark, NewEntry, Stage, Type
from callpoint_protocol import names

from ..accounts.office import open_database
from ..console.estate import Estate
from .house import House, Person

DAY_MS = 86_400_000
DEVICE = "button-1-101"


def on_duty(person: Person) -> Person:
    person.post("/shift", do="start")
    return person


def waiting(house: House) -> int:
    (found,) = house.work.state.hand_overs
    return found.number


def test_a_shift_is_begun_once_and_shown_on_every_page(house: House) -> None:
    operator, viewer = house.hire("wang-2", Role.OPERATOR), house.hire("v", Role.VIEWER)
    assert "Nobody is on shift" in operator.get("/operator")
    assert "Nobody is on shift" not in viewer.get("/")
    on_duty(on_duty(operator))
    assert [shift.login for shift in house.work.state.shifts] == ["wang-2"]
    for path in ("/", "/wall", f"/device/{DEVICE}", "/search", "/work-orders", "/strip"):
        assert "On shift: wang-2 since" in viewer.get(path), path
    assert "On shift: wang-2 since" in operator.get("/operator")
    for path in ("/reports/2026-11", "/account"):
        assert 'hx-get="/strip"' in viewer.get(path)


def test_a_desk_on_shift_is_not_logged_out_and_another_is(house: House) -> None:
    on = on_duty(house.hire("on", Role.OPERATOR))
    off = house.hire("off", Role.OPERATOR)
    house.clock.ahead_ms = 3 * DAY_MS
    on.get("/operator")
    off.get("/operator", 303)
    house.work.shifts.end(house.work.state.shifts[0].number, "boss")
    house.clock.ahead_ms = 6 * DAY_MS
    on.get("/operator", 303)


def test_one_hands_over_and_another_signs(house: House, site: Estate) -> None:
    first, second = house.hire("li", Role.OPERATOR), house.hire("zhao", Role.OPERATOR)
    viewer = house.hire("v", Role.VIEWER)
    manager = house.hire("m", Role.MANAGER)
    on_duty(first)
    alarm = site.event(DEVICE, names.ALARM)
    now = house.clock.wall_ms()
    level = LevelBody("幸福小区", 2, "storm", "boss", "cli", now, now + 3_600_000)
    site.store(NewEntry(Type.LEVEL, level))
    viewer.until("/", lambda page: f'data-alarm="{alarm}"' in page and "storm" in page)
    order = manager.post(
        f"/work-orders/new?about=device/{DEVICE}",
        assignee="m",
        due=soon(house),
    ).headers["location"]
    shown = first.get("/shift")
    for text in (f"#alarm-{alarm}", "Open alarms (1)", "Response level II: 幸福小区", order):
        assert text in shown
    first.post("/shift", do="hand-over", note="ladder is out")
    number = waiting(house)
    for path in ("/", "/operator"):
        page = second.get(path)
        assert "li handed over at" in page
        assert f"/shift/hand-over/{number}" in page
    assert "li handed over at" in viewer.get("/")
    assert f"/shift/hand-over/{number}" not in viewer.get("/")
    assert [shift.login for shift in house.work.state.shifts] == ["li"]

    record = second.get(f"/shift/hand-over/{number}")
    for text in (
        "ladder is out",
        f"#alarm-{alarm}",
        "Response level II: 幸福小区",
        order,
        "not yet",
    ):
        assert text in record
    answer = first.post(f"/shift/hand-over/{number}", 409)
    assert "Somebody else signs" in answer.text
    second.post(f"/shift/hand-over/{number}")
    assert [shift.login for shift in house.work.state.shifts] == ["zhao"]
    assert house.work.state.hand_overs == ()
    assert re.search(r"zhao, 20\d\d-", second.get(f"/shift/hand-over/{number}"))
    second.post(f"/shift/hand-over/{number}", 409)
    supervisor = house.hire("boss", Role.SUPERVISOR)
    shifts = supervisor.get("/shifts")
    assert shifts.index('"row">zhao<') < shifts.index('"row">li<')
    assert f"/shift/hand-over/{number}" in shifts


def soon(house: House) -> str:
    return (
        datetime.fromtimestamp(house.clock.wall_ms() / 1000 + 3 * 86_400, UTC).date().isoformat()
    )


def test_a_hand_over_is_taken_back_or_replaced(house: House) -> None:
    first, second = on_duty(house.hire("li", Role.OPERATOR)), house.hire("zhao", Role.OPERATOR)
    first.post("/shift", do="hand-over")
    old = waiting(house)
    first.post("/shift", do="hand-over", note="now with a note")
    assert waiting(house) != old
    second.get(f"/shift/hand-over/{old}", 404)
    first.post("/shift", do="withdraw")
    assert house.work.state.hand_overs == ()
    assert "On shift: li" in first.get("/operator")
    answer = first.post("/shift", 409, do="hand-over", note="call 13812345678")
    assert "telephone" in answer.text
    assert "You are not on shift" in second.post("/shift", 409, do="hand-over").text


def test_who_has_other_places_does_not_take_over(house: House) -> None:
    first = on_duty(house.hire("li", Role.OPERATOR, at="b1/101"))
    other = house.hire("zhao", Role.OPERATOR, at="b2/101")
    whole = house.hire("qian", Role.OPERATOR)
    first.post("/shift", do="hand-over")
    number = waiting(house)
    other.post(f"/shift/hand-over/{number}", 404)
    other.get(f"/shift/hand-over/{number}", 404)
    assert f"/shift/hand-over/{number}" not in other.get("/operator")
    whole.post(f"/shift/hand-over/{number}")


def test_a_supervisor_ends_a_shift_that_nobody_takes_over(house: House) -> None:
    first = on_duty(house.hire("li", Role.OPERATOR))
    first.post("/shift", do="hand-over")
    supervisor = house.hire("boss", Role.SUPERVISOR)
    number = house.work.state.shifts[0].number
    first.post(f"/shifts/{number}/end", 403)
    supervisor.post(f"/shifts/{number}/end")
    supervisor.post(f"/shifts/{number}/end", 409)
    assert house.work.state.shifts == ()
    assert house.work.state.hand_overs == ()
    assert ", by boss" in supervisor.get("/shifts")


def test_the_exercise_that_runs_is_handed_over(house: House, site: Estate) -> None:
    first = on_duty(house.hire("li", Role.OPERATOR))
    body = ExerciseBody(Mark.DRILL, Stage.START, 3600, [], [], "li", "console")
    site.store(NewEntry(Type.EXERCISE, body))
    first.until("/shift", lambda page: "<p>drill</p>" in page)
    alarm = site.event(DEVICE, names.ALARM, mark=Mark.DRILL)
    page = first.until("/shift", lambda page: f"#alarm-{alarm}" in page)
    assert "drill: panic" in page


def test_two_sign_at_once_and_one_has_it(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    shifts = ShiftStore(database, SystemClock())
    shifts.start(1, "li")
    number = shifts.hand_over(1, Handed(areas=("",)), "")
    with pytest.raises(NotYours):
        shifts.sign(number, 1, "li")
    shifts.sign(number, 2, "zhao")
    with pytest.raises(Over):
        shifts.sign(number, 3, "qian")
    with pytest.raises(Over):
        shifts.hand_over(1, Handed(), "")
    assert [shift.login for shift in shifts.running()] == ["zhao"]
    database.close()


RELAY = """
import sys
from pathlib import Path
from dashboards.tests.accounts.office import open_database
from callpoint_console.work.shifts import Handed, ShiftStore
from callpoint_gateway.host.clock import SystemClock
shifts = ShiftStore(open_database(Path(sys.argv[1])), SystemClock())
at = int(sys.argv[2])
if at == 0:
    shifts.start(0, "login-0")
print("on", 0 if at == 0 else at, flush=True)
while True:
    number = shifts.hand_over(at % 7, Handed(areas=("",)), "")
    print("waits", at, flush=True)
    at += 1
    shifts.sign(number, at % 7, f"login-{at % 7}")
    print("on", at, flush=True)
"""


def test_killed_at_any_moment_the_desk_has_somebody_and_no_signature_is_lost(
    tmp_path: Path,
) -> None:
    open_database(tmp_path).close()
    at = 0
    for kill_after in (1, 2, 3, 4, 5, 6, 9, 14):
        with subprocess.Popen(
            [sys.executable, "-c", RELAY, str(tmp_path), str(at)],
            stdout=subprocess.PIPE,
            text=True,
        ) as relay:
            assert relay.stdout is not None
            lines = [relay.stdout.readline() for _ in range(kill_after)]
            relay.send_signal(signal.SIGKILL)
            lines += relay.stdout.readlines()
        told = [line.split() for line in lines if line.endswith("\n") and len(line.split()) == 2]
        last = max(int(number) for what, number in told if what == "on")
        database = open_database(tmp_path)
        shifts = ShiftStore(database, SystemClock())
        (running,) = shifts.running()
        # The one that was told, or the next, whose signature was on disk and not told yet.
        assert running.login in (f"login-{last % 7}", f"login-{(last + 1) % 7}")
        signed = shifts.hand_overs([shift.number for shift in shifts.latest(10_000)])
        assert sum(each.signed_ms is not None for each in signed) >= last
        at = last if running.login == f"login-{last % 7}" else last + 1
        database.close()
    assert at > 10


def test_what_is_unsigned_is_there_after_a_restart(tmp_path: Path, site: Estate) -> None:
    site.hear_all()
    house = House(tmp_path, site)
    with house.open():
        first = on_duty(house.hire("li", Role.OPERATOR))
        first.post("/shift", do="hand-over", note="mind the gate")
    with house.open():
        second = house.hire("zhao", Role.OPERATOR)
        page = second.get("/operator")
        assert "On shift: li" in page
        assert "li handed over" in page
        assert "mind the gate" in second.get(f"/shift/hand-over/{waiting(house)}")
