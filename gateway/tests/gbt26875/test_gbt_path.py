"""The conversation with a fire centre that shares no code with the sender, over real sockets."""

import asyncio
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from callpoint_gateway.centres.gbt26875.facts import component_number
from callpoint_gateway.centres.gbt26875.protocol import facts_opener
from callpoint_gateway.centres.gbt26875.settings import GbtSettings
from callpoint_gateway.centres.protocol import path_opener
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.centres.readings import mistakes
from callpoint_gateway.centres.sender import CentreSender
from callpoint_gateway.configuration.centres import Centre, centre_type
from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.protocols.report import PATH_1, Report, Verdict
from callpoint_protocol import names
from callpoint_rig.receivers.fire_centre import (
    CONFIRM,
    CONTROL,
    DENY,
    REQUEST,
    RESPONSE,
    SEND,
    frame,
)

from ..conftest import ManualClock
from .estate import (
    ASKED,
    CENTRE,
    HERE,
    LOCAL,
    NOON_MS,
    REGISTER,
    ZONE,
    Estate,
    asked,
    play,
    report,
    status_of,
)


@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
def test_an_alarm_and_its_restore(tmp_path: Path, clock: ManualClock, udp: bool) -> None:
    async def scenario(one: Estate) -> None:
        for state in (names.ALARM, names.RESTORE):
            outcome = await one.raised(names.SMOKE, state, 2)
            assert (outcome.verdict, outcome.answer) == (Verdict.ACCEPTED, "confirmed")
        first, second = one.centre.heard
        assert first == {
            "command": SEND,
            "serial": 0,
            "version": "1.1",
            "at": LOCAL,
            "source": HERE,
            "destination": CENTRE,
            "type": 2,
            "objects": [
                {
                    "system": 1,
                    "address": 1,
                    "component": 42,
                    "number": 2 << 16 | 7,
                    "status": 0x0003,
                    "text": "幸福里 / 3 / 厨房",
                    "at": "2026-11-22 12:14:51",
                }
            ],
        }
        assert second["serial"] == 1
        assert status_of(second) == 0x0001

    play(tmp_path, clock, scenario, udp=udp)


@pytest.mark.parametrize(
    ("kind", "state", "zone", "mark", "component", "status"),
    [
        (names.PANIC, names.ALARM, 2, "", 23, 0x0003),
        (names.SMOKE, names.TROUBLE, 2, "", 42, 0x0005),
        (names.SMOKE, names.ALARM, 2, "drill", 42, 0x0002),
        (names.WATER, names.ALARM, 2, "", 132, 0x0011),
        (names.BATTERY, names.TROUBLE, 0, "", 0, 0x0105),
    ],
)
def test_what_each_kind_looks_like(
    tmp_path: Path,
    clock: ManualClock,
    kind: int,
    state: int,
    zone: int,
    mark: str,
    component: int,
    status: int,
) -> None:
    async def scenario(one: Estate) -> None:
        assert (await one.raised(kind, state, zone, mark)).accepted
        (heard,) = one.centre.heard[0]["objects"]  # type: ignore[misc]
        known = zone == 2 and kind == names.SMOKE
        assert heard["status"] == status
        # What the register says of the zone is what it is.
        assert heard["component"] == (component if known or zone == 0 else 42)
        assert heard["number"] == zone << 16 | 7

    play(tmp_path, clock, scenario)


def test_a_restore_leaves_the_fault_that_still_stands(tmp_path: Path, clock: ManualClock) -> None:
    async def scenario(one: Estate) -> None:
        await one.event(names.SMOKE, names.TROUBLE, 2)
        await one.raised(names.SMOKE, names.ALARM, 2)
        await one.raised(names.SMOKE, names.RESTORE, 2)
        late = await one.event(names.SMOKE, names.TROUBLE_RESTORE, 2)
        # A repeat says what it said the first time, whatever has happened since.
        await one.path.send(report(names.SMOKE, names.RESTORE, 2, late - 1), 1)
        assert [status_of(heard) for heard in one.centre.heard] == [0x0007, 0x0005, 0x0005]

    play(tmp_path, clock, scenario)


def test_settings_for_centres_that_see_it_otherwise(tmp_path: Path, clock: ManualClock) -> None:
    async def scenario(one: Estate) -> None:
        await one.raised(names.SMOKE, names.ALARM, 2)
        assert (await one.path.supervise()).accepted
        heard, beat = one.centre.heard
        assert status_of(heard) == 0x0002
        assert heard["objects"][0]["component"] == 40  # type: ignore[index]
        assert (beat["command"], beat["objects"]) == (SEND, [])
        assert len(one.centre.raw[1]) == 30

    play(tmp_path, clock, scenario, normal_bit=False, components={"smoke": 40}, heartbeat="empty")


def test_what_the_gateway_says_of_itself(tmp_path: Path, clock: ManualClock) -> None:
    def own(kind: int, state: int, detail: int) -> Report:
        return Report(kind, state, 0, NOON_MS, detail=detail, reference=9)

    async def scenario(one: Estate) -> None:
        assert (await one.path.supervise()).accepted
        await one.path.send(own(names.SUPERVISION, names.TROUBLE, PATH_1), 1)
        await one.path.send(own(names.SUPERVISION, names.TROUBLE_RESTORE, PATH_1), 2)
        await one.path.send(own(names.TEST, names.TESTED, names.TEST_PERIODIC), 3)
        await one.path.send(own(names.TEST, names.TESTED, names.TEST_WALK), 4)
        beat, lost, back, periodic, walk = one.centre.heard
        assert (beat["type"], beat["objects"]) == (21, [{"status": 1, "at": LOCAL}])
        assert (lost["type"], status_of(lost)) == (21, 0x25)
        assert status_of(back) == 0x01
        assert [one["type"] for one in (periodic, walk)] == [24, 24]
        assert [one["objects"][0]["flags"] for one in (periodic, walk)] == [0x10, 0x40]  # type: ignore[index]

    play(tmp_path, clock, scenario)


def test_silence_is_followed_by_the_same_frame_and_then_by_another_connection(
    tmp_path: Path, clock: ManualClock
) -> None:
    async def scenario(one: Estate) -> None:
        one.centre.answer = lambda heard: None
        position = await one.event(names.SMOKE, names.ALARM, 2)
        for _ in range(4):
            outcome = await one.path.send(report(names.SMOKE, names.ALARM, 2, position), 1)
            assert (outcome.verdict, outcome.answer) == (Verdict.UNREACHABLE, "")
            assert str(outcome.reason) == "no answer within 0.5 s"
        assert [heard["serial"] for heard in one.centre.heard] == [0, 0, 0, 0]
        assert one.centre.connections == 1
        one.centre.answer = lambda heard: CONFIRM
        assert (await one.path.send(report(names.SMOKE, names.ALARM, 2, position), 1)).accepted
        assert one.centre.connections == 2
        objects = [heard["objects"] for heard in one.centre.heard]
        assert len(objects) == 5
        assert all(each == objects[0] for each in objects)

    play(tmp_path, clock, scenario, timeout_s=0.5, retries=3)


def test_a_denial_is_followed_by_the_same_frame(tmp_path: Path, clock: ManualClock) -> None:
    async def scenario(one: Estate) -> None:
        answers = [DENY, DENY, CONFIRM]
        one.centre.answer = lambda heard: answers.pop(0)
        position = await one.event(names.SMOKE, names.ALARM, 2)
        outcomes = [
            await one.path.send(report(names.SMOKE, names.ALARM, 2, position), 1) for _ in range(3)
        ]
        assert [one.answer for one in outcomes] == ["denied", "denied", "confirmed"]
        assert [heard["serial"] for heard in one.centre.heard] == [0, 0, 0]
        assert len(set(one.centre.raw)) == 1

    play(tmp_path, clock, scenario)


def test_an_answer_in_pieces_twice_and_for_another_frame(
    tmp_path: Path, clock: ManualClock
) -> None:
    async def scenario(one: Estate) -> None:
        one.centre.portion = 1

        def answer(heard: dict[str, object]) -> int | None:
            serial = int(str(heard["serial"]))
            one.centre.say(CONFIRM, serial + 1)
            one.centre.say(CONFIRM, serial)
            return CONFIRM

        one.centre.answer = answer
        for _ in range(3):
            assert (await one.raised(names.SMOKE, names.ALARM, 2)).accepted

    play(tmp_path, clock, scenario)


def test_a_centre_that_hangs_up_is_found_again(tmp_path: Path, clock: ManualClock) -> None:
    async def scenario(one: Estate) -> None:
        def hang_up(heard: dict[str, object]) -> None:
            one.centre.hang_up()

        one.centre.answer = hang_up
        outcome = await one.raised(names.SMOKE, names.ALARM, 2)
        assert outcome.verdict is Verdict.UNREACHABLE
        assert "closed" in str(outcome.reason)
        one.centre.answer = lambda heard: CONFIRM
        assert (await one.raised(names.SMOKE, names.ALARM, 2)).accepted
        await one.centre.stop()
        assert (await one.path.supervise()).verdict is Verdict.UNREACHABLE

    play(tmp_path, clock, scenario)


def test_damaged_frames_are_denied_and_nothing_else_suffers(
    tmp_path: Path, clock: ManualClock
) -> None:
    async def scenario(one: Estate) -> None:
        await one.path.supervise()
        wrong = bytearray(frame(REQUEST, 77, CENTRE, HERE, ASKED[81], datetime(2026, 1, 1)))
        wrong[-3] ^= 1
        one.centre.babble(b"\xff\x40" + bytes(wrong) + b"rubbish")
        denied = await one.centre.until(lambda heard: heard["command"] == DENY)
        assert denied["serial"] == 77
        assert (await asked(one, REQUEST, ASKED[81]))["command"] == RESPONSE
        assert (await one.raised(names.SMOKE, names.ALARM, 2)).accepted
        assert one.centre.connections == 1

    play(tmp_path, clock, scenario)


def test_an_unset_clock_holds_no_alarm_back(tmp_path: Path, clock: ManualClock) -> None:
    async def scenario(one: Estate) -> None:
        one.clock.wall = 7_000
        position = await one.event(names.SMOKE, names.ALARM, 2)
        early = Report(
            names.SMOKE, names.ALARM, 2, 7_000, device="kitchen", sensor=2, reference=position
        )
        assert (await one.path.send(early, 1)).accepted
        assert one.centre.heard[0]["at"] == "2000-01-01 00:00:00"

    play(tmp_path, clock, scenario)


def test_after_an_outage_fire_is_told_first(tmp_path: Path, clock: ManualClock) -> None:
    async def scenario(one: Estate) -> None:
        port = one.centre.port
        await one.centre.stop()
        with_tables: Any = centre_type(PROTOCOLS)
        fire: Centre = with_tables(
            name="fire",
            protocol="gbt26875",
            host="127.0.0.1",
            port=port,
            gbt=GbtSettings(source=HERE, centre=CENTRE),
        )
        sender = CentreSender(
            fire,
            path_opener(facts_opener(one.facts), fire, one.clock),
            one.alarms,
            REGISTER,
            one.clock,
            lambda _: None,
            zone=ZONE,
        )
        await sender.prepare()
        running = asyncio.create_task(sender.run())
        for _ in range(5):
            await one.event(names.DOOR, names.TROUBLE, 3)
            await one.event(names.DOOR, names.TROUBLE_RESTORE, 3)
        await one.event(names.SMOKE, names.ALARM, 2)
        await asyncio.sleep(0)
        await one.centre.start(port)
        while sender.delivered < 11:
            await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await sender.close()
        told = [each["objects"][0] for each in one.centre.heard if each["type"] == 2]  # type: ignore[index]
        smoke = next(at for at, each in enumerate(told) if each["component"] == 42)
        # One event may have been on its way when the smoke came.
        assert smoke <= 1

    play(tmp_path, clock, scenario)


def test_the_clock_that_a_centre_has_set_outlives_an_end_without_warning(
    tmp_path: Path, clock: ManualClock
) -> None:
    async def scenario(one: Estate) -> None:
        with_tables: Any = centre_type(PROTOCOLS)
        fire: Centre = with_tables(
            name="fire",
            protocol="gbt26875",
            host="127.0.0.1",
            port=one.centre.port,
            supervision_s=0.05,
            gbt=GbtSettings(source=HERE, centre=CENTRE),
        )
        opener = path_opener(facts_opener(one.facts), fire, one.clock)
        sender = CentreSender(fire, opener, one.alarms, REGISTER, one.clock, lambda _: None)
        await sender.prepare()
        running = asyncio.create_task(sender.run())
        await one.centre.until(lambda heard: heard["command"] == SEND)
        order = bytes([90, 1, 56, 14, 14, 22, 11, 26])  # two hours more
        assert (await asked(one, CONTROL, order))["command"] == CONFIRM
        with closing(one.alarms.reader()) as reader:
            kept = [cursor.state for cursor in reader.cursors().values() if cursor.state]
        assert {"1/offset_s": 7200} in kept
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await sender.close()
        again = CentreSender(fire, opener, one.alarms, REGISTER, one.clock, lambda _: None)
        await again.prepare()
        known = len(one.centre.heard)
        running = asyncio.create_task(again.run())
        while len(one.centre.heard) == known:
            await asyncio.sleep(0.01)
        assert one.centre.heard[-1]["at"] == "2026-11-22 14:14:56"
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await again.close()

    play(tmp_path, clock, scenario)


def test_two_devices_with_one_number_are_named() -> None:
    two = [Device(id=name, place="home", number=3) for name in ("door", "hall")]
    centre = Centre(name="fire", protocol="gbt26875", host="h", port=1)
    (said,) = mistakes(centre, PROTOCOLS["gbt26875"], Register([Place(id="home")], two))
    assert "cannot tell device 'door' from device 'hall': it reads 3 'home' of both" in str(said)
    assert list(mistakes(centre, PROTOCOLS["gbt26875"], REGISTER)) == []


def test_another_device_changes_no_number() -> None:
    assert component_number("lobby", None, 1) == component_number("lobby", None, 1)
    assert component_number("lobby", None, 1) != component_number("hall", None, 1)
    assert component_number("lobby", 5, 2) == 0x0002_0005
