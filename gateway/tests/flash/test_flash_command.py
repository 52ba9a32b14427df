"""``callpoint flash``: what a technician types and sees, also after the program was killed."""

import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from callpoint_cli.main import main
from callpoint_rig.workbench import (
    Technician,
    blank_boards,
    device_of,
    make_identities,
    make_image,
    ticked,
)
from callpoint_technician.flash.batch import Stage, opened

KILLS = 4
LONG_S = 60.0


class Bench:
    """Identities and an image in a folder."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self.identities = folder / "identities"
        self.devices = make_identities(self.identities, count)
        make_image(folder / "image", 40_000)

    @property
    def words(self) -> list[str]:
        return ["flash", str(self.identities), "--image", str(self.folder / "image")]

    def flash(self, *more: str) -> Result:
        return CliRunner().invoke(main, [*self.words, *more])


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, 2)


def test_two_boards_and_the_same_command_again(bench: Bench) -> None:
    boards = blank_boards(2)
    with Technician(bench.folder, boards, 2) as technician:
        done = bench.flash("--no-wait", *technician.ports)
    assert done.exit_code == 0, done.output
    assert sorted(filter(None, map(device_of, boards))) == bench.devices
    for board in boards:
        assert f": {device_of(board)} is on board {board.mac}" in done.output
    assert "still holds keys of devices; delete it when all are connected" in done.output
    assert done.output.endswith("2 of 2 written\n")
    again = bench.flash("--no-wait", "--lang", "zh", "--port", str(bench.folder / "tty9"))
    assert again.exit_code == 0, again.output
    assert again.output.endswith("已写入 2/2\n")


def test_a_folder_without_identities(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 0)
    done = bench.flash("--no-wait")
    assert done.exit_code == 2
    assert "callpoint plan import" in done.stderr


def test_a_second_flasher_on_the_same_batch_is_refused(bench: Bench) -> None:
    with opened(bench.identities / "batch"):
        done = bench.flash("--no-wait")
    assert done.exit_code == 3
    assert "another flasher works on this batch" in done.stderr


def test_only_its_owner_may_look_into_a_batch(bench: Bench) -> None:
    with opened(bench.identities / "batch"):
        folder = bench.identities / "batch"
        assert folder.stat().st_mode & 0o077 == 0
        assert [each for each in folder.iterdir() if each.stat().st_mode & 0o077] == []


def test_an_image_that_was_changed_is_refused(bench: Bench) -> None:
    (bench.folder / "image" / "010000.bin").write_bytes(b"other")
    done = bench.flash("--no-wait")
    assert done.exit_code == 2
    assert "010000.bin is not what parts.json says" in done.stderr


def test_release_gives_an_identity_away_only_if_its_board_never_had_a_byte(bench: Bench) -> None:
    with opened(bench.identities / "batch") as batch:
        batch.bind("24:0a:c4:00:00:01", ["flat-000"])
        batch.bind("24:0a:c4:00:00:02", ["flat-001"])
        batch.writing("24:0a:c4:00:00:02", "", 0)
    nothing = ("--no-wait", "--port", str(bench.folder / "tty0"))
    refused = bench.flash("--release", "flat-001", "--device", "flat-000", *nothing)
    assert refused.exit_code == 4
    assert "its identity may be on 24:0a:c4:00:00:02" in refused.stderr
    assert "callpoint replace flat-001 NEW" in refused.stderr
    board = blank_boards(4)[3]
    with Technician(bench.folder, [board], 1) as technician:
        done = bench.flash(
            "--release", "flat-000", "--device", "flat-000", "--no-wait", *technician.ports
        )
    assert done.exit_code == 0, done.output
    assert device_of(board) == "flat-000"
    # Once the identity has left this machine, its board may become something else.
    (bench.identities / "flat-001.bin").unlink()
    free = bench.flash("--release", "flat-001", *nothing)
    assert free.stdout.startswith("flat-001 and its board are free")


def test_a_board_that_was_erased_is_written_again_if_that_is_said(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 1)
    (board,) = blank_boards(1)
    with Technician(tmp_path, [board], 1) as technician:
        assert bench.flash("--no-wait", *technician.ports).exit_code == 0
    board.flash.data[:] = b"\xff" * len(board.flash.data)
    with Technician(tmp_path, [board], 1) as technician:
        done = bench.flash("--no-wait", "--again", "flat-000", *technician.ports)
    assert done.exit_code == 0, done.output
    assert device_of(board) == "flat-000"
    assert bench.flash("--no-wait", "--again", "flat-001").exit_code == 2


def test_an_identity_that_was_changed_goes_to_the_same_board(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 1)
    (board,) = blank_boards(1)
    with Technician(tmp_path, [board], 1) as technician:
        assert bench.flash("--no-wait", *technician.ports).exit_code == 0
        with opened(bench.identities / "batch") as batch:
            batch.heard(batch.boards()[0].mac)
    make_identities(bench.identities, 1, "estate-2")
    wanted = (bench.identities / "flat-000.bin").read_bytes()
    board.flash.data[:] = b"\xff" * len(board.flash.data)  # or the technician leaves it away
    with Technician(tmp_path, [board], 1) as technician:
        done = bench.flash("--no-wait", *technician.ports)
    assert done.exit_code == 0, done.output
    assert f"flat-000 has another identity since its board {board.mac} was written" in done.output
    assert wanted in board.flash.data


def test_ctrl_c_says_what_is_left(bench: Bench) -> None:
    with opened(bench.identities / "batch") as batch:
        batch.bind("24:0a:c4:00:00:01", ["flat-000"])
    # A process that a shell started in the background does not have the signal's usual effect.
    command = ["env", "--default-signal=INT", sys.executable, "-m", "callpoint_cli.main"]
    nothing = ["--no-wait", "--port", str(bench.folder / "tty0")]
    with subprocess.Popen(
        [*command, *bench.words, *nothing],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as flasher:
        assert flasher.stdout is not None
        assert "Plug in boards" in flasher.stdout.readline()
        flasher.send_signal(signal.SIGINT)
        told, refused = flasher.communicate(timeout=LONG_S)
    assert flasher.returncode == 4
    assert "flat-000 is bound to board 24:0a:c4:00:00:01 and not done" in told
    assert "not all is done: 0 of 2 written; the same command goes on" in refused


def test_killed_at_random_no_identity_is_on_two_boards_and_none_is_lost(tmp_path: Path) -> None:
    bench = Bench(tmp_path, 6)
    boards = blank_boards(6)
    seed = time.time_ns()
    chance = random.Random(seed)
    done = partial(ticked, bench.identities / "batch")
    with Technician(tmp_path, boards, 3, baud=921_600, done=done) as technician:
        command = [sys.executable, "-m", "callpoint_cli.main", *bench.words, "--no-wait"]
        for _ in range(KILLS):
            flasher = subprocess.Popen([*command, *technician.ports], stdout=subprocess.DEVNULL)
            try:
                flasher.wait(chance.uniform(0.5, 2.5))
            except subprocess.TimeoutExpired:
                flasher.send_signal(signal.SIGKILL)
                flasher.wait()
            named = [device for board in boards if (device := device_of(board))]
            assert len(set(named)) == len(named), seed
        last = subprocess.run(
            [*command, *technician.ports], capture_output=True, text=True, timeout=100
        )
    assert last.returncode == 0, (seed, last.stdout, last.stderr)
    assert sorted(filter(None, map(device_of, boards))) == bench.devices, seed
    with opened(bench.identities / "batch") as batch:
        on_record = {board.mac: board.device for board in batch.boards()}
        assert all(board.stage is Stage.WRITTEN for board in batch.boards())
    assert on_record == {board.mac: device_of(board) for board in boards}, seed
