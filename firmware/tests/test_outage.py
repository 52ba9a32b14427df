"""An outage, a power cut in the middle of it, a week of it; and garbage on every downlink."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from board_process import Board, Gateway, settings
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from interpreters import NAMES
from mqtt_peer import Broker

from callpoint_protocol import messages, names

WEEK_MS = 7 * 24 * 3_600_000
PRESSES = 12


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    yield broker
    broker.kill()


def _pressed(board: Board) -> tuple[int, int]:
    """Press and let go; return boot and sequence of the alarm."""
    alarm = board.ask({"set": "button", "to": 1}, "event")["event"]
    board.ask({"set": "button", "to": 0}, "event")
    return alarm[0], alarm[1]


def _alarms(gateway: Gateway, count: int) -> list[dict[str, Any]]:
    """Return the next alarms, each once, as they came."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        event = gateway.until(names.EVENT, k=names.PANIC, s=names.ALARM)
        if (event["b"], event["q"]) not in [(one["b"], one["q"]) for one in found]:
            found.append(event)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_all_alarms_of_an_outage_with_a_power_cut_in_it_arrive(
    name: str, tmp_path: Path, broker: Broker
) -> None:
    board = Board(name, tmp_path, settings(broker.port))
    try:
        board.start()
        raised = []
        for number in range(PRESSES):
            if number == PRESSES // 2:
                board.kill()
                board.start()
            before = time.time()
            raised.append((*_pressed(board), before, time.time()))
        board.kill()
        broker.start()
        gateway = Gateway(broker.port)
        board.start()
        arrived = _alarms(gateway, PRESSES)
        assert [(one["b"], one["q"]) for one in arrived] == [one[:2] for one in raised]
        for event, (_, _, before, after) in zip(arrived, raised, strict=True):
            assert before - 0.1 <= event["t"] / 1000 <= after + 0.1
        gateway.close()
    finally:
        board.kill()


def test_a_gateway_that_is_away_for_a_week_gets_every_alarm_with_its_age(
    tmp_path: Path, broker: Broker
) -> None:
    board = Board("micropython", tmp_path, settings(broker.port))
    try:
        broker.start()
        silent = Gateway(broker.port, stores=False)
        board.start()
        silent.until(names.STATUS, s=names.ONLINE)
        raised = []
        for _ in range(PRESSES):
            raised.append(_pressed(board))
            board.ask({"skip": WEEK_MS // PRESSES})
        silent.close()
        gateway = Gateway(broker.port)
        # On a link that stands, each is repeated at its own time.
        arrived = sorted(_alarms(gateway, PRESSES), key=lambda one: (one["b"], one["q"]))
        assert [(one["b"], one["q"]) for one in arrived] == raised
        for number, event in enumerate(arrived):
            since = (PRESSES - number) * (WEEK_MS // PRESSES)
            assert since <= event["a"] < since + 60_000, "the age counts past the ticks' wrap"
        gateway.close()
    finally:
        board.kill()


_NUMBERS = st.dictionaries(
    st.sampled_from(["v", "r", "i", "c", "sec", "g", "b", "q", "n", "hb", "db", "d1", "ip", "po"]),
    st.one_of(st.integers(-5, 5), st.integers(), st.none(), st.text(max_size=5), st.booleans()),
).map(lambda members: json.dumps({"v": 1} | members).encode())
_BODIES = st.one_of(st.binary(min_size=1, max_size=300), _NUMBERS)


@pytest.mark.parametrize("name", NAMES)
def test_garbage_on_every_downlink_stops_nothing(
    name: str, tmp_path: Path, broker: Broker
) -> None:
    broker.start()
    gateway = Gateway(broker.port)
    board = Board(name, tmp_path, settings(broker.port))
    numbers = iter(range(1_000_000, 2_000_000))
    try:
        board.start()
        gateway.until(names.STATUS, s=names.ONLINE)

        @how(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(st.lists(st.tuples(st.sampled_from(names.DOWN_CHANNELS), _BODIES), max_size=20))
        def play(messages_: list[tuple[str, bytes]]) -> None:
            for channel, body in messages_:
                if _sends_away(channel, body):
                    continue
                gateway.say(channel, body)
            number = next(numbers)
            gateway.say(names.CFG, messages.encode_configuration(number, {}))
            gateway.say(names.CMD, messages.encode_command(number, names.REPORT))
            gateway.until(names.TELEMETRY, ci=number)

        play()
        board.ask({"set": "button", "to": 1})
        gateway.until(names.EVENT, k=names.PANIC, s=names.ALARM)
    finally:
        board.kill()
        gateway.close()


def _sends_away(channel: str, body: bytes) -> bool:
    """A true order to restart, or to try another broker for a while, is no garbage."""
    try:
        if channel == names.CMD:
            return bool(messages.decode_command(body)[1] == names.RESTART)
        if channel == names.CFG:
            settings = messages.decode_configuration(body)[1]
            return bool(settings.get("ip") or settings.get("po"))
    except ValueError:
        pass
    return False
