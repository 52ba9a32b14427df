"""The store keeps what it has taken, at whichever flash operation the power goes."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from interpreters import FIRMWARE, NAMES, PROTOCOL, interpreter

_HERE = Path(__file__).parent


def _run(name: str, script: str, *words: str) -> dict[str, Any]:
    done = subprocess.run(
        [interpreter(name), str(_HERE / script), str(FIRMWARE), str(PROTOCOL), *words],
        capture_output=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace") + done.stdout.decode()
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("torn", ["0", "1"], ids=["clean", "torn"])
@pytest.mark.parametrize("name", NAMES)
def test_a_cut_at_every_flash_operation_loses_nothing(name: str, torn: str) -> None:
    result = _run(name, "cut_store.py", torn)
    print(f"{result['points']} cut points")
    assert result["points"] > 150
    assert result["lost"] == 0


@pytest.mark.parametrize("name", NAMES)
def test_bad_flash_and_bad_values(name: str) -> None:
    result = _run(name, "store_faults.py")
    assert result == {
        "garbage": 0,
        "worn": 0,
        "too_long": 1,
        "full": 1,
        "kept_when_full": 1,
        "same_again": 0,
        "own": 1,
        "of_another": 0,
        "whole_first": ["after", "after"],
        "torn_first": ["before", "before"],
    }


@pytest.mark.parametrize("weak", ["-", "e", "p", "ep"])
@pytest.mark.parametrize("name", NAMES)
def test_torn_and_weak_cells_take_nothing_back(name: str, weak: str) -> None:
    result = _run(name, "weak_store.py", "60", weak)
    assert result["lives"] >= 600
    assert result["wrong"] == 0
