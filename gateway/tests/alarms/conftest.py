"""What the tests of the desk share."""

import pytest

from callpoint_gateway.journal.writer import Journal

from ..conftest import ManualClock
from .desk_house import House


@pytest.fixture
def house(alarms: Journal, clock: ManualClock) -> House:
    return House(alarms, clock)
