"""What a feed does while alarms come: small parcels, so that each takes the processor shortly."""

import threading
import time
from collections.abc import Sequence

import pytest

from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import Entry, FaultBody, NewEntry, TelemetryBody, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.sinks.contract import Parcel, Refusal
from callpoint_gateway.sinks.feed import FEW, Feed

from ..conftest import ManualClock

WAIT_S = 60.0
BATCH = 4 * FEW
ROWS = 3 * BATCH


class AlarmsCome:
    """A sink at whose every request an alarm is stored."""

    topic = "point"

    def __init__(self, alarms: Journal) -> None:
        self._alarms = alarms
        self.sizes: list[int] = []
        self.all_sent = threading.Event()

    def pack(self, entries: Sequence[Entry]) -> Parcel:
        """Take them all."""
        last = entries[-1]
        pieces = [str(entry.position) for entry in entries]
        return Parcel(last.position, pieces, [], last.recorded_ms, last.boot_id, last.mono_ms)

    def deliver(self, parcel: Parcel) -> list[Refusal]:
        """Store an alarm; all is taken."""
        stored = threading.Event()
        fault = NewEntry(Type.FAULT, FaultBody("test", True, "one more"))
        self._alarms.submit([fault], lambda _: stored.set())
        assert stored.wait(WAIT_S)
        self.sizes.append(len(parcel.pieces))
        if sum(self.sizes) == ROWS:
            self.all_sent.set()
        return []

    def close(self) -> None:
        """Nothing is open."""


class Nobody:
    """Is told how the feed is."""

    def up(self, reason: str) -> None:
        """It works."""

    def down(self, reason: str, remedy: str) -> None:
        """It does not."""


def test_parcels_are_small_while_alarms_come(
    alarms: Journal, telemetry: Journal, clock: ManualClock
) -> None:
    stored = threading.Event()
    readings = [
        NewEntry(Type.TELEMETRY, TelemetryBody("estate", {"up": n}, 1000), "button", 7, n)
        for n in range(1, ROWS + 1)
    ]
    telemetry.submit(readings, lambda _: stored.set())
    assert stored.wait(WAIT_S)
    sink = AlarmsCome(alarms)
    feed = Feed(
        "test", sink, [telemetry], alarms, clock, lambda low, high: low, Nobody(), batch=BATCH
    )
    feed.start()
    assert sink.all_sent.wait(WAIT_S)
    feed.stop()
    # The first was made before an alarm was seen.
    assert sink.sizes[0] == BATCH
    assert max(sink.sizes[1:]) <= FEW


class Broken:
    """A sink with a mistake of its own."""

    topic = "broken"

    def __init__(self, mistaken: str) -> None:
        """``mistaken``: what it cannot do at first."""
        self._mistaken = mistaken
        self._done: set[str] = set()

    def _do(self, what: str) -> None:
        if what == self._mistaken and what not in self._done:
            self._done.add(what)
            raise ZeroDivisionError("a mistake")

    def pack(self, entries: Sequence[Entry]) -> Parcel:
        self._do("pack")
        last = entries[-1]
        return Parcel(last.position, ["piece"], [], last.recorded_ms, last.boot_id, last.mono_ms)

    def deliver(self, parcel: Parcel) -> list[Refusal]:
        self._do("deliver")
        return []

    def close(self) -> None:
        """Nothing is open."""


class Heard:
    """What a feed reports of itself: whether it was up."""

    def __init__(self) -> None:
        self.ups: list[bool] = []

    def up(self, reason: str) -> None:
        self.ups.append(True)

    def down(self, reason: str, remedy: str) -> None:
        self.ups.append(False)


@pytest.mark.parametrize("mistaken", ["pack", "deliver"])
def test_a_mistake_in_a_sink_is_its_fault_and_does_not_end_the_feed(
    alarms: Journal, caplog: pytest.LogCaptureFixture, mistaken: str
) -> None:
    heard = Heard()
    feed = Feed(
        "broken",
        Broken(mistaken),
        (alarms,),
        alarms,
        SystemClock(),
        lambda low, high: 0.0,
        heard,
        batch=4,
    )
    feed.start()
    try:
        alarms.submit([NewEntry(Type.FAULT, FaultBody("test", True, "begins"))])
        until = time.monotonic() + WAIT_S
        while not feed.sent:
            assert time.monotonic() < until
            time.sleep(0.01)
        assert feed.running
    finally:
        feed.stop()
    assert heard.ups == [False, True]
    assert "ZeroDivisionError" in caplog.text
