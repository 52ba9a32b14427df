"""The figures of a month and of the last weeks, from a journal on disk."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callpoint_console.reports.export import as_csv, as_json
from callpoint_console.reports.month import (
    MonthReport,
    drills,
    month_bounds,
    month_report,
    month_since,
)
from callpoint_console.reports.trend import trend
from callpoint_gateway.alarms.report_summary import Course
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    Body,
    Cause,
    EventBody,
    ExerciseBody,
    FaultBody,
    Mark,
    NewEntry,
    Quality,
    Stage,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY_MS = 86_400_000
REGISTER = Register(
    [
        Place(id="flat-1", community="Garden", building="3", room="301"),
        Place(id="flat-2", community="Garden", building="3", room="302"),
        Place(id="kiosk", community="Garden", building="=cmd"),
    ],
    [
        Device(id="a", place="flat-1", zone=[Zone(zone=1, kind="panic")]),
        Device(id="b", place="flat-2", zone=[Zone(zone=1, kind="smoke")]),
        Device(id="c", place="kiosk", zone=[Zone(zone=1, kind="panic")]),
    ],
)


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() * 1000)


class SetClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_ms = at("2026-10-01T00:00")

    def wall_ms(self) -> int:
        return self.now_ms

    def monotonic_ms(self) -> int:
        return self.now_ms

    def boot_id(self) -> str:
        return "boot"


class Story:
    """A journal to which things happen at given times."""

    def __init__(self, folder: Path) -> None:
        self.clock = SetClock()
        self.alarms = Journal(folder / "alarms.db", self.clock, chained=True)

    def tell(
        self, when: str, body: Body, device: str | None = None, about: int | None = None
    ) -> int:
        self.clock.now_ms = at(when)
        kind = {
            EventBody: Type.EVENT,
            ActionBody: Type.ACTION,
            ExerciseBody: Type.EXERCISE,
            FaultBody: Type.FAULT,
        }[type(body)]

        async def store() -> int:
            (stored,) = await self.alarms.store([NewEntry(kind, body, device, about=about)])
            return stored.position

        return asyncio.run(store())

    def event(self, when: str, device: str, kind: int, state: int, mark: Mark = Mark.REAL) -> int:
        place = REGISTER.place_of(device, 1)
        body = EventBody(
            "estate",
            kind,
            state,
            1,
            0,
            1,
            0,
            at(when),
            Quality.AGE,
            place=place.id if place else "",
            mark=mark,
        )
        return self.tell(when, body, device)

    def handled(self, alarm: int, acknowledged: str, closed: str, cause: Cause) -> None:
        self.tell(acknowledged, ActionBody(Action.ACKNOWLEDGE, "desk-2", "cli"), about=alarm)
        self.tell(closed, ActionBody(Action.CLOSE, "desk-2", "cli", cause), about=alarm)

    def report(self, month: str, now: str, shows: frozenset[str] | None = None) -> MonthReport:
        with self.alarms.reader() as reader:
            return month_report(
                reader,
                REGISTER,
                AlarmSettings(),
                SHANGHAI,
                month,
                at(now),
                lambda place: shows is None or place in shows,
            )


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    found = Story(tmp_path)
    yield found
    found.alarms.close()


def november(story: Story) -> None:
    # One minute before and one after the month begins by the site's clock.
    before = story.event("2026-10-31T23:59", "a", names.PANIC, names.ALARM)
    story.handled(before, "2026-10-31T23:59:20", "2026-10-31T23:59:30", Cause.REAL)
    first = story.event("2026-11-01T00:01", "a", names.PANIC, names.ALARM)
    story.handled(first, "2026-11-01T00:01:20", "2026-11-01T00:05", Cause.FALSE)
    second = story.event("2026-11-02T08:00", "a", names.PANIC, names.ALARM)
    story.handled(second, "2026-11-02T08:01", "2026-11-02T08:05", Cause.FALSE)
    story.event("2026-11-03T12:00", "b", names.SMOKE, names.ALARM)
    story.event("2026-11-10T00:00", "b", names.SUPERVISION, names.TROUBLE)
    story.event("2026-11-13T00:00", "b", names.SUPERVISION, names.TROUBLE_RESTORE)
    drill = ExerciseBody(Mark.DRILL, Stage.START, 3600, [], [], "supervisor", "cli")
    begun = story.tell("2026-11-20T10:00", drill)
    story.event("2026-11-20T10:05", "c", names.PANIC, names.ALARM, Mark.DRILL)
    over = ExerciseBody(Mark.DRILL, Stage.END, 3600, [], [], "supervisor", "cli")
    story.tell("2026-11-20T10:30", over, about=begun)
    story.event("2026-11-21T10:00", "a", names.PANIC, names.ALARM, Mark.TEST)


def test_a_month_begins_and_ends_by_the_sites_clock(story: Story) -> None:
    november(story)
    report = story.report("2026-11", "2026-12-05T00:00")
    assert (report.total.alarms, report.total.open) == (3, 1)
    assert report.total.causes == {"false": 2}
    assert report.total.stages["acknowledged"].met == 0.5  # 20 s and 60 s, within 30 s
    assert story.report("2026-10", "2026-12-05T00:00").total.alarms == 1
    assert month_bounds("2026-12", SHANGHAI) == (at("2026-12-01T00:00"), at("2027-01-01T00:00"))


def test_alarms_stand_at_their_building_and_place(story: Story) -> None:
    november(story)
    report = story.report("2026-11", "2026-12-05T00:00")
    assert [(group.name, group.summary.alarms) for group in report.buildings] == [
        ("Garden / 3", 3)
    ]
    assert [(group.name, group.summary.alarms) for group in report.places] == [
        ("Garden / 3 / 301", 2),
        ("Garden / 3 / 302", 1),
    ]
    (row,) = report.false_alarms
    assert (row.place, row.kind, row.cause, row.count) == ("Garden / 3 / 301", "panic", "false", 2)


def test_the_uptime_counts_the_silence_within_the_month(story: Story) -> None:
    november(story)
    story.event("2026-11-29T00:00", "a", names.SUPERVISION, names.TROUBLE)
    report = story.report("2026-11", "2026-12-05T00:00")
    assert [(row.device, row.silent_ms // DAY_MS) for row in report.uptime] == [
        ("b", 3),
        ("a", 2),
        ("c", 0),
    ]
    assert report.uptime[0].share == pytest.approx(0.9)
    assert story.report("2026-10", "2026-12-05T00:00").uptime[0].share == 1


def test_building_3_comes_before_building_10(story: Story) -> None:
    flats = [
        Place(id=f"flat-{building}", community="Garden", building=building)
        for building in ("10", "3", "21")
    ]
    devices = [
        Device(id=f"a-{place.building}", place=place.id, zone=[Zone(zone=1, kind="panic")])
        for place in flats
    ]
    for place in flats:
        when = at("2026-11-05T10:00")
        flags = (names.PANIC, names.ALARM, 1, 0, 1, 0, when, Quality.AGE, place.id)
        body = EventBody("estate", *flags)
        alarm = story.tell("2026-11-05T10:00", body, f"a-{place.building}")
        story.handled(alarm, "2026-11-05T10:01", "2026-11-05T10:05", Cause.FALSE)
    with story.alarms.reader() as reader:
        report = month_report(
            reader,
            Register(flats, devices),
            AlarmSettings(),
            SHANGHAI,
            "2026-11",
            at("2026-12-05T00:00"),
            lambda _: True,
        )
    order = ["Garden / 3", "Garden / 10", "Garden / 21"]
    assert [group.name for group in report.buildings] == order
    assert [group.name for group in report.places] == order
    assert [row.place for row in report.false_alarms] == order
    assert [row.place for row in report.due] == order
    assert [row.place for row in report.uptime] == order


def test_drills_and_tests_are_counted_apart(story: Story) -> None:
    november(story)
    report = story.report("2026-11", "2026-12-05T00:00")
    assert report.exercises.alarms == 1
    (drill,) = drills(report)
    assert (drill.until_ms - drill.from_ms, drill.who) == (30 * 60_000, "supervisor")
    assert report.tested == 1
    assert [(test.device, test.last_ms) for test in report.due] == [("b", None), ("c", None)]


def test_only_what_the_reader_may_see_is_in_it(story: Story) -> None:
    november(story)
    report = story.report("2026-11", "2026-12-05T00:00", frozenset({"flat-2"}))
    assert report.total.alarms == 1
    assert [row.device for row in report.uptime] == ["b"]
    assert b"301" not in as_json(report)
    assert "301" not in as_csv(report)


def test_an_unfinished_month_ends_now(story: Story) -> None:
    november(story)
    report = story.report("2026-11", "2026-11-02T00:00")
    assert (report.total.alarms, report.until_ms) == (1, at("2026-11-02T00:00"))
    with pytest.raises(ValueError, match="not begun"):
        story.report("2026-12", "2026-11-02T00:00")
    with pytest.raises(ValueError, match="no month"):
        story.report("2026-13", "2026-11-02T00:00")


def test_a_month_leads_to_those_beside_it_that_have_records() -> None:
    first_ms, now_ms = at("2026-02-10T00:00"), at("2026-04-01T00:00")
    beside = {
        month: month_since(month, SHANGHAI, first_ms, now_ms)[-2:]
        for month in ("2026-02", "2026-03", "2026-04")
    }
    assert beside == {
        "2026-02": (None, "2026-03"),
        "2026-03": ("2026-02", "2026-04"),
        "2026-04": ("2026-03", None),
    }
    with pytest.raises(ValueError, match="nothing was kept"):
        month_since("2026-01", SHANGHAI, first_ms, now_ms)
    # A first record of a clock that ran ahead hides no month of today.
    assert month_since("2026-04", SHANGHAI, at("2030-01-01T00:00"), now_ms).earlier is None


def test_a_place_with_the_form_of_a_formula_is_text_in_a_spreadsheet(story: Story) -> None:
    story.event("2026-11-02T00:00", "c", names.PANIC, names.ALARM)
    table = as_csv(story.report("2026-11", "2026-12-05T00:00"))
    assert table.splitlines()[0].startswith("month,by,name,alarms")
    assert "Garden / =cmd" in table
    assert ",=cmd" not in table


def course(day: float, place: str = "lobby", kind: str = "panic") -> Course:
    opened = at("2026-11-29T00:00") - round(day * DAY_MS)
    return Course(1, opened, kind, place, "2026-11", "", None, {}, {})


NOW_MS = at("2026-11-29T00:00")


def test_a_rise_is_named_with_its_figures() -> None:
    steady = [course(day, "gate") for day in range(63)]
    usual = [course(7.5 + week * 7) for week in range(8)]
    more = [course(day / 2) for day in range(1, 13)]
    found = trend([*steady, *usual, *more], SHANGHAI, NOW_MS, 0, lambda one: one.place)
    (rise,) = [rise for rise in found.rises if rise.band is None]
    assert (rise.place, rise.kind, rise.now, rise.before) == ("lobby", "panic", 12, 8)
    assert rise.expected == 1.0
    assert rise.p_value < 0.0001
    assert found.compared


def test_a_steady_site_has_no_rise() -> None:
    steady = [course(day + 0.3, place) for day in range(63) for place in ("gate", "lobby")]
    found = trend(steady, SHANGHAI, NOW_MS, 0, lambda one: one.place)
    assert found.rises == ()
    assert (found.now, found.before) == (14, 112)


def test_a_young_site_is_not_compared() -> None:
    alarms = [course(day / 10) for day in range(60)]
    since = NOW_MS - 20 * DAY_MS
    found = trend(alarms, SHANGHAI, NOW_MS, since, lambda one: one.place)
    assert (found.compared, found.rises, found.before_days) == (False, (), 13)


def test_the_week_is_that_of_the_site() -> None:
    found = trend([course(0.5)], SHANGHAI, NOW_MS, 0, lambda one: one.place)
    # 28 November 2026, 12:00 in Shanghai, is a Saturday.
    assert found.week[5][12] == 1
    assert sum(map(sum, found.week)) == 1
