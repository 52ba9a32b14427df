"""A day's work with the real commands: a table of units, an image, and a box of blank boards."""

from functools import partial
from pathlib import Path

from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_rig.workbench import Technician, blank_boards, ticked
from callpoint_technician.flash.folders import read_image
from callpoint_technician.identity import image

from .plan_house import House
from .synthetic import stock_file

ROWS = (
    "Building 3,2,301,b3-2-301,devkit,panic + tamper,mains,estate",
    "Building 3,2,302,b3-2-302,devkit,panic + smoke,mains,estate",
)


def called(*words: str) -> str:
    done = CliRunner().invoke(main, list(words))
    assert done.exit_code == 0, done.output
    return done.output


def test_from_a_table_of_units_to_boards_that_know_who_they_are(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.write(*ROWS)
    house.good()
    stock, parts_folder = tmp_path / "stock.bin", tmp_path / "esp32"
    stock.write_bytes(stock_file())
    called("firmware", "image", "--stock", str(stock), "--chip", "esp32", "-o", str(parts_folder))
    boards = blank_boards(2)
    for board in boards:
        board.flash.data[:] = b"\0" * len(board.flash.data)  # used before
    done = partial(ticked, house.identities / "batch")
    with Technician(tmp_path, boards, 2, done=done) as technician:
        flash = ["flash", str(house.identities), "--image", str(parts_folder), "--no-wait"]
        told = called(*flash, *technician.ports)
    assert told.endswith("2 of 2 written\n")
    _, parts = read_image(parts_folder)
    names = set()
    for board in boards:
        for part in parts:
            found = bytes(board.flash.data[part.offset : part.offset + part.reserve])
            if part.name == "identity":
                settings = image.read(found)
                names.add(settings.device)
                assert (house.identities / f"{settings.device}.bin").read_bytes() == found
            else:
                assert found == part.data.ljust(part.reserve, b"\xff"), part.name
    assert names == {"b3-2-301", "b3-2-302"}
