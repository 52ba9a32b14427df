"""Who is told of what, where and when; and that nobody is forgotten without a word."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.centres.routing import Routing, check, gaps, is_open, week_minute
from callpoint_gateway.configuration import config as configuration
from callpoint_gateway.configuration.centres import DAYS, Centre, Route
from callpoint_gateway.configuration.places import means, nearest
from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.journal.backlog import NORMAL, URGENT
from callpoint_gateway.journal.entries import Entry, EventBody, Mark, Quality, ReportBody, Type
from callpoint_gateway.protocols.report import ARMED_AWAY, BYPASSED, CANCELLED, WRONG_CODE
from callpoint_protocol import names

SHANGHAI = ZoneInfo("Asia/Shanghai")
NORTH = Place(id="north-7", city="Fengyang", district="North", building="7")
NORTHERN = Place(id="other", city="Fengyang", district="Northern")
SOUTH = Place(id="south-2", city="Fengyang", district="South", building="2")
REGISTER = Register(
    [NORTH, NORTHERN, SOUTH],
    [
        Device(id="n", place="north-7", zone=[Zone(zone=1, kind="panic")]),
        Device(id="m", place="other"),
        Device(id="s", place="south-2", zone=[Zone(zone=2, kind="door", report_opening=True)]),
    ],
)
FRIDAY_NIGHT = datetime(2026, 11, 27, 23, 30, tzinfo=SHANGHAI)
SATURDAY_MORNING = datetime(2026, 11, 28, 5, 59, tzinfo=SHANGHAI)
SATURDAY_NOON = datetime(2026, 11, 28, 12, 0, tzinfo=SHANGHAI)
GATEWAY = '[gateway]\nsite = "estate"\nstate_dir = "s"\nregister = "r"\n'
CENTRE = '[[centre]]\nname = "{}"\nhost = "h"\nport = 1\naccount = "1234"\n'


def routing(**keys: Any) -> Routing:
    centre = Centre(name="police", host="h", port=1, account="1234", **keys)
    return Routing(centre, REGISTER, SHANGHAI)


def entry(device: str, kind: int, at: datetime = SATURDAY_NOON, **more: Any) -> Entry:
    values = {"state": names.ALARM, "zone": 1, "detail": 0} | more
    body = EventBody(
        site="estate", kind=kind, count=1, flags=0, occurred_ms=0, quality=Quality.AGE, **values
    )
    recorded_ms = round(at.timestamp() * 1000)
    return Entry(1, Type.EVENT, recorded_ms, "b", 0, device, 1, 1, None, body)


def test_by_kind() -> None:
    police = routing(kinds=["panic", "tamper"])
    assert police.part_of(entry("n", names.PANIC)) == URGENT
    assert police.part_of(entry("n", names.TAMPER)) == NORMAL
    assert police.part_of(entry("n", names.SMOKE)) is None


def test_by_place() -> None:
    north = routing(places=["Fengyang / North"])
    assert [north.part_of(entry(device, names.PANIC)) for device in "nms"] == [URGENT, None, None]
    assert routing(places=["south-2"]).part_of(entry("s", names.PANIC)) == URGENT
    city = routing(places=["Fengyang"])
    assert all(city.part_of(entry(device, names.PANIC)) == URGENT for device in "nms")


def test_by_time_of_the_site_and_the_day_on_which_a_night_begins() -> None:
    night = routing(hours="22:00-06:00", days=["fri"])
    assert night.part_of(entry("n", names.PANIC, FRIDAY_NIGHT)) == URGENT
    assert night.part_of(entry("n", names.PANIC, SATURDAY_MORNING)) == URGENT
    assert night.part_of(entry("n", names.PANIC, SATURDAY_NOON)) is None


def test_a_clock_that_was_never_set_closes_no_route() -> None:
    night = routing(hours="22:00-06:00")
    unset = datetime(1970, 1, 1, 4, tzinfo=SHANGHAI)
    assert night.part_of(entry("n", names.PANIC, unset)) == URGENT


def test_several_routes_of_one_centre() -> None:
    desk = routing(
        route=[Route(kinds=["door"]), Route(kinds=["panic"], places=["south-2"], days=["sat"])]
    )
    opened = entry("s", names.DOOR, state=names.NOTICE, detail=names.OPEN, zone=2)
    assert desk.part_of(opened) == NORMAL
    assert desk.part_of(entry("s", names.PANIC)) == URGENT
    assert desk.part_of(entry("n", names.PANIC)) is None
    assert desk.part_of(entry("s", names.PANIC, FRIDAY_NIGHT)) is None


@pytest.mark.parametrize(
    "more",
    [{"inhibited": 3}, {"mark": Mark.DRILL}, {"state": names.TESTED}],
    ids=["inhibited", "drill", "tried out"],
)
def test_what_no_centre_hears_of(more: dict[str, Any]) -> None:
    assert routing().part_of(entry("n", names.PANIC, **more)) is None


def test_what_the_gateway_says_goes_to_whom_it_names_or_to_who_takes_the_kind() -> None:
    def said(centre: str) -> Entry:
        body = ReportBody("estate", centre, names.TEST, names.TESTED, 2, 0, 0)
        return Entry(1, Type.REPORT, 0, "b", 0, None, None, None, None, body)

    assert routing(kinds=["panic"]).part_of(said("police")) == NORMAL
    assert routing().part_of(said("fire")) is None
    assert routing(kinds=["test"], places=["north-7"]).part_of(said("")) == NORMAL
    assert routing(kinds=["panic"]).part_of(said("")) is None


def test_the_rule_is_another_when_the_register_is() -> None:
    centre = Centre(name="police", host="h", port=1, account="1234")
    other = Register([NORTH], [Device(id="n", place="north-7")])
    assert routing().rule == routing().rule
    assert Routing(centre, other, SHANGHAI).rule != routing().rule
    assert routing(kinds=["panic"]).rule != routing().rule
    assert routing(openings=True).rule != routing().rule


@pytest.mark.parametrize(
    ("keys", "detail", "part"),
    [
        ({}, ARMED_AWAY, None),
        ({"openings": True}, ARMED_AWAY, NORMAL),
        ({}, CANCELLED, NORMAL),
        ({"kinds": ["panic"]}, CANCELLED, None),
        ({}, WRONG_CODE, NORMAL),
        ({}, BYPASSED, NORMAL),
    ],
)
def test_who_is_told_of_arming_and_of_what_is_taken_back(
    keys: dict[str, Any], detail: int, part: str | None
) -> None:
    body = ReportBody("estate", "", names.INTRUSION, names.NOTICE, detail, 1, 0)
    told = Entry(1, Type.REPORT, 0, "boot", 0, "door", None, None, None, body)
    assert routing(**keys).part_of(told) == part


def test_a_gap_is_named() -> None:
    everything = Route()
    assert list(gaps([everything], [NORTH])) == []
    others = [kind for kind in names.KINDS.values() if kind != "smoke"]
    assert [str(gap) for gap in gaps([Route(kinds=others)], [NORTH])] == [
        "no centre takes smoke at Fengyang / North / 7; give it a route"
    ]
    by_day = Route(kinds=["smoke"], hours="06:00-22:00")
    assert [str(gap) for gap in gaps([Route(kinds=others), by_day], [NORTH])] == [
        "no centre takes smoke at Fengyang / North / 7 from mon 00:00; give it a route"
    ]
    by_night = Route(kinds=["smoke"], hours="22:00-06:00")
    assert list(gaps([Route(kinds=others), by_day, by_night], [NORTH])) == []
    weekdays = Route(kinds=["smoke"], hours="22:00-06:00", days=list(DAYS[:5]))
    assert str(next(gaps([Route(kinds=others), by_day, weekdays], [NORTH]))).endswith(
        "from mon 00:00; give it a route"  # Sunday's night lasts into Monday
    )


Days = st.lists(st.sampled_from(DAYS), min_size=1, unique=True)
Hours = st.tuples(st.integers(0, 23), st.integers(0, 23)).map(
    lambda h: f"{h[0]:02d}:00-{h[1]:02d}:30"
)


@given(st.lists(st.builds(Route, hours=st.none() | Hours, days=Days), max_size=5))
def test_a_gap_is_found_if_and_only_if_there_is_one(routes: list[Route]) -> None:
    covered = all(
        any(is_open(route, minute) for route in routes) for minute in range(0, 7 * 24 * 60, 15)
    )
    assert (next(gaps(routes, [NORTH]), None) is None) == covered


def test_minutes_of_the_week_are_the_sites() -> None:
    monday = datetime(2026, 11, 23, 0, 5, tzinfo=SHANGHAI)
    assert week_minute(round(monday.timestamp() * 1000), SHANGHAI) == 5
    assert week_minute(round(FRIDAY_NIGHT.timestamp() * 1000), SHANGHAI) == 4 * 1440 + 23 * 60 + 30


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            CENTRE.format("a") + 'places = ["south-2"]\n',
            "gateway.toml:5: no centre takes panic",
        ),
        (CENTRE.format("a") + 'places = ["Nowhere"]\n', "gateway.toml:10: places: nothing of"),
    ],
)
def test_a_gap_is_a_mistake_in_the_configuration(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(GATEWAY + text)
    with pytest.raises(ConfigError) as refusal:
        check(configuration.load(path, PROTOCOLS), REGISTER, path)
    assert str(refusal.value).removeprefix(f"{tmp_path}/").startswith(said)


def test_two_centres_fill_each_others_gaps(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    by_day = CENTRE.format("day") + 'hours = "06:00-22:00"\n'
    path.write_text(GATEWAY + by_day + CENTRE.format("night") + 'hours = "22:00-06:00"\n')
    check(configuration.load(path, PROTOCOLS), REGISTER, path)


ALLEY = Place(id="w", city="Wien", street="Döblinger Gasse", building="12/14")


@pytest.mark.parametrize(
    "wanted",
    [
        "Wien / Döblinger Gasse / 12/14",
        "wien/Do\u0308blinger  gasse / 12 / 14",
        "WIEN / DÖBLINGER GASSE",
        " Wien ",
        "w",
    ],
)
def test_a_place_is_meant_by_the_text_by_which_it_is_shown(wanted: str) -> None:
    assert means(wanted, ALLEY)


@pytest.mark.parametrize("wanted", ["Wien / Döblinger Gasse / 12", "Wien / Döb", "W", "12/14", ""])
def test_part_of_a_name_means_nothing(wanted: str) -> None:
    assert not means(wanted, ALLEY)
    assert nearest("Wien / Döblinger", [ALLEY]) == "Wien / Döblinger Gasse"


def test_a_place_that_is_nearly_right_is_suggested(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(GATEWAY + CENTRE.format("a") + 'places = ["Fengyang / Nort"]\n')
    with pytest.raises(ConfigError) as refusal:
        check(configuration.load(path, PROTOCOLS), REGISTER, path)
    assert str(refusal.value).endswith("at 'Fengyang / Nort'; did you mean 'Fengyang / North'?")


def test_by_response_level() -> None:
    held = {3: 0, 4: 2, 5: 1}
    centre = Centre(
        name="city",
        host="h",
        port=1,
        account="1234",
        route=[Route(kinds=["smoke"]), Route(kinds=["panic"], places=["Fengyang"], levels=[1, 2])],
    )
    city = Routing(centre, REGISTER, SHANGHAI, lambda at, place: held[at] if place == NORTH else 0)
    told = [
        city.part_of(msgspec.structs.replace(entry(device, names.PANIC), position=position))
        for device in "ns"
        for position in held
    ]
    assert told == [None, URGENT, URGENT, None, None, None]
    assert city.part_of(entry("s", names.SMOKE)) == URGENT


def test_a_route_of_a_level_leaves_a_gap_at_other_times(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(
        GATEWAY + CENTRE.format("police") + "[[centre.route]]\nlevels = [1]\n", encoding="utf-8"
    )
    with pytest.raises(ConfigError, match="no centre takes panic"):
        configuration.load(path, PROTOCOLS)
