"""An outage, a power cut in the middle of it, a week of it; and garbage on every downlink."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from board_process import DEADLINE_S, DEVICE, Board, Gateway, settings
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from interpreters import NAMES
from mqtt_peer import Broker
from paho.mqtt.enums import CallbackAPIVersion

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


def _identity(event: dict[str, Any]) -> tuple[int, int]:
    return event["b"], event["q"]


def _alarms(gateway: Gateway, count: int) -> list[dict[str, Any]]:
    """Return the next alarms, each once, as they came."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        event = gateway.until(names.EVENT, k=names.PANIC, s=names.ALARM)
        if _identity(event) not in [_identity(alarm) for alarm in found]:
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
        assert [_identity(event) for event in arrived] == [alarm[:2] for alarm in raised]
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
        # What it was about to send when its clock was set has then been sent.
        silent.say(names.CMD, messages.encode_command(1, names.REPORT))
        silent.until(names.TELEMETRY, ci=1)
        silent.close()
        gateway = Gateway(broker.port)
        # On a link that stands, each is repeated at its own time.
        arrived = sorted(_alarms(gateway, PRESSES), key=_identity)
        assert [_identity(event) for event in arrived] == raised
        for number, event in enumerate(arrived):
            since = (PRESSES - number) * (WEEK_MS // PRESSES)
            assert since <= event["a"] < since + 60_000, "the age counts past the ticks' wrap"
        gateway.close()
    finally:
        board.kill()


def _take_over(port: int) -> None:
    """Have the broker end the device's link, for another that says it is the device."""
    connected = threading.Event()
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=DEVICE)
    client.on_connect = lambda *_: connected.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    assert connected.wait(DEADLINE_S)
    client.disconnect()
    client.loop_stop()


@pytest.mark.parametrize("name", NAMES)
def test_what_has_no_answer_goes_first_over_a_new_link(
    name: str, tmp_path: Path, broker: Broker
) -> None:
    """Before the telemetry of that link, though the next repeat is seconds away."""
    broker.start()
    silent = Gateway(broker.port, stores=False)
    board = Board(name, tmp_path, settings(broker.port))
    try:
        board.start()
        silent.until(names.STATUS, s=names.ONLINE)
        raised = [_pressed(board) for _ in range(2)]
        assert [_identity(event) for event in _alarms(silent, 2)] == raised
        for number in range(1, 9):  # the pauses between repeats grow to ten seconds
            board.ask({"skip": 10_000})
            silent.say(names.CMD, messages.encode_command(number, names.REPORT))
            silent.until(names.TELEMETRY, ci=number)
        _take_over(broker.port)
        silent.until(names.STATUS, s=names.ONLINE)
        again = [
            _identity(body)
            for channel, body in silent.up_to(names.TELEMETRY)
            if channel == names.EVENT and body["s"] == names.ALARM
        ]
        assert again == raised
    finally:
        board.kill()
        silent.close()


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
