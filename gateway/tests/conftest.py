"""What gateway tests share: a clock in their hands and journals that close themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from callpoint_gateway.journal.writer import Journal

from .mosquitto_process import RELEASES


class ManualClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.wall = 1_795_000_000_000
        self.monotonic = 1_000
        self.boot = "test-boot"

    def wall_ms(self) -> int:
        """Return Unix milliseconds."""
        return self.wall

    def monotonic_ms(self) -> int:
        """Return milliseconds that never step."""
        return self.monotonic

    def boot_id(self) -> str:
        """Return the boot, which is the same until ``reboot``."""
        return self.boot

    def advance(self, ms: int) -> None:
        """Let time pass."""
        self.wall += ms
        self.monotonic += ms

    def reboot(self, wall_ms: int) -> None:
        """Start the machine anew; its wall clock then says ``wall_ms``."""
        self.boot += "-again"
        self.wall, self.monotonic = wall_ms, 500


@pytest.fixture(params=RELEASES)
def program(request: pytest.FixtureRequest) -> str:
    """Return the Mosquitto of each release in turn."""
    return str(request.param)


@pytest.fixture
def clock() -> ManualClock:
    """Return a manual clock."""
    return ManualClock()


@pytest.fixture
def alarms(tmp_path: Path, clock: ManualClock) -> Iterator[Journal]:
    """Return an alarms journal on disk."""
    journal = Journal(tmp_path / "alarms.db", clock, chained=True)
    yield journal
    journal.close()


@pytest.fixture
def telemetry(tmp_path: Path, clock: ManualClock) -> Iterator[Journal]:
    """Return a telemetry journal on disk."""
    journal = Journal(tmp_path / "telemetry.db", clock, chained=False)
    yield journal
    journal.close()
