"""Wi-Fi that is tried for ever, on a fake of the driver that answers as the port's does."""

from __future__ import annotations

from typing import Any

import pytest
from interpreters import NAMES, said_on_fakes

_IDLE, _CONNECTING, _ONLINE, _FAILED = range(4)


@pytest.fixture(params=NAMES, scope="module")
def findings(request: pytest.FixtureRequest) -> dict[str, Any]:
    said, _ = said_on_fakes(request.param, "wifi_script.py")
    found: dict[str, Any] = {"refused": []}
    for name, value in said:
        if name == "refused":
            found[name].append(value)
        else:
            found[name] = value
    return found


def test_it_joins_without_power_saving(findings: dict[str, Any]) -> None:
    assert findings["joins"] == [_CONNECTING, _ONLINE, _ONLINE]
    assert findings["no power saving"] is True
    assert findings["no retries of the driver"] == 0
    assert (findings["static"], findings["hostname"]) == ("192.0.2.53", "lobby")
    assert findings["address"] == ["192.0.2.7", "192.0.2.53", -61]


def test_asking_for_the_signal_of_a_link_just_lost_is_no_fault(findings: dict[str, Any]) -> None:
    assert findings["lost since the last look"] == [_ONLINE, None]


def test_a_restarted_access_point_is_joined_again(findings: dict[str, Any]) -> None:
    assert findings["lost"] == _CONNECTING
    assert findings["comes back"] is True
    assert findings["never another password"] is True


def test_a_link_that_comes_late_is_kept(findings: dict[str, Any]) -> None:
    assert findings["late"] == [_CONNECTING, _ONLINE]
    assert findings["attempts"] == 1


def test_leaving_one_network_does_not_fail_the_next(findings: dict[str, Any]) -> None:
    assert findings["switch"] == [_CONNECTING] * 2 + [_ONLINE] * 4
    assert findings["switched with"] == ["lab", "home"], "one attempt at each"


def test_a_network_over_improv(findings: dict[str, Any]) -> None:
    assert findings["wrong password"][0] == _CONNECTING, "one failure says little"
    assert _FAILED in findings["wrong password"], "within the 30 s that Improv waits"
    assert findings["right password"] == _ONLINE
    assert findings["rejoins"] is True
    assert findings["remembered"] == ["home"]


def test_a_driver_that_refuses_is_asked_again(findings: dict[str, Any]) -> None:
    assert (findings["busy"], findings["then"]) == (_CONNECTING, True)
    assert (findings["no memory"], findings["memory again"]) == (_CONNECTING, True)
    assert findings["off"] == [_IDLE, None, None]


def test_attempts_become_rarer_and_are_not_in_step(findings: dict[str, Any]) -> None:
    pauses = findings["pauses"]
    assert pauses[1] <= 3_000
    assert all(30_000 <= pause <= 73_000 for pause in pauses[8:])
    assert len(set(pauses[8:])) > 1


def test_without_a_network_it_waits_to_be_given_one(findings: dict[str, Any]) -> None:
    assert findings["nothing known"] == [_IDLE] * 3


def test_wrong_settings_are_named(findings: dict[str, Any]) -> None:
    assert findings["refused"] == ["static", "static", "hostname", "hostname"]


def test_the_strongest_access_point_is_asked_but_not_only_that(findings: dict[str, Any]) -> None:
    assert findings["asked"] == [True, False]
    assert findings["asked by a sleeper"] == [None], "a scan costs it seconds awake"


def test_the_reason_of_the_last_failure_does_not_fail_the_next(findings: dict[str, Any]) -> None:
    assert findings["slow after a failure"] == [False, _ONLINE]


def test_a_driver_that_is_online_in_vain_is_started_anew(findings: dict[str, Any]) -> None:
    assert 20 <= findings["joined while alone"] <= 40, "in a day, after longer and longer times"
    assert findings["online again"] is True
    assert findings["joined while reached"] == 0


def test_the_other_known_network_is_tried(findings: dict[str, Any]) -> None:
    assert (findings["falls back"], findings["and back"]) == (True, True)
