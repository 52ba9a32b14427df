"""``callpoint labels`` prints what phones can read, and nothing that leads nowhere."""

import re

import pytest
from click.testing import CliRunner, Result

from callpoint_cli.main import main
from callpoint_console.alarm_points.codes import POINTS, PointCodes
from callpoint_console.database import Database, file_in
from callpoint_gateway.host.clock import SystemClock

from .plan_house import House

CONSOLE = '[console]\npublic_url = "http://127.0.0.1:8480"\npublic_pages = true\n'


@pytest.fixture
def house(house: House) -> House:
    file = house.folder / "gateway.toml"
    file.write_text(file.read_text() + CONSOLE)
    return house


def labels(house: House, output: str, *words: str) -> Result:
    there = ["-c", str(house.folder / "gateway.toml"), "--lang", "en"]
    return CliRunner().invoke(main, ["labels", str(house.folder / output), *words, *there])


def test_a_label_for_each_place(house: House) -> None:
    done = labels(house, "labels.html", "--size", "a4-3x8")
    assert done.exit_code == 0, done.output
    assert "1 pages of a4-3x8" in done.output
    text = (house.folder / "labels.html").read_text()
    assert text.count("<title>Building 3 / 2 / 30") == 3
    assert "@page{size:210mm 297mm;margin:0}" in text
    database = Database(file_in(house.folder / "state"), (POINTS,))
    codes = PointCodes(database, house.register, SystemClock()).all()
    database.close()
    assert all(code in text for code in codes.values())
    again = labels(house, "again.html", "--size", "a4-3x8")
    assert again.exit_code == 0
    assert (house.folder / "again.html").read_text() == text  # a code stays what it is


def test_a_file_for_each_page_and_one_place_alone(house: House) -> None:
    assert labels(house, "label.svg", "--size", "62x29").exit_code == 0
    assert {path.name for path in house.folder.glob("*.svg")} == {
        "label-1.svg",
        "label-2.svg",
        "label-3.svg",
    }
    assert labels(house, "one.html", "--place", "Building 3 / 2 / 302").exit_code == 0
    found = re.findall(r"<g [^>]*><title>([^<]*)", (house.folder / "one.html").read_text())
    assert found == ["Building 3 / 2 / 302"]


@pytest.mark.parametrize(
    ("words", "told"),
    [(["--size", "a5"], "--size: one of a4-3x8"), (["--place", "Hall"], "no place there")],
)
def test_what_is_refused(house: House, words: list[str], told: str) -> None:
    done = labels(house, "labels.html", *words)
    assert done.exit_code == 2
    assert told in done.stderr


@pytest.mark.parametrize("name", ["gateway.toml", "labels.pdf", "labels"])
def test_labels_never_take_the_place_of_another_kind_of_file(house: House, name: str) -> None:
    before = house.files()
    done = labels(house, name)
    assert done.exit_code == 2
    assert f"{name}: labels are written as .html or .svg" in done.stderr
    assert house.files() == before


def test_a_file_of_codes_that_cannot_be_used_is_named_in_chinese(house: House) -> None:
    state = house.folder / "state"
    state.mkdir(exist_ok=True)
    (state / "console").write_bytes(b"")
    words = ["labels", str(house.folder / "labels.html"), "--lang", "zh"]
    done = CliRunner().invoke(main, [*words, "-c", str(house.folder / "gateway.toml")])
    assert done.exit_code == 3
    assert "请检查磁盘空间和文件夹权限" in done.stderr


def test_without_an_address_no_label_is_drawn(house: House) -> None:
    file = house.folder / "gateway.toml"
    file.write_text(file.read_text().replace('public_url = "http://127.0.0.1:8480"', ""))
    done = labels(house, "labels.html")
    assert done.exit_code == 2
    assert "set public_url" in done.stderr
    assert not (house.folder / "labels.html").exists()
