"""What a resident sees: every answer has a rhythm of its own, and none flashes too fast."""

import ast
import re
from itertools import combinations
from typing import Any

import pytest
from interpreters import FIRMWARE

_SOURCE = (FIRMWARE / "callpoint_firmware/answers.py").read_text("utf-8")
_README = (FIRMWARE / "README.md").read_text("utf-8")


def _table(name: str) -> dict[str, tuple[int, ...]]:
    for node in ast.parse(_SOURCE).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            value: Any = ast.literal_eval(node.value)
            return dict(value)
    raise AssertionError(name)


def _lit(rhythm: tuple[int, ...], length_ms: int) -> list[int]:
    """Return one sample of 10 ms each: 1 lit, 0 dark."""
    samples: list[int] = []
    while len(samples) < length_ms // 10:
        for number, part in enumerate(rhythm):
            samples += [1 - number % 2] * (part // 10)
    return samples[: length_ms // 10]


LAMP = _table("LAMP")


@pytest.mark.parametrize("name", LAMP)
def test_at_most_three_flashes_in_any_second(name: str) -> None:
    samples = _lit(LAMP[name], 20_000)
    rises = [at for at in range(1, len(samples)) if samples[at] and not samples[at - 1]]
    for first in rises:
        assert sum(first <= rise < first + 100 for rise in rises) <= 3


def test_no_two_answers_look_the_same() -> None:
    for name, other in combinations(LAMP, 2):
        assert _lit(LAMP[name], 10_000) != _lit(LAMP[other], 10_000), (name, other)


def test_what_is_heard_is_distinct_and_not_faster() -> None:
    sounder = _table("SOUNDER")
    assert len(set(sounder.values())) == len(sounder)
    assert {"pressed", "stored", "centre", "operator", "undelivered"} == set(sounder)
    for rhythm in sounder.values():
        tones = [at for at in range(0, len(rhythm), 2) if sum(rhythm[:at]) < 1_000]
        assert len(tones) <= 3


def test_the_readme_has_the_same_table() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\w/ ]+) \|", _README, re.MULTILINE))
    words = {"centre": "steady", "idle": "dark"}
    expected = {name: words.get(name, " / ".join(map(str, LAMP[name]))) for name in LAMP}
    assert {name: rows.get(name) for name in LAMP} == expected
