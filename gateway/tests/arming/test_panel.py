"""Commands of alarm panels: what is obeyed, and what is said of the rest."""

import pytest

from callpoint_gateway.arming.panel import Ignored, parsed


@pytest.mark.parametrize(
    ("body", "action", "code"),
    [
        (b"ARM_AWAY", "ARM_AWAY", None),
        (b' {"action": "DISARM", "code": "4711"}', "DISARM", "4711"),
        (b'{"action": "DISARM", "code": 4711, "entity": "panel"}', "DISARM", 4711),
        (b'{"action": "ARM_HOME", "code": ""}', "ARM_HOME", ""),
        (b'{"action": "ARM_HOME", "code": null}', "ARM_HOME", None),
    ],
)
def test_what_panels_send(body: bytes, action: str, code: str | int | None) -> None:
    asked = parsed(body)
    assert (asked.action, asked.code, asked.force) == (action, code, False)


@pytest.mark.parametrize(
    "body",
    [b'{"code": "4711"}', b'{"action": 4711}', b'{"action": "DISARM", "code": "4711"', b"4" * 257],
)
def test_what_is_no_command_is_refused_without_repeating_it(body: bytes) -> None:
    with pytest.raises(Ignored) as refusal:
        parsed(body)
    assert "4711" not in str(refusal.value)
