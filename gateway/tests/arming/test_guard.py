"""Partitions on disk: restarts, clocks that lie, doors that are heard of late."""

import asyncio
from pathlib import Path

import pytest

from callpoint_gateway.arming.questions import Arm, Disarm, PartitionView
from callpoint_gateway.arming.requests import register_requests
from callpoint_gateway.arming.state import ArmingNotPossible
from callpoint_gateway.control.client import ask
from callpoint_gateway.control.question import Question, QuestionRefused
from callpoint_gateway.control.roles import EVERYBODY
from callpoint_gateway.control.socket import Control
from callpoint_gateway.journal.entries import (
    ArmingBody,
    EventBody,
    ReportBody,
    Type,
)
from callpoint_gateway.journal.partition import Mode, State
from callpoint_gateway.protocols.report import (
    ARMED_AWAY,
    ARMED_STAY,
    BYPASS_OVER,
    BYPASSED,
    CANCELLED,
    EXIT_ERROR,
    OPENED,
    OPENED_STAY,
)
from callpoint_protocol import names

from ..conftest import ManualClock
from .house import FLAT, GUARD, House, Play, Player


@pytest.fixture
def play(tmp_path: Path, clock: ManualClock) -> Player:
    def playing(scenario: Play) -> None:
        async def go() -> None:
            house = House(tmp_path, clock)
            await house.start()
            try:
                await scenario(house)
            finally:
                await house.stop()

        asyncio.run(go())

    return playing


FRONT, RESTORED = ("front", 1, names.ALARM), ("front", 1, names.RESTORE)


def test_who_is_not_let_in_is_an_alarm(play: Player) -> None:
    async def scenario(house: House) -> None:
        await house.opens()
        await house.closes()
        await house.guard.arm(FLAT, Mode.AWAY, GUARD)
        await house.opens()
        await house.closes()
        assert house.state is State.ARMING
        await house.pass_s(44)
        assert (house.state, house.guard.left_s(FLAT)) == (State.ARMING, 1)
        await house.pass_s(1)
        assert house.state is State.ARMED
        await house.opens()
        assert (house.state, house.guard.left_s(FLAT)) == (State.PENDING, 30)
        await house.closes()
        await house.pass_s(30)
        assert house.state is State.TRIGGERED
        assert house.alarms_raised() == [FRONT]
        await house.guard.disarm(FLAT, GUARD)
        assert house.state is State.DISARMED

    play(scenario)


def test_an_alarm_ends_with_its_door_also_when_it_is_disarmed(play: Player) -> None:
    async def scenario(house: House) -> None:
        await house.arm()
        await house.opens()
        await house.pass_s(30)
        await house.guard.disarm(FLAT, GUARD)
        await house.restart()
        await house.closes()
        assert house.alarms_raised() == [FRONT, RESTORED]
        assert house.state is State.DISARMED

    play(scenario)


def test_only_zones_of_the_mode_count_and_instant_ones_at_once(play: Player) -> None:
    async def scenario(house: House) -> None:
        await house.arm(Mode.NIGHT)
        await house.moves()
        assert house.alarms_raised() == []
        await house.opens("hall", 2)
        assert house.state is State.TRIGGERED
        assert house.alarms_raised() == [("hall", 2, names.ALARM)]
        await house.guard.disarm(FLAT, GUARD)
        await house.event(names.INTRUSION, names.RESTORE, 0, "hall", 1, 0)
        await house.closes("hall", 2)
        await house.arm(Mode.AWAY)
        await house.moves()
        assert house.alarms_raised()[2:] == [("hall", 1, names.ALARM)]

    play(scenario)


@pytest.mark.parametrize("step_ms", [0, -86_400_000, 86_400_000], ids=str)
@pytest.mark.parametrize("reboot", [False, True], ids=["killed", "rebooted"])
def test_a_restart_in_any_state_is_the_same_state(
    play: Player, clock: ManualClock, reboot: bool, step_ms: int
) -> None:
    async def again(house: House) -> State:
        before, told = house.state, len(house.entries(Type.ARMING))
        await house.stop()
        if reboot:
            clock.reboot(clock.wall)
        else:
            clock.wall += step_ms
        await house.start()
        await house.quiet()
        assert house.state is before
        assert len(house.entries(Type.ARMING)) == told
        return before

    async def scenario(house: House) -> None:
        assert await again(house) is State.DISARMED
        await house.guard.arm(FLAT, Mode.AWAY, GUARD)
        await house.pass_s(20)
        assert await again(house) is State.ARMING
        await house.pass_s(25)
        assert await again(house) is State.ARMED
        await house.opens()
        await house.pass_s(10)
        assert await again(house) is State.PENDING
        await house.pass_s(19.9)
        assert house.alarms_raised() == []
        await house.pass_s(0.1)
        assert await again(house) is State.TRIGGERED
        assert house.alarms_raised() == [FRONT]
        await house.guard.disarm(FLAT, GUARD)
        assert await again(house) is State.DISARMED

    play(scenario)


def test_an_entry_delay_that_ends_while_nobody_is_there_is_the_alarm_of_its_door(
    play: Player, clock: ManualClock
) -> None:
    async def scenario(house: House) -> None:
        await house.arm()
        await house.opens()
        await house.stop()
        clock.advance(60_000)
        await house.start()
        await house.quiet()
        assert house.state is State.TRIGGERED
        assert house.alarms_raised() == [FRONT]

    play(scenario)


def test_an_exit_delay_that_ends_while_nobody_is_there_arms_as_was_asked(
    play: Player, clock: ManualClock
) -> None:
    async def scenario(house: House) -> None:
        await house.guard.arm(FLAT, Mode.AWAY, GUARD)
        await house.stop()
        clock.advance(60_000)
        await house.start()
        await house.quiet()
        assert house.state is State.ARMED
        assert house.alarms_raised() == []

    play(scenario)


def test_what_happened_before_it_was_armed_is_nothing_to_it(play: Player) -> None:
    async def scenario(house: House) -> None:
        await house.arm()
        await house.pass_s(10)
        await house.opens(ago_ms=11_000)
        assert house.state is State.ARMED
        assert house.guard.shown(FLAT).open == ["front/1"]
        # Late, but after it was armed: the door has had its time.
        await house.opens(ago_ms=9_000)
        assert house.state is State.PENDING
        assert house.guard.left_s(FLAT) == 21

    play(scenario)


def test_that_holds_also_while_there_is_an_alarm_and_after_a_restart(
    play: Player, clock: ManualClock
) -> None:
    async def scenario(house: House) -> None:
        await house.arm()
        await house.pass_s(10)
        await house.opens("hall", 2)
        await house.pass_s(10)
        await house.opens(ago_ms=21_000)
        assert house.alarms_raised() == [("hall", 2, names.ALARM)]
        await house.restart()
        await house.opens(ago_ms=21_000)
        assert house.alarms_raised() == [("hall", 2, names.ALARM)]
        await house.opens(ago_ms=19_000)
        assert house.alarms_raised()[1:] == [FRONT]

    play(scenario)


def test_a_door_that_moved_while_the_gateway_was_away_counts(
    play: Player, clock: ManualClock
) -> None:
    async def scenario(house: House) -> None:
        await house.arm()
        # It is on disk and was not looked at when the power went.
        await house.stop_looking()
        await house.event(names.DOOR, names.NOTICE, names.OPEN, "hall", 2, 0)
        await house.stop()
        clock.advance(5_000)
        await house.start()
        await house.quiet()
        assert house.alarms_raised() == [("hall", 2, names.ALARM)]
        await house.restart()
        await house.quiet()
        assert house.alarms_raised() == [("hall", 2, names.ALARM)]

    play(scenario)


def test_what_was_looked_at_is_not_looked_at_again(play: Player) -> None:
    async def scenario(house: House) -> None:
        await house.arm()
        await house.opens("hall", 2)
        await house.closes("hall", 2)
        before = house.alarms_raised()
        await house.restart()
        await house.quiet()
        assert house.alarms_raised() == before
        assert len(before) == 2

    play(scenario)


def test_it_is_known_for_how_long_it_is_armed_whatever_was_noted_since(play: Player) -> None:
    async def scenario(house: House) -> None:
        await house.arm()
        await house.opens("hall", 2)
        await house.guard.disarm(FLAT, GUARD)
        await house.arm(force=True)  # the alarm's door is still open, and left out
        await house.pass_s(60)
        await house.closes("hall", 2)
        await house.restart()
        await house.opens(ago_ms=20_000)  # before that was noted, after it was armed
        assert house.state is State.PENDING

    play(scenario)


def test_what_is_open_or_silent_has_to_be_forced(play: Player) -> None:
    async def scenario(house: House) -> None:
        await house.opens()
        house.silent.add("hall")
        with pytest.raises(ArmingNotPossible, match="not ready: front/1, hall/1, hall/2;"):
            await house.guard.arm(FLAT, Mode.AWAY, GUARD)
        assert house.state is State.DISARMED
        await house.arm(force=True)
        assert house.guard.panel(FLAT).bypassed == ("front/1", "hall/1", "hall/2")
        await house.closes()
        await house.opens()
        assert house.state is State.ARMED
        await house.guard.disarm(FLAT, GUARD)
        house.silent.clear()
        await house.closes()
        await house.arm()
        assert house.guard.panel(FLAT).bypassed == ()

    play(scenario)


def test_a_door_left_open_at_the_end_of_the_exit_delay_is_left_out(play: Player) -> None:
    async def scenario(house: House) -> None:
        await house.guard.arm(FLAT, Mode.AWAY, GUARD)
        await house.opens()
        await house.pass_s(45)
        assert house.state is State.ARMED
        assert house.guard.panel(FLAT).bypassed == ("front/1",)

    play(scenario)


def test_a_chattering_door_raises_three_alarms_and_no_more(play: Player) -> None:
    async def scenario(house: House) -> None:
        await house.arm()
        for _ in range(5):
            await house.opens("hall", 2)
            await house.closes("hall", 2)
        raised = [state for _, _, state in house.alarms_raised()]
        assert raised == [names.ALARM, names.RESTORE] * 3

    play(scenario)


def test_panic_is_an_alarm_in_every_state_and_none_of_the_guards(play: Player) -> None:
    async def scenario(house: House) -> None:
        for _ in range(2):
            await house.event(names.PANIC, names.ALARM, 0, "front", 2, 0)
            await house.quiet()
            assert house.alarms_raised() == []
            if house.state is State.DISARMED:
                await house.arm()
        assert house.state is State.ARMED
        bodies = [entry.body for entry in house.entries(Type.EVENT)]
        assert all(isinstance(body, EventBody) and not body.guarded for body in bodies)

    play(scenario)


def test_nothing_is_shown_or_answered_before_it_is_on_disk(play: Player) -> None:
    async def scenario(house: House) -> None:
        house.alarms.hold(True)
        arming = asyncio.create_task(house.guard.arm(FLAT, Mode.AWAY, GUARD))
        while not house.alarms.waiting:
            await asyncio.sleep(0)
        assert (house.state, house.told, arming.done()) == (State.DISARMED, [], False)
        house.alarms.hold(False)
        await arming
        assert house.told == [State.ARMING]
        (entry,) = house.entries(Type.ARMING)
        assert isinstance(entry.body, ArmingBody)
        assert (entry.body.who, entry.body.origin, entry.body.note) == GUARD

    play(scenario)


def test_centres_hear_of_arming_disarming_and_of_what_is_taken_back(play: Player) -> None:
    def told(house: House) -> list[int]:
        return [
            entry.body.detail
            for entry in house.entries(Type.REPORT)
            if isinstance(entry.body, ReportBody) and entry.device == "front"
        ]

    async def scenario(house: House) -> None:
        await house.guard.arm(FLAT, Mode.AWAY, GUARD)
        await house.guard.disarm(FLAT, GUARD)  # before the exit delay ends: nothing to tell
        assert told(house) == []
        await house.arm()
        await house.guard.disarm(FLAT, GUARD)
        await house.arm(Mode.HOME)
        await house.opens("hall", 2)
        await house.pass_s(300)
        await house.guard.disarm(FLAT, GUARD)
        await house.closes("hall", 2)
        await house.arm(Mode.NIGHT)
        await house.opens("hall", 2)
        await house.pass_s(301)
        await house.guard.disarm(FLAT, GUARD)
        assert told(house) == [
            *(ARMED_AWAY, OPENED),
            *(ARMED_STAY, CANCELLED, OPENED_STAY),
            *(ARMED_STAY, OPENED_STAY),
        ]

    play(scenario)


def bypasses(house: House) -> list[tuple[int, str | None, int]]:
    """Return what centres were told of zones that are left out."""
    details = (BYPASSED, BYPASS_OVER, EXIT_ERROR)
    return [
        (entry.body.detail, entry.device, entry.body.zone)
        for entry in house.entries(Type.REPORT)
        if isinstance(entry.body, ReportBody) and entry.body.detail in details
    ]


def test_a_door_open_at_the_end_of_the_exit_delay_takes_part_once_it_is_closed(
    play: Player,
) -> None:
    async def scenario(house: House) -> None:
        await house.guard.arm(FLAT, Mode.AWAY, GUARD)
        await house.opens()
        await house.pass_s(45)
        assert house.state is State.ARMED
        told = [(EXIT_ERROR, "front", 1), (BYPASSED, "front", 1)]
        assert bypasses(house) == told
        await house.restart()
        await house.pass_s(1)
        await house.closes()
        assert house.guard.panel(FLAT).bypassed == ()
        assert bypasses(house) == [*told, (BYPASS_OVER, "front", 1)]
        await house.opens()
        assert house.state is State.PENDING
        await house.pass_s(30)
        assert house.alarms_raised() == [FRONT]

    play(scenario)


def test_a_device_that_was_silent_at_the_end_of_the_exit_delay_takes_part_once_it_is_back(
    play: Player,
) -> None:
    async def scenario(house: House) -> None:
        await house.guard.arm(FLAT, Mode.AWAY, GUARD)
        house.silent.add("hall")
        await house.pass_s(45)
        assert house.guard.panel(FLAT).bypassed == ("hall/1", "hall/2")
        house.silent.clear()
        await house.event(names.SUPERVISION, names.TROUBLE_RESTORE, 0, "hall", 0, 0)
        await house.quiet()
        assert house.guard.panel(FLAT).bypassed == ()
        assert bypasses(house)[4:] == [(BYPASS_OVER, "hall", 1), (BYPASS_OVER, "hall", 2)]
        await house.moves()
        assert house.state is State.TRIGGERED

    play(scenario)


def test_what_was_forced_is_left_out_until_it_is_disarmed_and_told(play: Player) -> None:
    async def scenario(house: House) -> None:
        await house.opens()
        await house.guard.arm(FLAT, Mode.AWAY, GUARD, force=True)
        assert bypasses(house) == [], "it is not armed yet"
        await house.opens("hall", 2)
        await house.pass_s(45)
        told = [(BYPASSED, "front", 1), (EXIT_ERROR, "hall", 2), (BYPASSED, "hall", 2)]
        assert bypasses(house) == told
        await house.closes()
        await house.opens()
        assert house.state is State.ARMED
        await house.guard.disarm(FLAT, GUARD)
        over = [(BYPASS_OVER, "front", 1), (BYPASS_OVER, "hall", 2)]
        assert bypasses(house) == told + over

    play(scenario)


class ArmWithoutMode(Question[PartitionView], frozen=True, tag="arm"):
    may = EVERYBODY
    partition: str


class DisarmWithMode(ArmWithoutMode, frozen=True, tag="disarm"):
    mode: Mode


def test_nothing_is_armed_or_disarmed_by_a_slip(tmp_path: Path, play: Player) -> None:
    async def scenario(house: House) -> None:
        control = Control(tmp_path)
        register_requests(control, house.guard)
        await control.start()

        async def refused(question: Question[PartitionView]) -> str:
            with pytest.raises(QuestionRefused) as refusal:
                await asyncio.to_thread(ask, tmp_path, question)
            return str(refusal.value)

        def arm(mode: Mode) -> Arm:
            return Arm(partition=FLAT, mode=mode, note="late shift")

        try:
            found = await asyncio.to_thread(ask, tmp_path, arm(Mode.NIGHT))
            assert (found.state, found.mode, found.left_s) == (State.ARMING, Mode.NIGHT, 45)
            await house.pass_s(45)
            without = ArmWithoutMode(partition=FLAT)
            assert "`mode`" in await refused(without)
            with_mode = DisarmWithMode(partition=FLAT, mode=Mode.NIGHT)
            assert "`mode`" in await refused(with_mode)
            attic = Disarm(partition="attic")
            assert "there are flat" in await refused(attic)
            called = Disarm(partition=FLAT, note="call 138 0013 8000")
            assert "note: no telephone numbers" in await refused(called)
            assert "it is armed already" in await refused(arm(Mode.AWAY))
            assert house.state is State.ARMED
        finally:
            await control.close()

    play(scenario)
