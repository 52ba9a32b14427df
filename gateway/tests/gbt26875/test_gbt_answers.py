"""What a fire centre reads and orders, and what it is answered."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from callpoint_gateway.centres.gbt26875.facts import component_number
from callpoint_gateway.centres.gbt26875.path import OFFSET
from callpoint_gateway.centres.memory import Memory
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    Mark,
    NewEntry,
    TelemetryBody,
    Type,
)
from callpoint_protocol import names
from callpoint_rig.receivers.fire_centre import (
    CONFIRM,
    CONTROL,
    DENY,
    REQUEST,
    RESPONSE,
    SEND,
)

from ..conftest import ManualClock
from .estate import (
    ASKED,
    KITCHEN,
    LOCAL,
    NOON_MS,
    SYSTEM,
    Estate,
    asked,
    play,
    report,
)


def test_every_read_is_answered_with_what_is_known(tmp_path: Path, clock: ManualClock) -> None:
    async def scenario(one: Estate) -> None:
        await one.path.supervise()
        opened = await one.event(names.SMOKE, names.ALARM, 2)
        await one.event(names.SMOKE, names.TROUBLE, 2)
        body = TelemetryBody("estate", {"mv": 3049, "tc": -55}, NOON_MS - 60_000)
        await one.telemetry.store([NewEntry(Type.TELEMETRY, body, "kitchen", 65537, 1)])
        done = ActionBody(Action.ACKNOWLEDGE, "desk-1", "cli")
        await one.alarms.store([NewEntry(Type.ACTION, done, about=opened)])
        one.silent.add("kitchen")
        one.shielded.add(("kitchen", 2))
        part = SYSTEM | {"component": 42, "number": KITCHEN}
        text = {"text": "幸福里 / 3 / 厨房"}
        extent = {"text": "2 devices, 3 zones"}
        minute = {"at": "2026-11-22 12:13:56"}
        record = {"flags": 2, "operator": 1, "at": LOCAL}
        states = [
            part | {"status": 0x000F, "at": LOCAL} | text,
            *[SYSTEM | {"component": 0, "number": 7, "status": 0x0005, "at": LOCAL} | text],
        ]
        expected: dict[int, tuple[int, list[dict[str, object]]]] = {
            61: (1, [SYSTEM | {"status": 0x000F, "at": LOCAL}]),
            62: (2, states),
            63: (
                3,
                [
                    part | {"quantity": 3, "value": -55} | minute,
                    part | {"quantity": 8, "value": 30} | minute,
                ],
            ),
            64: (4, [SYSTEM | record]),
            65: (5, [SYSTEM | {"major": 0, "minor": 1}]),
            66: (6, [SYSTEM | extent]),
            67: (7, [part | text]),
            68: (8, [SYSTEM | {"at": LOCAL}]),
            81: (21, [{"status": 0x07, "at": LOCAL}]),
            84: (24, [record]),
            85: (25, [{"major": 0, "minor": 1}]),
            86: (26, [{"text": "Callpoint, 2 devices, 3 zones"}]),
            88: (28, [{"at": LOCAL}]),
        }
        for unit, data in ASKED.items():
            answer = await asked(one, REQUEST, data)
            assert (answer["command"], answer["type"]) == (RESPONSE, expected[unit][0]), unit
            assert answer["objects"] == expected[unit][1], unit

    play(tmp_path, clock, scenario)


@pytest.mark.parametrize(
    ("command", "data"),
    [
        (REQUEST, bytes([62, 1, 1, 1, 9, 9, 9, 9])),  # no such component
        (REQUEST, bytes([61, 1, 2, 1])),  # another system
        (REQUEST, bytes([61, 1, 1])),  # cut short
        (REQUEST, bytes([99, 1, 0])),
        (REQUEST, bytes([90, 1, 56, 14, 12, 22, 11, 26])),  # an order, not a read
        (CONTROL, bytes([81, 1, 0])),
        (CONTROL, b""),
        (SEND, bytes([21, 1, 1, 56, 14, 12, 22, 11, 26])),
        (99, bytes([81, 1, 0])),
    ],
)
def test_what_cannot_be_done_is_denied(
    tmp_path: Path, clock: ManualClock, command: int, data: bytes
) -> None:
    async def scenario(one: Estate) -> None:
        await one.path.supervise()
        assert (await asked(one, command, data))["command"] == DENY

    play(tmp_path, clock, scenario)


def test_a_read_is_answered_while_a_report_waits(tmp_path: Path, clock: ManualClock) -> None:
    async def scenario(one: Estate) -> None:
        one.centre.answer = lambda heard: None
        position = await one.event(names.SMOKE, names.ALARM, 2)
        sending = asyncio.create_task(
            one.path.send(report(names.SMOKE, names.ALARM, 2, position), 1)
        )
        await one.centre.until(lambda heard: heard["command"] == SEND)
        assert (await asked(one, REQUEST, ASKED[81]))["command"] == RESPONSE
        assert not sending.done()
        one.centre.say(CONFIRM, 0)
        assert (await sending).accepted

    play(tmp_path, clock, scenario)


def test_the_centres_clock_goes_into_every_time_and_moves_no_clock_here(
    tmp_path: Path, clock: ManualClock
) -> None:
    async def scenario(one: Estate) -> None:
        await one.path.supervise()
        at = datetime(2026, 11, 22, 13, 14, 56)
        order = bytes([90, 1, at.second, at.minute, at.hour, at.day, at.month, at.year % 100])
        assert (await asked(one, CONTROL, order))["command"] == CONFIRM
        assert one.memory == {OFFSET: 3600}
        await one.raised(names.SMOKE, names.ALARM, 2)
        (alarm,) = [heard for heard in one.centre.heard if heard["type"] == 2]
        assert alarm["at"] == "2026-11-22 13:14:56"
        assert alarm["objects"][0]["at"] == "2026-11-22 13:14:51"  # type: ignore[index]
        assert one.clock.wall == NOON_MS
        await one.path.close()
        one.open()  # as after a restart
        assert (await one.path.supervise()).accepted
        assert one.centre.heard[-1]["at"] == "2026-11-22 13:14:56"

    play(tmp_path, clock, scenario)


def test_a_duty_check_is_passed_on_and_its_answer_sent(tmp_path: Path, clock: ManualClock) -> None:
    async def scenario(one: Estate) -> None:
        await one.path.supervise()
        assert (await asked(one, CONTROL, bytes([91, 1, 10])))["command"] == CONFIRM
        ((centre, minutes, answered),) = one.duty.questions
        assert (centre, minutes) == ("fire", 10)
        answered()
        told = await one.centre.until(lambda heard: heard["type"] == 24)
        assert told["objects"] == [{"flags": 0x20, "operator": 1, "at": LOCAL}]

    play(tmp_path, clock, scenario)


def test_an_initialised_device_says_again_how_everything_is(
    tmp_path: Path, clock: ManualClock
) -> None:
    async def scenario(one: Estate) -> None:
        await one.path.supervise()
        await one.event(names.SMOKE, names.ALARM, 2)
        assert (await asked(one, CONTROL, bytes([89, 1, 0])))["command"] == CONFIRM
        told = await one.centre.until(lambda heard: heard["type"] == 2)
        states = {each["number"]: each["status"] for each in told["objects"]}  # type: ignore[attr-defined]
        lobby = component_number("lobby", None, 1)
        assert states == {7: 1, KITCHEN: 3, 3 << 16 | 7: 1, lobby - 1: 1, lobby: 1}

    play(tmp_path, clock, scenario)


async def words(one: Estate) -> tuple[int, int, int]:
    """Return the status words of the kitchen's detector, the system and the device."""
    found = []
    for unit in (62, 61, 81):
        answer = await asked(one, REQUEST, ASKED[unit])
        found.append(answer["objects"][0]["status"])  # type: ignore[index]
    return found[0], found[1], found[2]


def test_a_drill_is_never_a_fire_even_when_it_is_over_and_the_detector_still_smokes(
    tmp_path: Path, clock: ManualClock
) -> None:
    async def scenario(one: Estate) -> None:
        await one.path.supervise()
        one.exercising = True
        await one.event(names.SMOKE, names.ALARM, 2, mark=Mark.DRILL)
        assert await words(one) == (0x0002, 0x0000, 0x00)
        one.exercising = False
        assert await words(one) == (0x0002, 0x0001, 0x01)
        await one.event(names.SMOKE, names.RESTORE, 2, mark=Mark.DRILL)
        assert await words(one) == (0x0001, 0x0001, 0x01)
        # A real fire during a drill is real.
        one.exercising = True
        await one.event(names.SMOKE, names.ALARM, 2)
        assert await words(one) == (0x0003, 0x0003, 0x03)

    play(tmp_path, clock, scenario)


def test_what_a_partition_guards_is_no_signal_of_its_own(
    tmp_path: Path, clock: ManualClock
) -> None:
    async def scenario(one: Estate) -> None:
        await one.path.supervise()
        await one.event(names.INTRUSION, names.ALARM, 2, guarded=True)
        await one.event(names.DOOR, names.NOTICE, 2, detail=names.OPEN)
        assert await words(one) == (0x0001, 0x0001, 0x01)
        # What the gateway itself found out has no number of the device, and counts.
        await one.event(names.SUPERVISION, names.TROUBLE, 2, numbered=False)
        assert await words(one) == (0x0001, 0x0005, 0x05)

    play(tmp_path, clock, scenario)


def test_what_nobody_confirmed_lends_its_serial_to_nothing_else(
    tmp_path: Path, clock: ManualClock
) -> None:
    async def scenario(one: Estate) -> None:
        await one.path.supervise()
        one.centre.answer = lambda heard: None
        assert not (await one.path.supervise()).accepted
        one.centre.answer = lambda heard: CONFIRM
        assert (await asked(one, CONTROL, bytes([91, 1, 10])))["command"] == CONFIRM
        one.duty.questions[0][2]()
        told = await one.centre.until(lambda heard: heard["type"] == 24)
        sent = [heard["serial"] for heard in one.centre.heard if heard["command"] == SEND]
        assert sent == [0, 1, 2]
        assert told["serial"] == 2

    play(tmp_path, clock, scenario, timeout_s=1.0)


def test_what_the_centre_sets_is_stored_before_it_is_confirmed(
    tmp_path: Path, clock: ManualClock
) -> None:
    async def scenario(one: Estate) -> None:
        stored = asyncio.Event()
        storing = asyncio.Event()

        async def store() -> None:
            storing.set()
            await stored.wait()

        one.memory = Memory(store)
        await one.path.close()
        one.open()
        await one.path.supervise()
        serial = one.centre.order(CONTROL, bytes([90, 1, 56, 14, 13, 22, 11, 26]))
        await storing.wait()
        # Other orders are answered meanwhile: the confirmation would have come before.
        assert (await asked(one, REQUEST, ASKED[81]))["command"] == RESPONSE
        assert not [heard for heard in one.centre.heard if heard["command"] == CONFIRM]
        stored.set()
        await one.centre.until(
            lambda heard: heard["command"] == CONFIRM and heard["serial"] == serial
        )

    play(tmp_path, clock, scenario)


def test_what_cannot_be_stored_is_denied(tmp_path: Path, clock: ManualClock) -> None:
    async def store() -> None:
        raise OSError("no space left")

    async def scenario(one: Estate) -> None:
        one.memory = Memory(store)
        await one.path.close()
        one.open()
        await one.path.supervise()
        order = bytes([90, 1, 56, 14, 13, 22, 11, 26])
        assert (await asked(one, CONTROL, order))["command"] == DENY

    play(tmp_path, clock, scenario)


@pytest.mark.parametrize("command", [63, 64, 84])
def test_a_read_of_which_there_is_nothing_is_denied_not_answered_with_no_object(
    tmp_path: Path, clock: ManualClock, command: int
) -> None:
    async def scenario(one: Estate) -> None:
        await one.path.supervise()
        assert (await asked(one, REQUEST, ASKED[command]))["command"] == DENY

    play(tmp_path, clock, scenario)


def test_a_zone_that_the_register_does_not_have_has_its_devices_number(
    tmp_path: Path, clock: ManualClock
) -> None:
    async def scenario(one: Estate) -> None:
        await one.raised(names.GAS, names.ALARM, 9)
        (heard,) = one.centre.heard[0]["objects"]  # type: ignore[misc]
        assert heard["number"] == 9 << 16 | 7
        assert heard["text"] == "幸福里 / 3 / 厨房"

    play(tmp_path, clock, scenario)
