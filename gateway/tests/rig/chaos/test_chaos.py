"""Faults by chance, bounded: ``make soak`` plays more, ``callpoint chaos run --seed`` again."""

import asyncio
import json
import secrets
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_rig.chaos import command
from callpoint_rig.chaos.command import CASES, NEIGHBOURS, chaos
from callpoint_rig.chaos.harness import Harness, Verdict

# It waits for three minutes of quiet at the most.
pytestmark = pytest.mark.timeout(400)

SECONDS = 6.0


def play(folder: Path, seed: int, *, seconds: float = SECONDS) -> Verdict:
    return asyncio.run(Harness(folder, seed).run(seconds))


BY_CHANCE = pytest.param(1_000_000 + secrets.randbelow(1_000_000), id="by chance")


@pytest.mark.parametrize("seed", [41, BY_CHANCE])
def test_nothing_is_lost_whatever_fails(tmp_path: Path, seed: int) -> None:
    verdict = play(tmp_path, seed)
    again = f"callpoint chaos run --seed {seed} --seconds {SECONDS:g}"
    assert verdict.wrong == [], again
    assert verdict.lost == verdict.duplicates == 0
    assert verdict.raised == verdict.stored == verdict.delivered > 30
    assert sum(verdict.faults.values()) > 1


def test_the_judge_finds_what_a_forgetful_gateway_loses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callpoint_rig.chaos.harness.QUIET_S", 3.0)
    program = (str(Path(__file__).with_name("forgetful_gateway.py")),)
    harness = Harness(tmp_path, 1, ["repeats"], program)
    verdict = asyncio.run(harness.run(4.0))
    assert verdict.lost
    assert any(text.startswith("stored, and not in the journal") for text in verdict.wrong)
    assert any(text.startswith("still on its way") for text in verdict.wrong)


def verdict_of(seed: int, wrong: list[str]) -> Verdict:
    return Verdict(seed, 9, 9, 8, len(wrong), 0, 2, None, {"repeats": 3}, wrong)


def test_the_report_has_a_line_for_each_fault_and_says_what_went_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong: list[str] = []
    monkeypatch.setattr(command, "play", lambda seed, *_, **__: verdict_of(seed, wrong))
    shown = CliRunner().invoke(chaos, ["report", "--seed", "5"])
    assert shown.exit_code == 0
    assert all(name in shown.stdout for name in (*CASES, *NEIGHBOURS))
    as_json = CliRunner().invoke(chaos, ["report", "--seed", "5", "--json"])
    assert json.loads(as_json.stdout)["disk full"]["raised"] == 9
    wrong.append("not at the centre: chaos1 7")
    bad = CliRunner().invoke(chaos, ["report", "--seed", "5"])
    assert bad.exit_code == 4
    assert "disk full: not at the centre: chaos1 7" in bad.stderr


def test_a_seed_that_fails_is_printed_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "play", lambda seed, *_: verdict_of(seed, ["lost it"]))
    shown = CliRunner().invoke(chaos, ["run", "--seed", "7", "--seconds", "3"])
    assert shown.exit_code == 4
    assert "lost it; to repeat it: callpoint chaos run --seed 7 --seconds 3" in shown.stderr
