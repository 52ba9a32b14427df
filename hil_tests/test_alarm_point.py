"""What an alarm point must do, on whichever board is in the rig."""

from __future__ import annotations

import time
from typing import Any

from board_process import Gateway

from callpoint_protocol import messages, names

from .rigs import Rig

SOON_S = 20.0


def _until(rig: Rig, key: str, value: Any) -> dict[str, Any]:
    """Ask for the state until it is so."""
    deadline = time.monotonic() + SOON_S
    while True:
        state = rig.ask({"get": "state"})
        if state.get(key) == value:
            return state
        assert time.monotonic() < deadline, state


def _online(rig: Rig) -> None:
    """Wait for the board and not for its birth: nothing that comes first is passed over."""
    _until(rig, "up", True)


def _position(gateway: Gateway) -> None:
    """The door of the rig is open at the start, and a new device says so."""
    gateway.until(names.EVENT, k=names.DOOR, s=names.NOTICE, d=names.OPEN)


def test_a_press_is_stored_and_shown(rig: Rig, gateway: Gateway) -> None:
    _online(rig)
    rig.ask({"set": "button", "to": 0})
    event = gateway.until(names.EVENT, k=names.PANIC, s=names.ALARM)
    assert event["z"] == 1
    _until(rig, "lamp", "stored")
    rig.ask({"set": "button", "to": 1})
    gateway.until(names.EVENT, k=names.PANIC, s=names.RESTORE)
    gateway.say(names.ACK, messages.encode_ack(names.CENTRE, event["b"], event["q"]))
    _until(rig, "lamp", "centre")


def test_a_pulse_of_5_ms_is_two_movements(rig: Rig, gateway: Gateway) -> None:
    _online(rig)
    _position(gateway)
    _until(rig, "rest", True)  # within the debounce of its first report it would be bounce
    rig.ask({"pulse": "door", "ms": 5})
    closed = gateway.until(names.EVENT, k=names.DOOR, s=names.NOTICE)
    opened = gateway.until(names.EVENT, k=names.DOOR, s=names.NOTICE)
    assert (closed.get("d", names.CLOSED), opened.get("d")) == (names.CLOSED, names.OPEN)


def test_presses_survive_a_power_cut_while_nobody_answers(
    rig: Rig, broker: Any, tmp_path: Any
) -> None:
    silent = Gateway(broker.port, stores=False)
    _online(rig)
    _position(silent)
    raised = []
    for _ in range(3):
        rig.ask({"set": "button", "to": 0})
        event = silent.until(names.EVENT, k=names.PANIC, s=names.ALARM)
        raised.append((event["b"], event["q"]))
        rig.ask({"set": "button", "to": 1})
        silent.until(names.EVENT, k=names.PANIC, s=names.RESTORE)
    silent.close()
    rig.cut()
    listening = Gateway(broker.port)
    rig.start()
    heard: list[tuple[int, int]] = []
    while len(heard) < len(raised):
        event = listening.until(names.EVENT, k=names.PANIC, s=names.ALARM)
        if (event["b"], event["q"]) not in heard:
            heard.append((event["b"], event["q"]))
    assert heard == raised, "the same events, in the order in which they happened"
    _until(rig, "depth", 0)
    listening.close()


def test_a_command_is_obeyed(rig: Rig, gateway: Gateway) -> None:
    _online(rig)
    gateway.say(names.CMD, messages.encode_command(7, names.SELF_TEST))
    gateway.until(names.EVENT, k=names.TEST, s=names.TESTED)
    gateway.until(names.TELEMETRY, ci=7)
    gateway.say(names.CMD, messages.encode_command(8, names.IDENTIFY, 5))
    gateway.until(names.TELEMETRY, ci=8)
    _until(rig, "lamp", "test")


def test_a_wrong_configuration_is_refused(rig: Rig, gateway: Gateway) -> None:
    _online(rig)
    gateway.say(names.CFG, b'{"v":1,"r":3,"hb":1}')
    gateway.until(names.EVENT, k=names.DEVICE, s=names.TROUBLE, d=names.FAULT_CONFIGURATION)
