"""Places as people walk them: buildings in their order, parts, scopes, and the search."""

from callpoint_console.site_map import SiteMap
from callpoint_console.visitor import Scope
from callpoint_gateway.alarms.questions import ActOnAlarm
from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.control.roles import Role

from .estate import register

SITE = SiteMap(register(12), "estate")


def test_the_site_is_called_what_all_places_have_in_common() -> None:
    assert SITE.name == "幸福小区"
    assert SiteMap(None, "estate").name == "estate"
    one = Register([Place(id="home", community="A", room="1")], [])
    assert SiteMap(one, "estate").name == "A"


def test_buildings_come_in_the_order_in_which_people_count() -> None:
    assert [spot[-1] for spot in SITE.buildings] == [str(number) for number in range(1, 13)]
    named = [f"{number}号楼" for number in (2, 10, 1)]
    places = [Place(id=name, community="A", building=name) for name in named]
    assert [spot[-1] for spot in SiteMap(Register(places, []), "x").buildings] == [
        "1号楼",
        "2号楼",
        "10号楼",
    ]


def test_a_flat_without_a_device_is_there() -> None:
    below = SITE.below(("幸福小区", "3"))
    assert [spot[-1] for spot in below] == ["101", "102", "201", "S"]
    assert SITE.devices_in(("幸福小区", "3", "S")) == []
    assert SITE.has(("幸福小区", "3", "S"))
    assert not SITE.has(("幸福小区", "99"))


def test_a_place_without_a_building_stands_for_itself() -> None:
    places = [Place(id="kiosk", community="A"), Place(id="b1", community="A", building="1")]
    site = SiteMap(Register(places, [Device(id="button", place="kiosk")]), "x")
    assert site.building_of("button") == ("A",)


def test_the_search_needs_every_word() -> None:
    spots, devices = SITE.search("幸福 12", 10)
    assert ("幸福小区", "12") in spots
    assert devices[0].device.startswith("button-12-")
    assert SITE.search("  ", 10) == ([], [])
    assert SITE.search("nowhere", 10) == ([], [])
    assert len(SITE.search("b", 5)[1]) == 5


def test_a_role_counts_at_its_place_and_below() -> None:
    scope = Scope(frozenset({(Role.OPERATOR, "b3/101"), (Role.VIEWER, "幸福小区 / 4")}))
    assert SITE.role(scope, ActOnAlarm.may, "b3/101") is Role.OPERATOR
    assert SITE.role(scope, ActOnAlarm.may, "b3/102") is None
    assert SITE.role(scope, ActOnAlarm.may, "") is None
    assert SITE.in_areas("b4/201", scope.areas())
    assert not SITE.in_areas("b5/201", scope.areas())
    everywhere = Scope(frozenset({(Role.SUPERVISOR, "")}))
    assert SITE.role(everywhere, ActOnAlarm.may, "") is Role.SUPERVISOR
