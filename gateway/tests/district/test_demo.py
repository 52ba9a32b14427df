"""``callpoint demo --district``: all parts are real, and it ends well, in Chinese too."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from callpoint_rig.district_demo import judged
from callpoint_rig.district_scenario import DistrictVerdict

SOON_S = 180.0
COMMAND = [sys.executable, "-m", "callpoint_cli.main", "demo", "--district"]
GOOD = DistrictVerdict(
    raised=33,
    arrived=33,
    twice=0,
    lost=0,
    chains_whole=True,
    alarms=3,
    acknowledged=3,
    back=3,
    buttons=3,
    lamps=3,
)


def session_of(number: int) -> set[int]:
    """Return the processes of a session that live."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == number and fields[0] != "Z":
            found.add(int(folder.name))
    return found


def test_the_demo_of_a_district_ends_well_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "--json", "--lang", "zh"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # As `.venv/bin/callpoint`: the programs stand beside Python, not on the PATH.
        env=os.environ | {"TMPDIR": str(tmp_path), "PATH": os.defpath},
        start_new_session=True,
    ) as demo:
        printed, told = demo.communicate(timeout=SOON_S)
    assert demo.returncode == 0, told
    assert json.loads(printed) == {**msgspec.to_builtins(GOOD), "good": True}
    assert "4/6  按下按钮时数据库（PostgreSQL）崩溃" in told
    assert list(tmp_path.iterdir()) == []
    assert session_of(demo.pid) == set()


def test_a_demo_that_is_told_to_end_takes_its_parts_with_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        COMMAND,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        start_new_session=True,
    ) as demo:
        assert demo.stdout is not None
        while "minute" not in demo.stdout.readline():
            assert demo.poll() is None
        until = time.monotonic() + SOON_S
        while len(session_of(demo.pid)) < 3:
            assert time.monotonic() < until
        demo.send_signal(signal.SIGTERM)
        demo.wait(SOON_S)
    while session_of(demo.pid):
        assert time.monotonic() < until
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"arrived": 32, "lost": 1},
        {"twice": 1},
        {"chains_whole": False},
        {"acknowledged": 2},
        {"back": 2},
        {"lamps": 2},
    ],
)
def test_a_verdict_is_bad_for_each_thing_that_is_wrong(wrong: dict[str, object]) -> None:
    assert GOOD.good
    assert not msgspec.structs.replace(GOOD, **wrong).good


def test_a_verdict_is_told_in_both_languages() -> None:
    told = judged(GOOD)
    assert told.in_("en").startswith("verdict: raised 33, arrived at the district 33, twice 0, l")
    assert told.in_("zh").startswith("结论：触发 33，到达区 33，重复 0，丢失 0；哈希链完整；")
    broken = judged(msgspec.structs.replace(GOOD, chains_whole=False))
    assert "hash chains BROKEN" in broken.in_("en")
    assert "哈希链已损坏" in broken.in_("zh")
