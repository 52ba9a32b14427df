"""The device's care of itself, on the virtual board with a real broker."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from board_process import Board, Gateway, settings
from interpreters import NAMES
from mqtt_peer import Broker

from callpoint_protocol import messages, names
from callpoint_rig.ports import free_port

Boards = Callable[..., Board]
_MARK = b"\xf3" + bytes(5)  # how a slot of the spool begins that is no event
TROUBLE = {"k": names.DEVICE, "s": names.TROUBLE}
RESTORED = {"k": names.DEVICE, "s": names.TROUBLE_RESTORE}


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def gateway(broker: Broker) -> Iterator[Gateway]:
    gateway = Gateway(broker.port)
    yield gateway
    gateway.close()


@pytest.fixture(params=NAMES)
def board(request: pytest.FixtureRequest, tmp_path: Path, broker: Broker) -> Iterator[Board]:
    board = Board(request.param, tmp_path, settings(broker.port))
    yield board
    board.kill()


def _configure(gateway: Gateway, revision: int, **values: int) -> None:
    gateway.say(names.CFG, messages.encode_configuration(revision, values), retain=True)


def _order(gateway: Gateway, number: int, command: int, seconds: int = 0) -> None:
    gateway.say(names.CMD, messages.encode_command(number, command, seconds))


def test_a_configuration_that_the_link_survives_is_kept(board: Board, gateway: Gateway) -> None:
    board.start()
    gateway.until(names.STATUS, s=names.ONLINE)
    _configure(gateway, 5, hb=30)
    gateway.until(names.TELEMETRY, cr=5)
    _until_trial_ended(board)
    gateway.say(names.CFG, b"", retain=True)
    board.kill()
    board.start()
    assert gateway.until(names.TELEMETRY)["cr"] == 5
    assert not [body for channel, body in gateway.seen() if channel == names.EVENT]


def _until_trial_ended(board: Board) -> None:
    """An empty trial record: what was on trial is kept for good."""
    while b"\xa5\x02\x00\x00" not in Path(f"{board.settings}.state").read_bytes():
        board.state()


def test_a_configuration_on_trial_is_gone_after_a_power_cut(
    board: Board, gateway: Gateway
) -> None:
    board.start()
    gateway.until(names.STATUS, s=names.ONLINE)
    _configure(gateway, 5, po=free_port())
    while board.state()["configuration"] != 5:
        continue
    board.kill()
    board.start()
    gateway.until(names.EVENT, d=names.FAULT_CONFIGURATION, **TROUBLE)
    assert gateway.until(names.TELEMETRY)["cr"] == 0
    # The broker retains it and sends it again: it is not tried again, nor told of again.
    _order(gateway, 9, names.REPORT)
    gateway.until(names.TELEMETRY, ci=9)
    assert not [body for channel, body in gateway.seen() if channel == names.EVENT]
    assert board.state()["configuration"] == 0


def test_a_configuration_that_loses_the_link_returns_to_the_last_good_one(
    board: Board, gateway: Gateway
) -> None:
    board.start()
    gateway.until(names.STATUS, s=names.ONLINE)
    _configure(gateway, 5, hb=30)
    gateway.until(names.TELEMETRY, cr=5)
    _until_trial_ended(board)
    _configure(gateway, 6, po=free_port())
    while board.state()["up"] or board.state()["configuration"] != 6:
        continue
    board.ask({"skip": 121_000})
    gateway.until(names.EVENT, d=names.FAULT_CONFIGURATION, **TROUBLE)
    gateway.until(names.TELEMETRY, cr=5)
    _configure(gateway, 7, hb=40)
    gateway.until(names.EVENT, d=names.FAULT_CONFIGURATION, **RESTORED)
    gateway.until(names.TELEMETRY, cr=7)


def test_a_device_moves_to_another_broker(board: Board, gateway: Gateway, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Broker(tmp_path / "other")
    other.start()
    there = Gateway(other.port)
    try:
        board.start()
        gateway.until(names.STATUS, s=names.ONLINE)
        _configure(gateway, 5, ip=0x7F000001, po=other.port)
        there.until(names.TELEMETRY, cr=5)
        board.ask({"set": "button", "to": 1})
        there.until(names.EVENT, k=names.PANIC)
    finally:
        there.close()
        other.kill()


@pytest.mark.parametrize(
    "body", [b"{", b'{"v":1,"r":3,"hb":4}', b'{"v":2,"r":3}', b"\xff\x00", b'{"v":1,"r":0}']
)
def test_a_wrong_configuration_is_refused_once(
    broker: Broker, gateway: Gateway, tmp_path: Path, body: bytes
) -> None:
    board = Board("micropython", tmp_path, settings(broker.port))
    try:
        board.start()
        gateway.until(names.STATUS, s=names.ONLINE)
        for _ in range(3):
            gateway.say(names.CFG, body)
        gateway.until(names.EVENT, d=names.FAULT_CONFIGURATION, **TROUBLE)
        _order(gateway, 1, names.REPORT)
        gateway.until(names.TELEMETRY, ci=1)
        assert not [heard for channel, heard in gateway.seen() if channel == names.EVENT]
    finally:
        board.kill()


def test_a_command_is_obeyed_once_and_told(board: Board, gateway: Gateway) -> None:
    board.start()
    gateway.until(names.STATUS, s=names.ONLINE)
    _order(gateway, 70, names.SELF_TEST)
    gateway.until(names.EVENT, k=names.TEST, s=names.TESTED)
    gateway.until(names.TELEMETRY, ci=70)
    _order(gateway, 70, names.SELF_TEST)
    gateway.until(names.TELEMETRY, ci=70)
    _order(gateway, 71, names.SIREN, 60)
    gateway.until(names.TELEMETRY, ci=71)
    while board.state()["sounder"] != "siren":
        continue
    board.ask({"skip": 60_000})
    while board.state()["sounder"] == "siren":
        continue
    _order(gateway, 72, names.RESTART)
    code, _, _ = board.ended()
    assert code == 70
    board.start(reset_cause=names.CAUSE_HARD)
    assert gateway.until(names.STATUS, s=names.ONLINE)["rc"] == names.CAUSE_HARD
    # A broker that sends it again does not make it restart again, and it was no crash.
    _order(gateway, 72, names.RESTART)
    gateway.until(names.TELEMETRY, ci=72)
    board.ask({"set": "button", "to": 1})
    events = []
    while not events or events[-1]["k"] != names.PANIC:
        events.append(gateway.until(names.EVENT))
    assert [event for event in events if event["k"] != names.PANIC] == []


def test_crashes_in_a_row_lead_to_safe_mode(board: Board, gateway: Gateway) -> None:
    for _ in range(5):
        board.start(reset_cause=names.CAUSE_WATCHDOG)
        gateway.until(names.EVENT, d=names.FAULT_RESTART, **TROUBLE)
        assert not board.state()["safe"]
        board.kill()
    board.start(reset_cause=names.CAUSE_HARD)
    gateway.until(names.EVENT, d=names.FAULT_SAFE_MODE, **TROUBLE)
    assert board.state()["safe"]
    board.ask({"set": "door", "to": 1})
    board.ask({"set": "button", "to": 1})
    assert gateway.until(names.EVENT)["k"] == names.PANIC, "the door is not wired in safe mode"
    _order(gateway, 5, names.RESTART)
    assert board.ended()[0] == 70
    board.start(reset_cause=names.CAUSE_HARD)
    assert not board.state()["safe"]


def test_mains_that_come_and_go_are_no_crashes(board: Board, gateway: Gateway) -> None:
    for _ in range(8):
        board.start(reset_cause=names.CAUSE_POWER)
        assert not board.state()["safe"]
        board.kill()
    board.start(reset_cause=names.CAUSE_POWER)
    board.ask({"set": "door", "to": 1})
    assert gateway.until(names.EVENT)["k"] == names.DOOR


def test_a_minute_without_a_crash_ends_the_count(board: Board, gateway: Gateway) -> None:
    for _ in range(6):
        board.start(reset_cause=names.CAUSE_WATCHDOG)
        gateway.until(names.EVENT, d=names.FAULT_RESTART, **TROUBLE)
        board.ask({"skip": 61_000})
        gateway.until(names.EVENT, d=names.FAULT_RESTART, **RESTORED)
        assert not board.state()["safe"]
        board.kill()


def test_a_loop_that_stands_still_is_ended_by_the_watchdog(board: Board) -> None:
    board.start(watchdog_ms=1000)
    board.state()
    board.tell({"block": 10_000})
    assert board.ended()[0] == -14  # SIGALRM


def _sleeping(content: dict[str, Any]) -> dict[str, Any]:
    return content | {"sleep": {"heartbeat_s": 3600, "awake_s": 5}}


@pytest.mark.parametrize("name", NAMES)
def test_a_battery_door_reports_and_sleeps(
    name: str, tmp_path: Path, broker: Broker, gateway: Gateway
) -> None:
    board = Board(name, tmp_path, _sleeping(settings(broker.port)))
    try:
        board.start(reset_cause=names.CAUSE_WAKE)
        board.ask({"set": "door", "to": 1})
        gateway.until(names.EVENT, k=names.DOOR, s=names.NOTICE, d=names.OPEN)
        gateway.until(names.STATUS, s=names.SLEEPING)
        code, said, complaints = board.ended()
        assert (code, complaints) == (71, "")
        assert json.loads(said) == {"sleep": 3_600_000, "wake": {"button": 1, "door": 0}}
        # It took its leave: the broker did not publish the last will over the status.
        last = Gateway(broker.port)
        assert last.until(names.STATUS)["s"] == names.SLEEPING
        last.close()
    finally:
        board.kill()


@pytest.mark.parametrize("name", NAMES)
def test_a_wake_sends_nothing_that_was_delivered_before(
    name: str, tmp_path: Path, broker: Broker, gateway: Gateway
) -> None:
    board = Board(name, tmp_path, _sleeping(settings(broker.port)))
    told = []
    try:
        for wake in range(5):
            board.start(reset_cause=names.CAUSE_WAKE, levels={"door": (wake + 1) % 2})
            assert board.ended()[::2] == (71, "")
            told.append(len([body for channel, body in gateway.seen() if channel == names.EVENT]))
    finally:
        board.kill()
    assert told == [1] * 5


def test_a_sleeper_that_crashed_and_slept_well_again_ends_the_trouble(
    tmp_path: Path, broker: Broker, gateway: Gateway
) -> None:
    board = Board("micropython", tmp_path, _sleeping(settings(broker.port)))
    told = []
    try:
        for _ in range(7):
            for cause in (names.CAUSE_WATCHDOG, names.CAUSE_WAKE):
                board.start(reset_cause=cause)
                assert board.ended()[::2] == (71, "")
            seen = [body for channel, body in gateway.seen() if channel == names.EVENT]
            told.append([(body["s"], body["d"]) for body in seen])
    finally:
        board.kill()
    fault = names.FAULT_RESTART
    assert told == [[(names.TROUBLE, fault), (names.TROUBLE_RESTORE, fault)]] * 7


def test_a_later_start_ends_what_an_earlier_one_told_of(board: Board, gateway: Gateway) -> None:
    for _ in range(6):
        board.start(reset_cause=names.CAUSE_WATCHDOG)
        gateway.until(names.EVENT, b=board.state()["boot"], **TROUBLE)
        board.kill()
    board.start(reset_cause=names.CAUSE_POWER)
    gateway.until(names.STATUS, b=board.state()["boot"], s=names.ONLINE)
    board.ask({"skip": 61_000})
    gateway.until(names.EVENT, d=names.FAULT_RESTART, **RESTORED)
    gateway.until(names.EVENT, d=names.FAULT_SAFE_MODE, **RESTORED)


def test_what_waits_under_one_identity_is_not_sent_under_another(
    broker: Broker, gateway: Gateway, tmp_path: Path
) -> None:
    content = settings(free_port(), device="lobby")
    board = Board("micropython", tmp_path, content)
    try:
        board.start()
        board.ask({"set": "button", "to": 1})
        while not board.state()["depth"]:
            continue
        board.kill()
        content.update(settings(broker.port))
        board.start()
        gateway.until(names.STATUS, s=names.ONLINE)
        board.ask({"set": "door", "to": 1})
        assert gateway.until(names.EVENT)["k"] == names.DOOR
    finally:
        board.kill()


def test_what_was_delivered_before_a_power_cut_is_not_sent_again(
    board: Board, gateway: Gateway
) -> None:
    for start in range(3):
        board.start()
        gateway.until(names.STATUS, s=names.ONLINE)
        board.ask({"set": "button", "to": 1})
        assert gateway.until(names.EVENT)["b"] & 0xFFFF == (boot := board.state()["boot"]) & 0xFFFF
        # One mark for each start, one for what was delivered.
        while Path(f"{board.settings}.flash").read_bytes().count(_MARK) < 2 * (start + 1):
            assert board.state()["boot"] == boot
        board.kill()


def test_a_battery_door_that_reaches_nobody_sleeps_and_keeps_the_event(tmp_path: Path) -> None:
    board = Board("micropython", tmp_path, _sleeping(settings(free_port())))
    try:
        board.start(reset_cause=names.CAUSE_WAKE)
        board.ask({"set": "door", "to": 1})
        code, said, _ = board.ended()
        assert (code, json.loads(said)["sleep"]) == (71, 300_000)
        board.start(reset_cause=names.CAUSE_WAKE, levels={"door": 1})
        assert board.state()["depth"] == 1
    finally:
        board.kill()
