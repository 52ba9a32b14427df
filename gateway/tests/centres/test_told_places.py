"""What a centre reads of a place, in each protocol: the flat before the city."""

import pytest
from lxml import etree

from callpoint_gateway.centres.gbt26875.facts import components
from callpoint_gateway.centres.reporting import report_of
from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.journal.entries import Entry, EventBody, Quality, Type
from callpoint_gateway.protocols.cap.message import NAMESPACE, Heading, build
from callpoint_gateway.protocols.dc09.message import Encoding, extended_blocks
from callpoint_gateway.protocols.place_text import fold
from callpoint_gateway.protocols.report import Report
from callpoint_protocol import names

from ..conftest import ManualClock

ESTATE = {
    "city": "Chuzhou City",
    "district": "Fengyang County",
    "street": "East Lake Road 118",
    "community": "Garden Estate Phase Two",
    "building": "Building 3",
    "unit": "Unit 2",
    "room": "301",
}
CHINESE = {
    "city": "安徽省滁州市凤阳县",
    "district": "府城镇城北社区",
    "street": "湖滨东路",
    "community": "花园小区",
    "building": "3号楼",
    "unit": "2单元",
    "room": "301室",
}


def told(place: Place, clock: ManualClock) -> Report:
    register = Register([place], [Device(id="a", place=place.id, zone=[Zone(zone=1, kind="gas")])])
    body = EventBody("estate", names.GAS, names.ALARM, 1, 0, 1, 0, clock.wall_ms(), Quality.AGE)
    entry = Entry(
        1,
        Type.EVENT,
        clock.wall_ms(),
        clock.boot_id(),
        clock.monotonic_ms(),
        "a",
        1,
        1,
        None,
        body,
    )
    return report_of(entry, register, clock)[1]


def block(place: Place, clock: ManualClock, *, utf8: bool = False) -> tuple[str, ...]:
    return extended_blocks(told(place, clock), Encoding.SIA_DCS, letters="IR", utf8=utf8)


def test_a_long_place_keeps_its_room_and_loses_its_city(clock: ManualClock) -> None:
    place = Place(id="p", **ESTATE)
    text = "IGarden Estate Phase Two / Building 3 / Unit 2 / 301"
    assert block(place, clock)[-2:] == (text, "R301")
    text = "I湖滨东路 / 花园小区 / 3号楼 / 2单元 / 301室"
    assert block(Place(id="p", **CHINESE), clock, utf8=True)[-2:] == (text, "R301室")


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Łódź", "Lodz"),
        ("Straße", "Strasse"),
        ("Ærøskøbing", "AEroskobing"),
        ("Đakovo", "Dakovo"),
        ("Ǿre", "Ore"),
        ("３０１", "301"),
        ("Wohnung－４", "Wohnung-4"),
        ("［A］｜", "[A]|"),
    ],
)
def test_letters_are_folded_not_dropped(text: str, sent: str) -> None:
    assert fold(text) == sent


def test_full_width_brackets_break_no_frame(clock: ManualClock) -> None:
    assert block(Place(id="p", room="［3］｜＾1"), clock) == ("I31", "R31")


def test_empty_parts_go_with_their_separators(clock: ManualClock) -> None:
    assert block(Place(id="p", **CHINESE), clock) == ("I3 / 2 / 301", "R301")


def test_a_block_is_left_out_rather_than_empty(clock: ManualClock) -> None:
    place = {"city": "凤阳", "room": "厨房（东）"}
    assert block(Place(id="kitchen-3", **place), clock) == ("Ikitchen-3",)
    assert block(Place(id="厨房", **place), clock) == ()


def test_a_label_is_what_centres_are_told(clock: ManualClock) -> None:
    place = Place(id="p", label="Garden 3-2-301", **CHINESE)
    assert block(place, clock)[0] == "IGarden 3-2-301"
    assert str(place).startswith("安徽省")
    (component, _) = components(
        Register([place], [Device(id="a", place="p", zone=[Zone(zone=1, kind="gas")])])
    )
    assert component.text == "Garden 3-2-301"


def test_a_room_alone_is_cut_between_characters(clock: ManualClock) -> None:
    assert block(Place(id="p", room="园" * 64), clock, utf8=True)[0] == "I" + "园" * 21


def test_flats_of_one_estate_have_descriptions_of_their_own() -> None:
    places = [Place(id=room, **CHINESE | {"room": room}) for room in ("301室", "302室")]
    devices = [Device(id=f"d{n}", place=place.id) for n, place in enumerate(places)]
    texts = [component.text for component in components(Register(places, devices))]
    assert texts == ["3号楼 / 2单元 / 301室", "3号楼 / 2单元 / 302室"]
    assert all(len(text.encode("gb18030")) <= 31 for text in texts)


def test_a_headline_is_short_and_keeps_the_room(clock: ManualClock) -> None:
    report = told(Place(id="p", **ESTATE | {"city": "Long " * 30}), clock)
    heading = Heading("e-1", "gw@x", 1_795_000_000, "Actual", "Alert", "desk", [], 1_795_086_400)
    tree = etree.fromstring(build(heading, report))
    area, _ = tree.findall("./c:info/c:area/c:areaDesc", {"c": NAMESPACE})
    _, headline = tree.findall("./c:info/c:headline", {"c": NAMESPACE})
    assert area.text == " / ".join(report.place)
    assert headline.text is not None
    assert headline.text.startswith("Gas alarm: Fengyang County")
    assert headline.text.endswith("Building 3 / Unit 2 / 301")
