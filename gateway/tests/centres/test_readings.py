"""What each centre reads of each zone, and that it can tell them apart."""

from pathlib import Path

import pytest

from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.centres.readings import alike_devices, mistakes, readings
from callpoint_gateway.centres.routing import check
from callpoint_gateway.configuration import config as configuration
from callpoint_gateway.configuration import register as registers
from callpoint_gateway.configuration.centres import Centre
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.configuration.toml_file import ConfigError

SITE = '[gateway]\nsite = "estate"\nstate_dir = "s"\nregister = "register.toml"\n'
POLICE = '[[centre]]\nname = "police"\nhost = "h"\nport = 1\naccount = "12ab"\n'
FIRE = (
    '[[centre]]\nname = "fire"\nprotocol = "gbt26875"\nhost = "h"\nport = 1\n'
    "[centre.gbt]\nsource = 1\ncentre = 2\n"
)
DESK = (
    '[[centre]]\nname = "desk"\nprotocol = "cap"\nurl = "http://127.0.0.1:1/"\n'
    '[centre.cap]\nsender = "gw@garden"\naddresses = "desk"\n'
)
FLAT = '[[place]]\nid = "{}"\ncity = "凤阳"\nbuilding = "3"\nroom = "{}"\n'
BUTTON = '[[device]]\nid = "{0}"\nplace = "{1}"\n{2}\n[[device.zone]]\nzone = 1\nkind = "panic"\n'
TWO = FLAT.format("p1", "301室") + FLAT.format("p2", "302室")


def loaded(folder: Path, centre: str, register: str) -> tuple[Centre, Register, Path]:
    path = folder / "gateway.toml"
    path.write_text(SITE + centre)
    (folder / "register.toml").write_text(register)
    config = configuration.load(path, PROTOCOLS)
    return config.centre[0], registers.load(folder / "register.toml"), path


def refused(folder: Path, centre: str, register: str) -> str:
    _, site, path = loaded(folder, centre, register)
    with pytest.raises(ConfigError) as refusal:
        check(configuration.load(path, PROTOCOLS), site, path)
    return str(refusal.value)


def test_two_buttons_that_a_receiver_cannot_tell_apart_are_refused(tmp_path: Path) -> None:
    same = BUTTON.format("a", "p1", "") + BUTTON.format("b", "p1", "")
    assert refused(tmp_path, POLICE, TWO + same).endswith(
        "gateway.toml:5: centre police cannot tell zone 1 of 'a' from zone 1 of 'b': it reads "
        "12AB 1/1 '3 / 301' of both; give one of them another centre_zone, its device an account, "
        "or its place a label"
    )


@pytest.mark.parametrize(
    "second",
    [
        BUTTON.format("b", "p2", ""),
        BUTTON.format("b", "p1", 'account = "0002"'),
        BUTTON.format("b", "p1", "") + "centre_zone = 2\n",
        BUTTON.format("b", "p1", "") + "partition = 2\n",
        BUTTON.format("b", "p1", "").replace("panic", "smoke"),
    ],
    ids=["place", "account", "centre_zone", "partition", "kind"],
)
def test_what_tells_two_zones_apart(tmp_path: Path, second: str) -> None:
    centre, register, _ = loaded(tmp_path, POLICE, TWO + BUTTON.format("a", "p1", "") + second)
    assert list(mistakes(centre, PROTOCOLS["dc09"], register)) == []


@pytest.mark.parametrize("more", ['encoding = "ADM-CID"\n', 'blocks = ""\n'])
def test_a_text_that_is_not_always_told_tells_nothing_apart(tmp_path: Path, more: str) -> None:
    two = BUTTON.format("a", "p1", "") + BUTTON.format("b", "p2", "")
    assert "cannot tell" in refused(tmp_path, POLICE + more, TWO + two)


def test_zones_of_other_routes_do_not_matter(tmp_path: Path) -> None:
    two = BUTTON.format("a", "p1", "") + BUTTON.format("b", "p1", "")
    centre, register, _ = loaded(tmp_path, POLICE + 'places = ["p2"]\n', TWO + two)
    assert list(readings(centre, PROTOCOLS["dc09"], register)) == []


def test_a_place_of_which_nothing_would_be_read_is_refused(tmp_path: Path) -> None:
    place = '[[place]]\nid = "厨房"\nroom = "厨房"\n'
    said = refused(tmp_path, POLICE, place + BUTTON.format("a", "厨房", ""))
    assert "can read nothing of the place '厨房' (厨房); give it a label" in said


def test_devices_that_are_alike_are_named_and_can_be_told_apart(tmp_path: Path) -> None:
    two = BUTTON.format("a", "p1", "") + BUTTON.format("b", "p1", "").replace(
        "zone = 1", "zone = 2"
    )
    centre, register, _ = loaded(tmp_path, POLICE, TWO + two)
    dc09 = PROTOCOLS["dc09"]
    assert list(mistakes(centre, dc09, register)) == []
    assert alike_devices(centre, dc09, register) == [["a", "b"]]
    numbered = two.replace('id = "b"', 'id = "b"\ncentre_zone = 99')
    centre, register, _ = loaded(tmp_path, POLICE, TWO + numbered)
    assert alike_devices(centre, dc09, register) == []
    assert register.centre_address("b", 0).zone == 99


def test_what_each_protocol_reads(tmp_path: Path) -> None:
    found = {}
    for text in (POLICE, FIRE, DESK):
        button = BUTTON.format("a", "p1", "number = 7")
        centre, register, _ = loaded(tmp_path, text, TWO + button)
        one = [*readings(centre, PROTOCOLS[centre.protocol], register)][1]
        found[centre.name] = (one.reading.account, one.reading.number, one.reading.text)
    assert found == {
        "police": ("12AB", "1/1", "3 / 301"),
        "fire": ("", str(1 << 16 | 7), "凤阳 / 3 / 301室"),
        "desk": ("", "a 1", "凤阳 / 3 / 301室"),
    }
