"""A disk without room ends a command with words, and leaves nothing half written."""

import resource
import subprocess
import sys
from pathlib import Path

from .plan_house import ROWS, House

COMMAND = [sys.executable, "-m", "callpoint_cli.main"]
SOON_S = 60


def call(house: House, *words: str, most_bytes: int, output: str = "") -> str:
    """Run a command that may write no file larger than that; return its standard error."""
    most = (most_bytes, most_bytes)
    with open(output or "/dev/null", "w") as standard_output:  # noqa: PTH123
        done = subprocess.run(
            [*COMMAND, *words],
            stdout=standard_output,
            stderr=subprocess.PIPE,
            text=True,
            timeout=SOON_S,
            cwd=house.folder,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, most),
        )
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_an_import_without_room_changes_nothing_and_names_the_file(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.write(*ROWS)
    words = ["plan", "import", "units.csv", "-c", "gateway.toml", "--lang", "zh"]
    told = call(house, *words, most_bytes=9_000)
    assert "identities/b3-2-301.bin：文件过大" in told
    assert not house.register_file.exists()
    assert "6 added" in house.good()


def test_an_export_without_room_leaves_no_half_table(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.write(*ROWS)
    house.good()
    told = call(house, *["plan", "export", "out.csv", "-c", "gateway.toml"], most_bytes=100)
    assert "out.csv: File too large" in told
    assert not list(tmp_path.glob("out.csv*"))


def test_an_output_without_room(tmp_path: Path) -> None:
    house = House(tmp_path)
    told = call(house, "plan", "example", "--lang", "zh", most_bytes=9_000, output="/dev/full")
    assert "无法继续写入（磁盘空间不足）" in told
