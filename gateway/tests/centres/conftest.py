"""What tests of centres share."""

import pytest

from callpoint_gateway.centres import turns
from callpoint_gateway.centres.dc09 import protocol


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make pauses, and the patience with the silent, fractions of their length."""
    monkeypatch.setattr(protocol, "LONGER_S", 0.1)
    monkeypatch.setattr(turns, "ANSWERED_MAX_S", 1.0)
    monkeypatch.setattr(turns, "OWN_FIRST_S", 0.02)
    monkeypatch.setattr(turns, "OWN_MAX_S", 0.1)
