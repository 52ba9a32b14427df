"""Who is on duty: nights, dates, holidays, summer time, and a gap in which somebody is told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callpoint_people.person import Responsibility
from callpoint_people.responsible import Responsible
from callpoint_people.rota import Shift, checked_days, checked_hours, on_duty
from callpoint_people.rota_store import RotaStore
from callpoint_people.store import PeopleStore
from callpoint_people.words import PeopleError

from .estate import register, someone

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def weekly(person: str, hours: str, days: tuple[str, ...] = WEEK) -> Shift:
    return Shift(role="guard", cell="", hours=hours, days=days, person=person)


def once(person: str, hours: str, on_date: str) -> Shift:
    return Shift(role="guard", cell="", hours=hours, on_date=on_date, person=person)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    shifts = [weekly("night", "20:00-08:00", ("fri",)), weekly("day", "08:00-20:00", ("sat",))]
    expected = {
        "2026-11-27 19:59": [],
        "2026-11-27 20:00": ["night"],
        "2026-11-28 07:59": ["night"],
        "2026-11-28 08:00": ["day"],
        "2026-11-28 20:00": [],
    }
    for text, persons in expected.items():
        assert on_duty(shifts, {}, at(text), SHANGHAI) == persons, text


def test_a_date_takes_the_place_of_the_week_and_may_have_nobody() -> None:
    shifts = [weekly("usual", "08:00-20:00"), once("other", "10:00-12:00", "2026-11-28")]
    assert on_duty(shifts, {}, at("2026-11-28 09:00"), SHANGHAI) == []
    assert on_duty(shifts, {}, at("2026-11-28 11:00"), SHANGHAI) == ["other"]
    assert on_duty(shifts, {}, at("2026-11-29 09:00"), SHANGHAI) == ["usual"]
    nobody = [weekly("usual", "08:00-20:00"), once("", "00:00-00:00", "2026-11-28")]
    assert on_duty(nobody, {}, at("2026-11-28 09:00"), SHANGHAI) == []


def test_holidays_and_the_working_days_that_make_up_for_them() -> None:
    shifts = [
        weekly("weekday", "08:00-20:00", ("mon", "tue", "wed", "thu", "fri")),
        weekly("weekend", "08:00-20:00", ("sat", "sun")),
        weekly("festive", "08:00-20:00", ("holiday",)),
    ]
    special = {"2026-10-01": "holiday", "2026-10-10": "thu"}
    assert on_duty(shifts, special, at("2026-10-01 09:00"), SHANGHAI) == ["festive"]
    assert on_duty(shifts, special, at("2026-10-10 09:00"), SHANGHAI) == ["weekday"]  # a Saturday
    assert on_duty(shifts[:2], special, at("2026-10-01 09:00"), SHANGHAI) == ["weekday"]
    assert on_duty(shifts[1:2], special, at("2026-10-10 09:00"), SHANGHAI) == []


@pytest.mark.parametrize("day", ["2026-03-28", "2026-10-24"])
def test_summer_time_makes_no_gap_and_no_overlap(day: str) -> None:
    shifts = [
        weekly("evening", "18:00-02:30"),
        weekly("night", "02:30-07:00"),
        weekly("day", "07:00-18:00"),
    ]
    moment = at(f"{day} 00:00", BERLIN).astimezone(UTC)
    for _ in range(48 * 12):
        assert len(on_duty(shifts, {}, moment, BERLIN)) == 1, moment
        moment += timedelta(minutes=5)


def test_those_on_duty_are_told_and_in_a_gap_all_are(tmp_path: Path) -> None:
    places = register(tmp_path)
    with PeopleStore(tmp_path) as people:
        rota = RotaStore(people)
        day = people.add(someone("Day"), [Responsibility("guard", "")])
        night = people.add(someone("Night"), [Responsibility("guard", "", 1)])
        responsible = Responsible(people, places, SHANGHAI)

        def told(text: str) -> list[str]:
            return [one.person for one in responsible.told("b3", ["guard"], at(text))]

        assert told("2026-11-28 09:00") == [day, night]  # there is no rota
        number = rota.add(weekly(day, "08:00-18:00"))
        rota.add(weekly(night, "20:00-08:00"))
        assert told("2026-11-28 09:00") == [day]
        assert told("2026-11-28 23:00") == [night]
        assert told("2026-11-28 19:00") == [day, night]
        duty = [one.on_duty for one in responsible.at("b3", ["guard"], at("2026-11-28 09:00"))]
        assert duty == [True, False]
        rota.remove(number)
        assert told("2026-11-28 09:00") == [day, night]
        with pytest.raises(PeopleError, match="no shift"):
            rota.remove(number)


def test_a_shift_needs_somebody_of_the_role_and_goes_with_them(tmp_path: Path) -> None:
    with PeopleStore(tmp_path) as people:
        rota = RotaStore(people)
        id = people.add(someone())
        with pytest.raises(PeopleError, match="give the role first"):
            rota.add(weekly(id, "08:00-18:00"))
        people.give(id, Responsibility("guard", ""))
        rota.add(weekly(id, "08:00-18:00"))
        rota.add(once(id, "08:00-18:00", "2026-12-24"))
        rota.set_special("2026-12-25", "holiday")
        rota.set_special("2026-12-26", "sun")
        rota.set_special("2026-12-26", None)
        assert rota.special() == {"2026-12-25": "holiday"}
        assert [shift.person for shift in rota.shifts()] == [id, id]
        assert people.delete(id).shifts == 2
        assert rota.shifts() == []


def test_what_is_no_day_or_time_is_refused() -> None:
    assert checked_days("Mon, holiday") == ("mon", "holiday")
    assert checked_hours(" 20:00-08:00 ") == "20:00-08:00"
    for days in ("", "monday", "mon;tue"):
        with pytest.raises(PeopleError):
            checked_days(days)
    for hours in ("8:00-9:00", "24:00-08:00", "08:00"):
        with pytest.raises(PeopleError):
            checked_hours(hours)
