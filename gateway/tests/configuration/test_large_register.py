"""A register of thousands of devices takes little memory, and says all that its file says."""

from pathlib import Path

from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.configuration.register import Place, Zone, load

FILE = """
[[place]]
id = "b3/1"
community = "Garden"
latitude = 31.25
profile = "school"

[[place]]
id = "b3/2"
community = "Garden"

[[partition]]
id = "shop"
place = "b3/1"
exit_s = 30

[[device]]
id = "first"
place = "b3/1"
alerts = ["second"]

[[device.zone]]
zone = 1
kind = "panic"

[[device.zone]]
zone = 2
kind = "door"
guarded_by = "shop"
armed = ["away"]

[[device]]
id = "second"
place = "b3/2"
power = "battery"

[[device.zone]]
zone = 1
kind = "panic"

[[device.zone]]
zone = 2
kind = "door"
guarded_by = "shop"
armed = ["away"]

[[device]]
id = "third"
place = "b3/2"
zone = [{ zone = 1, kind = "smoke", place = "b3/1" }]
"""


def test_what_repeats_is_kept_once(tmp_path: Path) -> None:
    path = tmp_path / "register.toml"
    path.write_text(FILE)
    register = load(path)
    first, second = register.device("first"), register.device("second")
    assert first
    assert second
    assert first.zone is second.zone
    places = register.places()
    assert places[0].community is places[1].community
    assert first.place is places[0].id


def test_nothing_of_the_file_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "register.toml"
    path.write_text(FILE)
    register = load(path)
    known = Place(id="b3/1", community="Garden", latitude=31.25, profile=Profile.SCHOOL)
    assert register.place("b3/1") == known
    door = register.zone("second", 2)
    assert isinstance(door, Zone)
    assert (door.guarded_by, door.armed) == ("shop", ["away"])
    assert set(register.zones_of("shop")) == {("first", 2), ("second", 2)}
    assert register.zone("first", 3) is None
    assert register.zone("nobody", 1) is None
    assert register.partitions["shop"].exit_s == 30
    assert register.alerts("first") == ["second"]
    place = register.place_of("third", 1)
    assert place is register.place("b3/1")
