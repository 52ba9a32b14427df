"""A network that is told over the air: no order leaves a board without one that works."""

from __future__ import annotations

from typing import Any

import pytest
from interpreters import NAMES, said_on_fakes

from callpoint_protocol.names import WIFI_USED, WIFI_VAIN, WIFI_WAITS


@pytest.fixture(params=NAMES, scope="module")
def findings(request: pytest.FixtureRequest) -> dict[str, Any]:
    said, printed = said_on_fakes(request.param, "wifi_change_script.py")
    assert "password" not in str(printed)
    return dict(said)


def test_one_that_works_is_used_and_kept(findings: dict[str, Any]) -> None:
    assert findings["good"] == ["new", True, WIFI_USED, 1]
    assert findings["good is kept"] is True
    assert findings["after a restart"][:3] == ["new", True, WIFI_USED]


@pytest.mark.parametrize("name", ["nobody there", "no broker there"])
def test_one_in_vain_is_left_and_told(findings: dict[str, Any], name: str) -> None:
    assert findings[name] == ["lab", True, WIFI_VAIN, 1]
    assert findings["nothing is kept"] is None


def test_a_trial_that_is_cut_off_begins_with_the_old_one(findings: dict[str, Any]) -> None:
    assert findings["in the middle"][0] == "new"
    assert findings["cut off"][:3] == ["lab", True, WIFI_WAITS]


def test_one_that_waits_is_tried_when_the_own_is_lost(findings: dict[str, Any]) -> None:
    assert findings["waits"] == ["lab", True, WIFI_WAITS, 0]
    assert findings["moves by itself"] == ["new", True, WIFI_USED, 1]


def test_the_old_one_is_the_fall_back_for_a_day(findings: dict[str, Any]) -> None:
    assert findings["moved"][:3] == ["new", True, WIFI_USED]
    assert findings["falls back"][:2] == ["old", True]
    assert findings["and returns"][:2] == ["new", True]
    assert findings["forgets after a day"] == 5


def test_a_malformed_one_is_passed_over(findings: dict[str, Any]) -> None:
    assert [findings[f"malformed {number}"] for number in range(4)] == [0] * 4
