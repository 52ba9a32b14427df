"""The spool loses nothing that it has taken, at whichever flash operation the power goes."""

import json
import subprocess
from pathlib import Path

import pytest
from interpreters import FIRMWARE, NAMES, PROTOCOL, interpreter

_SCRIPT = Path(__file__).with_name("cut_spool.py")


def _cuts(name: str, seed: int, every: int, torn: bool) -> dict[str, int]:
    command = [interpreter(name), str(_SCRIPT), str(FIRMWARE), str(PROTOCOL)]
    done = subprocess.run(
        [*command, str(seed), str(every), str(int(torn))],
        capture_output=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace") + done.stdout.decode()
    result: dict[str, int] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("torn", [False, True], ids=["clean", "torn"])
def test_a_cut_at_every_flash_operation_loses_nothing(torn: bool) -> None:
    result = _cuts("micropython", 0, 1, torn)
    assert result["points"] == result["programs"] + result["erases"]
    assert (result["lost"], result["twice"], result["repeated"]) == (0, 0, 0)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize("name", NAMES)
def test_random_runs_with_cuts_lose_nothing(name: str, seed: int) -> None:
    result = _cuts(name, seed, 16, bool(seed & 1))
    assert (result["lost"], result["twice"], result["repeated"]) == (0, 0, 0)
    assert result["points"] > 20


def test_an_event_costs_about_one_program() -> None:
    result = _cuts("micropython", 1, 1000, False)
    assert result["programs"] < 2 * result["events"]


def _fill(name: str, every: int) -> dict[str, int]:
    script = _SCRIPT.with_name("full_spool.py")
    done = subprocess.run(
        [interpreter(name), str(script), str(FIRMWARE), str(PROTOCOL), str(every)],
        capture_output=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    result: dict[str, int] = json.loads(done.stdout)
    assert result["reports"] == 1
    assert result["raised"] - result["waiting"] == result["lost"]
    return result


@pytest.mark.parametrize("name", NAMES)
def test_a_full_spool_gives_up_status_and_keeps_every_alarm(name: str) -> None:
    result = _fill(name, 20)
    assert result["now"] == result["later"] == result["alarms"]


@pytest.mark.parametrize("name", NAMES)
def test_a_spool_full_of_alarms_keeps_as_many_as_it_holds(name: str) -> None:
    result = _fill(name, 1)
    assert result["now"] == result["capacity"] - 1
    assert result["now"] <= result["later"]


def _said(name: str, script: str, *words: str) -> dict[str, int]:
    done = subprocess.run(
        [interpreter(name), str(_SCRIPT.with_name(script)), str(FIRMWARE), str(PROTOCOL), *words],
        capture_output=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    result: dict[str, int] = json.loads(done.stdout)
    return result


_WEAK = (
    "100 6 256 p marks",
    "60 6 512 ep marks",
    "60 8 256 e marks",
    "100 4 256 ep any",
    "40 4 512 - any",
    "4 4 4096 ep marks",
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("words", _WEAK)
def test_torn_and_weak_cells_lose_nothing_and_repeat_no_boot(name: str, words: str) -> None:
    result = _said(name, "weak_spool.py", *words.split())
    assert result["cuts"] == result["lives"] >= 48
    assert (result["lost"], result["repeated"], result["gave_way"]) == (0, 0, 0)


@pytest.mark.parametrize("name", NAMES)
def test_dead_cells_doubtful_marks_and_other_owners(name: str) -> None:
    assert _said(name, "spool_faults.py") == {
        "dead_header": 0,
        "mark_in_doubt": [0, 0],
        "one_waits": [1, 0, 1],
        "another_owner": [1, 0, 1, 0],
    }
