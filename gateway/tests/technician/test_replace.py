"""``callpoint replace``: the place goes to another board, and the old one is out at once."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from callpoint_cli.main import main
from callpoint_technician.identity import image

from ..broker.secured_broker import secured
from .plan_house import ROWS, House
from .test_plan_broker import let_in

OLD, NEW = "b3-2-301", "b3-2-301-b"


def replaced(house: House, *words: str) -> Result:
    return CliRunner().invoke(
        main, ["replace", *(words or (OLD, NEW)), "-c", str(house.folder / "gateway.toml")]
    )


def by_hand(house: House) -> None:
    """Write into the register what no plan knows."""
    text = house.register_file.read_text()
    text = text.replace(
        f'id = "{OLD}"', f"# by the window\nid = '{OLD}'  # glass\ncentre_zone = 77"
    )
    text = text.replace('id = "b3-2-302"', f'id = "b3-2-302"\nalerts = [\n  "{OLD}",\n]')
    house.register_file.write_text(text)


def test_the_place_and_all_that_was_written_by_hand_stay(house: House) -> None:
    by_hand(house)
    before = house.register.device(OLD)
    done = replaced(house)
    assert done.exit_code == 0, done.output
    after = house.register.device(NEW)
    assert before is not None
    assert after is not None
    assert house.register.device(OLD) is None
    assert (after.place, after.zone, after.centre_zone) == (before.place, before.zone, 77)
    assert house.register.alerts("b3-2-302") == [NEW]
    assert f'# by the window\nid = "{NEW}"  # glass' in house.register_file.read_text()
    assert not (house.identities / f"{OLD}.bin").exists()
    settings = image.read((house.identities / f"{NEW}.bin").read_bytes())
    assert settings.device == NEW
    assert [zone.kind for zone in settings.zones] == ["panic", "tamper"]
    assert f"callpoint flash {house.identities} --image FOLDER --device {NEW}" in done.output


def test_the_next_import_of_the_plan_changes_nothing(house: House) -> None:
    assert replaced(house).exit_code == 0
    house.write(ROWS[0].replace(OLD, NEW), *ROWS[1:])
    before = house.files()
    house.good()
    assert house.files() == before


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_table_of_before_does_not_bring_the_old_board_back(house: House, language: str) -> None:
    assert replaced(house).exit_code == 0
    assert replaced(house, NEW, "b3-2-301-c").exit_code == 0
    told = house.refused(language, "--remove")
    assert "line 2, column 4 (device)" in told or "第 2 行第 4 列（device）" in told
    assert "b3-2-301-c" in told
    house.write(ROWS[0].replace(OLD, "b3-2-301-c"), *ROWS[1:], "Hall,,,hall,c3,panic,mains,school")
    house.good()
    house.write(*ROWS)
    assert "b3-2-301-c" in house.refused(language)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("b3-2-309", NEW), "b3-2-301"),
        ((OLD, "b3-2-302"), "is or was the name of a board"),
        ((OLD, "B 1"), "NEW"),
        ((OLD, "gateway"), "gateway"),
    ],
)
def test_refused_names_change_nothing(house: House, words: tuple[str, str], told: str) -> None:
    before = house.files()
    done = replaced(house, *words)
    assert done.exit_code == 2, done.output
    assert told in done.stderr
    assert house.files() == before


def test_a_name_never_comes_back(house: House) -> None:
    assert replaced(house).exit_code == 0
    back = replaced(house, NEW, OLD)
    assert back.exit_code == 2
    assert f"{OLD} is or was the name of a board" in back.stderr


def test_a_board_that_no_plan_has_wired_is_refused(house: House) -> None:
    text = house.register_file.read_text()
    place = house.register.places()[0].id
    house.register_file.write_text(text + f'[[device]]\nid = "mine"\nplace = "{place}"\n')
    done = replaced(house, "mine", "mine-b")
    assert done.exit_code == 2
    assert "nothing is on record of how mine is wired" in done.stderr


def test_the_old_board_is_out_and_the_new_one_in(tmp_path: Path, program: str) -> None:
    with secured(tmp_path, program) as broker:
        house = House(tmp_path)
        house.write(*ROWS)
        house.good()
        old = (house.identities / f"{OLD}.bin").read_bytes()
        done = replaced(house)
        assert done.exit_code == 0, done.output
        assert f"the certificate of {OLD} no longer counts" in done.output
        new = (house.identities / f"{NEW}.bin").read_bytes()
        assert not let_in(broker, house, OLD, old)
        assert let_in(broker, house, NEW, new)
