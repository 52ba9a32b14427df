"""What an alarm point must do, on each board that the rig has."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from board_process import Gateway
from mqtt_peer import Broker

from callpoint_protocol import messages, names

from .rigs import Rig

SOON_S = 60.0
OPEN, CLOSED = 1, 0  # levels of the contacts of the rig


def _until(rig: Rig, key: str, value: object) -> None:
    """Ask for the state until ``key`` has the value."""
    deadline = time.monotonic() + SOON_S
    while (state := rig.state()).get(key) != value:
        assert time.monotonic() < deadline, f"{key} is not {value!r}: {state}"


def _online(rig: Rig) -> None:
    """Wait until the board is online, without reading messages: later checks need them all."""
    _until(rig, "up", True)


def _press(rig: Rig) -> None:
    rig.set("button", CLOSED)


def _position(gateway: Gateway) -> None:
    """Take the first report of the door, which is open at the start."""
    gateway.until(names.EVENT, k=names.DOOR, s=names.NOTICE, d=names.OPEN)


def test_a_press_is_stored_and_shown(rig: Rig, gateway: Gateway) -> None:
    _online(rig)
    _until(rig, "lamp_on", False)
    _press(rig)
    event = gateway.until(names.EVENT, k=names.PANIC, s=names.ALARM)
    assert event["z"] == 1
    _until(rig, "lamp", "stored")
    for lit in (True, False, True):
        _until(rig, "lamp_on", lit)  # the lamp itself, on a real board: it blinks
    assert rig.lamp() == "stored"
    rig.set("button", OPEN)
    gateway.until(names.EVENT, k=names.PANIC, s=names.RESTORE)
    gateway.say(names.ACK, messages.encode_ack(names.CENTRE, event["b"], event["q"]))
    _until(rig, "lamp", "centre")


def test_a_pulse_of_5_ms_is_two_movements(rig: Rig, gateway: Gateway) -> None:
    _online(rig)
    _position(gateway)
    _until(
        rig, "rest", True
    )  # within the debounce of its first report the movement would count as bounce
    rig.pulse("door", 5)
    first = gateway.until(names.EVENT, k=names.DOOR, s=names.NOTICE)
    second = gateway.until(names.EVENT, k=names.DOOR, s=names.NOTICE)
    assert (first.get("d", names.CLOSED), second.get("d")) == (names.CLOSED, names.OPEN)
    assert second["q"] == first["q"] + 1


def _new_alarm(gateway: Gateway, known: list[tuple[int, int]]) -> tuple[int, int]:
    """Return boot and sequence of the next alarm that is not yet known."""
    while True:
        event = gateway.until(names.EVENT, k=names.PANIC, s=names.ALARM)
        if (event["b"], event["q"]) not in known:
            return event["b"], event["q"]


def test_presses_survive_a_power_cut_while_nobody_answers(rig: Rig, broker: Broker) -> None:
    silent = Gateway(broker.port, stores=False)
    try:
        _online(rig)
        _position(silent)
        raised: list[tuple[int, int]] = []
        for _ in range(3):
            _press(rig)
            raised.append(_new_alarm(silent, raised))
            rig.set("button", OPEN)
            silent.until(names.EVENT, k=names.PANIC, s=names.RESTORE)
    finally:
        silent.close()
    rig.power_cut()
    listening = Gateway(broker.port)
    try:
        rig.start()
        heard: list[tuple[int, int]] = []
        while len(heard) < len(raised):
            heard.append(_new_alarm(listening, heard))
        assert heard == raised, "the same events, in the order in which they happened"
        _until(rig, "depth", 0)
    finally:
        listening.close()


def test_presses_without_a_broker_survive_a_power_cut(rig: Rig, broker: Broker) -> None:
    before = Gateway(broker.port)
    _online(rig)
    _position(before)
    _until(rig, "depth", 0)
    boot = rig.state()["boot"]
    before.close()
    broker.kill()
    _until(rig, "up", False)
    for number in range(1, 3):
        _press(rig)
        _until(rig, "depth", 2 * number - 1)
        rig.set("button", OPEN)
        _until(rig, "depth", 2 * number)
    rig.power_cut()
    broker.start()
    listening = Gateway(broker.port)
    try:
        rig.start()
        events: list[dict[str, Any]] = []
        while len(events) < 4:
            event = listening.until(names.EVENT, k=names.PANIC)
            if event not in events:
                events.append(event)
    finally:
        listening.close()
    states = [names.ALARM, names.RESTORE] * 2
    assert [(event["b"], event["s"]) for event in events] == [(boot, state) for state in states]
    numbers = [event["q"] for event in events]
    assert numbers == list(range(numbers[0], numbers[0] + 4))


def test_a_restart_by_command(rig: Rig, gateway: Gateway) -> None:
    gateway.until(names.STATUS, s=names.ONLINE, rc=names.CAUSE_POWER)
    boot = rig.state()["boot"]
    gateway.say(names.CMD, messages.encode_command(7, names.RESTART))
    rig.restarted()
    gateway.until(names.STATUS, s=names.ONLINE, rc=names.CAUSE_HARD)
    assert rig.state()["boot"] == boot + 1
    gateway.say(names.CMD, messages.encode_command(7, names.RESTART))
    gateway.until(names.TELEMETRY, ci=7)
    gateway.say(names.CMD, messages.encode_command(8, names.SELF_TEST))
    gateway.until(names.EVENT, k=names.TEST, s=names.TESTED)
    assert rig.state()["boot"] == boot + 1, "a command that comes twice is obeyed once"


def test_a_siren_sounds_and_ends(rig: Rig, gateway: Gateway) -> None:
    _online(rig)
    gateway.say(names.CMD, messages.encode_command(7, names.SIREN, 60))
    gateway.until(names.TELEMETRY, ci=7)
    _until(rig, "sounder", "siren")
    gateway.say(names.CMD, messages.encode_command(8, names.SIREN, 0))
    gateway.until(names.TELEMETRY, ci=8)
    _until(rig, "sounder", "off")


def test_the_device_that_is_looked_for_shows_itself(rig: Rig, gateway: Gateway) -> None:
    _online(rig)
    gateway.say(names.CMD, messages.encode_command(8, names.IDENTIFY, 5))
    gateway.until(names.TELEMETRY, ci=8)
    _until(rig, "lamp", "test")


def test_a_wrong_configuration_is_refused(rig: Rig, gateway: Gateway) -> None:
    _online(rig)
    gateway.say(names.CFG, b'{"v":1,"r":3,"hb":1}')
    gateway.until(names.EVENT, k=names.DEVICE, s=names.TROUBLE, d=names.FAULT_CONFIGURATION)
    gateway.say(names.CMD, messages.encode_command(9, names.REPORT))
    assert gateway.until(names.TELEMETRY, ci=9)["cr"] == 0


@pytest.mark.usefixtures("hardware")
def test_a_sleeping_board_is_woken_by_its_door(
    rig_of: Callable[..., Rig], gateway: Gateway
) -> None:
    """When the chip sleeps, the pin that holds the door closed releases it: the door opens."""
    rig = rig_of(sleep={"heartbeat_s": 3600, "awake_s": 5})
    _online(rig)
    _position(gateway)
    rig.set("door", CLOSED)
    gateway.until(names.EVENT, k=names.DOOR, s=names.NOTICE)
    gateway.until(names.STATUS, s=names.SLEEPING)
    rig.restarted()
    gateway.until(names.STATUS, s=names.ONLINE, rc=names.CAUSE_WAKE)
    _position(gateway)
