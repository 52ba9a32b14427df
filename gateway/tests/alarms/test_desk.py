"""The desk on a real journal: actions, deadlines, exercises and neighbours, across restarts."""

import asyncio
import json
from typing import Any

import pytest

from callpoint_gateway.alarms.case import Handling
from callpoint_gateway.alarms.desk import DeskNotPossible
from callpoint_gateway.configuration.alarms import Rung
from callpoint_gateway.configuration.levels import LevelSettings
from callpoint_gateway.configuration.privacy import Unsaid
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    Cause,
    Entry,
    EventBody,
    ExerciseBody,
    LevelBody,
    LevelOverBody,
    Mark,
    NewEntry,
    Quality,
    StatusBody,
    Type,
)
from callpoint_gateway.journal.event_meaning import withheld
from callpoint_protocol import names

from .desk_house import House, play, restart


def test_an_alarm_counts_as_closed_when_a_person_has_closed_it(house: House) -> None:
    async def run(house: House) -> None:
        alarm = await house.event()
        restore = await house.event(state=names.RESTORE)
        entries = {entry.position: entry for entry in house.entries(Type.EVENT)}
        assert not house.desk.has_closed(entries[alarm]), "it is open, though restored"
        for action in (Action.ACKNOWLEDGE, Action.RESOLVE, Action.CLOSE):
            cause = Cause.FALSE if action is Action.CLOSE else None
            await house.desk.act(alarm, action, "desk-1", "cli", cause)
        assert house.desk.has_closed(entries[alarm])
        assert not house.desk.has_closed(entries[restore]), "it is no alarm"

    play(house, run)


def test_an_acknowledgement_reaches_every_event_of_the_alarm(house: House) -> None:
    async def run(house: House) -> None:
        first = await house.event()
        await house.event()
        await house.event("b")
        case = await house.desk.act(first, Action.ACKNOWLEDGE, "desk-2", "cli")
        assert case.handling == "acknowledged"
        assert sorted(house.told) == [("a", 7, 1), ("a", 7, 2)]
        again = await house.event()
        assert ("a", 7, 4) not in house.told, "nobody has seen one that comes later"
        assert {one.alarm for one in house.desk.situation().alarms} >= {first, again}
        await house.desk.act(again, Action.ACKNOWLEDGE, "desk-2", "cli")
        assert house.told[-1] == ("a", 7, 4)
        house.told.clear()
        online = StatusBody("estate", names.ONLINE, 7, "1.0", 1)
        await house.store(NewEntry(Type.STATUS, online, "a"))
        await house.look()
        assert sorted(house.told) == [("a", 7, 1), ("a", 7, 2), ("a", 7, 4)]

    play(house, run)


def test_what_may_not_be_done_is_refused_with_what_may(house: House) -> None:
    async def run(house: House) -> None:
        desk, number = house.desk, await house.event()
        with pytest.raises(DeskNotPossible, match="is NEW: arrive is not possible now, but ackn"):
            await desk.act(number, Action.ARRIVE, "desk-2", "cli")
        with pytest.raises(DeskNotPossible, match="no open alarm has the number 99"):
            await desk.act(99, Action.ACKNOWLEDGE, "desk-2", "cli")
        await desk.act(number, Action.ACKNOWLEDGE, "desk-2", "cli")
        with pytest.raises(DeskNotPossible, match="needs a cause: real, false, test"):
            await desk.act(number, Action.CLOSE, "desk-2", "cli")
        for who in ("Wang", "王", "13800138000", "", "a" * 33):
            with pytest.raises(Unsaid, match="never a name"):
                await desk.act(number, Action.NOTE, who, "cli")
        for note in ("call 138 0013 8000", "wang@example.com", "x" * 201, "a\nb"):
            with pytest.raises(Unsaid, match="note"):
                await desk.act(number, Action.NOTE, "desk-2", "cli", note=note)
        for nothing in ("", "  "):
            with pytest.raises(Unsaid, match="write at least one word"):
                await desk.act(number, Action.NOTE, "desk-2", "cli", note=nothing)
        await desk.act(number, Action.NOTE, "desk-2", "cli", note="厨房有烟 3-2-301")
        assert len(house.entries(Type.ACTION)) == 2

    play(house, run)


def test_two_people_at_once_are_one_acknowledgement(house: House) -> None:
    async def run(house: House) -> None:
        number = await house.event()
        acts = [house.desk.act(number, Action.ACKNOWLEDGE, f"desk-{n}", "cli") for n in (1, 2)]
        results = await asyncio.gather(*acts, return_exceptions=True)
        assert sum(isinstance(one, DeskNotPossible) for one in results) == 1
        assert len(house.entries(Type.ACTION)) == 1

    play(house, run)


def test_the_ladder_is_climbed_step_by_step_and_repeated(house: House) -> None:
    async def run(house: House) -> None:
        number = await house.event()
        await house.let_pass(29)
        assert house.escalations() == []
        await house.let_pass(1)
        assert house.escalations() == [("acknowledge", 0, 0, 1)]
        await house.let_pass(300)
        assert [one[1:] for one in house.escalations()] == [(0, 0, 1), (1, 60, 1), (2, 300, 1)]
        await house.let_pass(900)
        assert house.escalations()[-1] == ("acknowledge", 2, 1200, 2)
        await house.desk.act(number, Action.ACKNOWLEDGE, "desk-2", "cli")
        before = len(house.escalations())
        await house.desk.act(number, Action.DISPATCH, "desk-2", "cli")
        await house.let_pass(300)
        assert house.escalations()[before:] == [("arrive", 0, 0, 1)]
        await house.desk.act(number, Action.ARRIVE, "desk-2", "cli")
        await house.let_pass(300)
        assert house.escalations()[-1] == ("reinforce", 0, 0, 1)
        await house.desk.act(number, Action.RESOLVE, "desk-2", "cli")
        before = len(house.escalations())
        await house.let_pass(8000)
        assert house.escalations()[before:] == []

    play(house, run)


def test_overdue_steps_are_taken_once_after_a_restart(house: House) -> None:
    async def run(house: House) -> None:
        await house.event()
        await house.let_pass(45)
        house.clock.advance(3_600_000)
        for _ in range(3):
            await restart(house)
            await house.look()
        taken = [one[:3] for one in house.escalations()]
        assert taken == [
            ("acknowledge", 0, 0),
            ("acknowledge", 1, 3615),
            ("acknowledge", 2, 3615),
        ]

    play(house, run)


@pytest.mark.parametrize("step_ms", [-(10**9), 10**9])
def test_a_clock_step_moves_no_deadline(house: House, step_ms: int) -> None:
    async def run(house: House) -> None:
        await house.event()
        await house.let_pass(20)
        house.clock.wall += step_ms
        await restart(house)
        await house.let_pass(9)
        assert house.escalations() == []
        await house.let_pass(1)
        assert house.escalations() == [("acknowledge", 0, 0, 1)]

    play(house, run)


def test_a_new_boot_counts_what_it_can_prove(house: House) -> None:
    """The wall clock where it goes forward; else what the journal itself shows."""

    async def run(house: House) -> None:
        await house.event()
        await house.let_pass(10)
        await house.event("b")
        house.clock.boot, house.clock.monotonic = "another", 500
        house.clock.wall -= 10**9
        await restart(house)
        await house.let_pass(19)
        assert house.escalations() == []
        await house.let_pass(1)
        assert house.escalations() == [("acknowledge", 0, 0, 1)]
        house.clock.wall += 10**9  # the time is set; nothing that was counted counts again
        await house.let_pass(9)
        assert len(house.escalations()) == 1

    play(house, run)


def test_smoke_alerts_the_neighbours_until_somebody_knows(house: House) -> None:
    async def run(house: House) -> None:
        number = await house.event()
        assert house.sirens() == [("b", 300), ("c", 300)]
        await house.event()
        await house.let_pass(20)
        assert house.sirens() == [("b", 300), ("c", 300)], "once, and repeats are known as such"
        assert len(house.orders) == 2 * 4
        await house.desk.act(number, Action.ACKNOWLEDGE, "desk-2", "cli")
        assert house.sirens()[2:] == [("b", 0), ("c", 0)]
        await restart(house)
        assert house.sirens()[4:] == [], "what was silenced stays silent"
        await house.event()
        assert house.sirens()[4:] == [("b", 300), ("c", 300)], "it is an alarm of its own"

    play(house, run)


def test_a_restart_orders_what_still_has_to_sound_under_the_same_number(house: House) -> None:
    async def run(house: House) -> None:
        await house.event()
        numbers = {order[3] for order in house.orders}
        house.clock.advance(100_000)
        house.orders.clear()
        await restart(house)
        assert [(device, s) for device, _, s, _ in house.orders] == [("b", 200), ("c", 200)]
        assert {order[3] for order in house.orders} == numbers
        house.clock.advance(300_000)
        house.orders.clear()
        await restart(house)
        assert house.orders == []

    play(house, run)


def test_one_neighbours_silence_is_not_anothers(house: House) -> None:
    async def run(house: House) -> None:
        first = await house.event()
        second = await house.event("a", names.PANIC)
        await house.desk.act(first, Action.ACKNOWLEDGE, "desk-2", "cli")
        assert (house.sirens()[-1][1], house.sirens()[-2][1]) == (300, 300)
        await house.desk.act(second, Action.ACKNOWLEDGE, "desk-2", "cli")
        assert house.sirens()[-2:] == [("b", 0), ("c", 0)]

    play(house, run)


def test_what_is_long_ago_alerts_nobody(house: House) -> None:
    async def run(house: House) -> None:
        await house.event(age_ms=301_000)
        assert house.sirens() == []

    play(house, run)


def centre_tests(house: House) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for entry in house.entries(Type.EVENT):
        if isinstance(entry.body, EventBody) and entry.body.kind == names.TEST:
            found.append((entry.device or "", entry.body.detail))
    return found


def body_at(house: House, position: int) -> EventBody:
    with house.alarms.reader() as reader:
        entry = reader.entry(position)
    assert entry is not None
    assert isinstance(entry.body, EventBody)
    return entry.body


def test_a_drill_is_marked_told_and_closed_with_itself(house: House) -> None:
    async def run(house: House) -> None:
        real = await house.event("b")
        running = await house.desk.start_exercise(Mark.DRILL, 3600, "desk-2", "cli")
        assert running.seconds == 3600
        assert centre_tests(house) == [("a", names.TEST_WALK), ("c", names.TEST_WALK)]
        number = await house.event()
        assert body_at(house, number).mark is Mark.DRILL
        assert withheld(body_at(house, number))
        assert house.sirens()[-1] == ("c", 300), "neighbours take part"
        assert not withheld(body_at(house, real))
        # The real alarm ends while the drill goes on: its restore is real as well.
        assert not withheld(body_at(house, await house.event("b", state=names.RESTORE)))
        assert withheld(body_at(house, await house.event(state=names.RESTORE)))
        before = await house.event("c", names.PANIC, age_ms=10_000)
        assert not withheld(body_at(house, before)), "it happened before the drill"
        with pytest.raises(DeskNotPossible, match="a drill runs already"):
            await house.desk.start_exercise(Mark.TEST, 60, "desk-2", "cli")
        await house.desk.stop_exercise(Mark.DRILL, "desk-2", "cli")
        assert centre_tests(house)[2:] == [("a", names.TEST_WALK_END), ("c", names.TEST_WALK_END)]
        assert [one.alarm for one in house.desk.situation().alarms] == [real, before]
        closed = house.entries(Type.ACTION)[-1]
        assert isinstance(closed.body, ActionBody)
        assert (closed.about, closed.body.cause, closed.body.who) == (
            number,
            Cause.DRILL,
            "gateway",
        )
        assert house.sirens()[-1] == ("c", 0)
        assert ("a", 7, 2) in house.told
        assert not withheld(body_at(house, await house.event()))

    play(house, run)


@pytest.mark.parametrize(
    ("written", "devices"),
    [
        (["3 / 301"], ["a"]),
        (["3"], ["a", "b"]),
        (["left", "c"], ["a", "c"]),
    ],
)
def test_an_exercise_is_held_at_places_as_they_are_shown(
    house: House, written: list[str], devices: list[str]
) -> None:
    async def run(house: House) -> None:
        await house.desk.start_exercise(Mark.TEST, 60, "desk-2", "cli", written)
        for device in "abc":
            kind = names.PANIC if device == "c" else names.SMOKE
            number = await house.event(device, kind)
            marked = body_at(house, number).mark is Mark.TEST
            assert marked == (device in devices)

    play(house, run)


def test_a_place_that_nothing_means_begins_no_exercise(house: House) -> None:
    async def run(house: House) -> None:
        with pytest.raises(DeskNotPossible, match=r"3 / 303.*left"):
            await house.desk.start_exercise(Mark.DRILL, 60, "desk-2", "cli", ["3 / 303"])
        assert house.desk.situation().exercises == ()

    play(house, run)


def test_an_exercise_ends_by_itself_also_when_nobody_was_there(house: House) -> None:
    async def run(house: House) -> None:
        await house.desk.start_exercise(Mark.DRILL, 400, "desk-2", "cli")
        await house.let_pass(99)
        stages = [e.body.stage for e in house.entries(Type.EXERCISE) if is_exercise(e)]
        assert stages == ["start"]
        await house.let_pass(2)
        await restart(house)
        await house.let_pass(1)
        stages = [e.body.stage for e in house.entries(Type.EXERCISE) if is_exercise(e)]
        assert stages == ["start", "warning"]
        house.clock.wall -= 10**9
        house.clock.advance(300_000)
        await restart(house)
        assert house.desk.exercises == ()
        stages = [e.body.stage for e in house.entries(Type.EXERCISE) if is_exercise(e)]
        assert stages == ["start", "warning", "end"]
        assert centre_tests(house)[-1] == ("c", names.TEST_WALK_END)
        with pytest.raises(DeskNotPossible, match="no drill is running"):
            await house.desk.stop_exercise(Mark.DRILL, "desk-2", "cli")

    play(house, run)


def is_exercise(entry: Entry) -> Any:
    return isinstance(entry.body, ExerciseBody)


def test_after_its_time_nothing_is_an_exercise_even_before_anybody_looks(house: House) -> None:
    async def run(house: House) -> None:
        await house.desk.start_exercise(Mark.DRILL, 60, "desk-2", "cli")
        house.clock.advance(60_000)
        body = EventBody(
            "estate", names.SMOKE, names.ALARM, 1, 0, 1, 0, house.clock.wall, Quality.AGE
        )
        assert house.desk.mark("a", body) is Mark.REAL

    play(house, run)


def test_a_walk_test_counts_what_was_tried_and_opens_no_alarm(house: House) -> None:
    async def run(house: House) -> None:
        await house.desk.start_exercise(Mark.TEST, 600, "desk-2", "cli", points=["left", "b"])
        ordered = [(d, s) for d, command, s, _ in house.orders if command == names.WALK_TEST]
        assert ordered == [("a", 600), ("b", 600)]
        await house.event()
        assert house.desk.situation().alarms == ()
        assert house.told == [("a", 7, 1)], "its lamp says that it was heard"
        await restart(house)
        assert [each.tested for each in house.desk.exercises] == [{("a", 1)}]
        outside = await house.event("c", names.PANIC)
        assert not withheld(body_at(house, outside)), "it takes no part"
        with pytest.raises(DeskNotPossible, match="no such place or device: attic"):
            await house.desk.start_exercise(Mark.TEST, 600, "desk-2", "cli", points=["attic"])
        await house.desk.stop_exercise(Mark.TEST, "desk-2", "cli")
        assert house.orders[-1][1:3] == (names.WALK_TEST, 0)
        flagged = await house.event("b", flags=names.FLAG_ON_TEST)
        assert withheld(body_at(house, flagged)), "the device itself is on test"
        trouble = await house.event("b", state=names.TROUBLE, flags=names.FLAG_ON_TEST)
        assert not withheld(body_at(house, trouble))

    play(house, run)


def test_a_new_journal_starts_at_the_present(house: House) -> None:
    async def run() -> None:
        for seq in range(1, 4):
            body = EventBody("estate", names.SMOKE, names.ALARM, 1, 0, 1, 0, 1, Quality.AGE)
            await house.store(NewEntry(Type.EVENT, body, "a", 7, seq))
        async with house.running():
            assert house.desk.situation().alarms == ()

    asyncio.run(run())


def test_what_it_shows_is_json(house: House) -> None:
    from callpoint_gateway.alarms.json_objects import alarm_object

    async def run(house: House) -> None:
        await house.event()
        (case,) = house.desk.situation().alarms
        shown = alarm_object(case)
        assert json.loads(json.dumps(shown))["deadlines"][0]["rest_ms"] == 30_000

    play(house, run)


def test_a_response_level_changes_deadlines_and_ladder_at_once(house: House) -> None:
    house.levels = [
        LevelSettings(level=1, acknowledge_s=[5, 5, 5, 5], ladder=[Rung(to="control-room")])
    ]

    async def scenario(house: House) -> None:
        alarm = await house.event(kind=names.PANIC)
        case = house.desk.model.state.cases.case(alarm)
        assert case is not None
        assert house.desk.model.alarm(case).deadlines[0].rest_ms == 30_000
        body = LevelBody("", 1, "storm", "supervisor", "cli", 0, 3_600_000)
        begun = await house.store(NewEntry(Type.LEVEL, body))
        await house.desk.look()
        shown = house.desk.model.alarm(case)
        assert (shown.level, shown.deadlines[0].rest_ms) == (1, 5_000)
        house.clock.advance(6_000)
        await house.desk.look()
        assert [found.to for found in house.desk.situation().alarms[0].escalated] == [
            "control-room"
        ]
        (level,) = house.desk.situation().levels
        assert (level.number, level.level, level.left_ms) == (begun, 1, 3_594_000)
        # Snapshot and restart keep it; its end gives back the usual times.
        house.desk.save()
        await restart(house)
        assert house.desk.situation().levels[0].level == 1
        await house.store(NewEntry(Type.LEVEL, LevelOverBody("", "gateway"), about=begun))
        await house.desk.look()
        (row,) = house.desk.situation().alarms
        assert (row.level, row.deadlines[0].rest_ms) == (0, 24_000)
        assert house.desk.situation().levels == ()

    play(house, scenario)


def test_a_late_note_is_recorded_once_also_about_an_alarm_that_is_closed(house: House) -> None:
    async def play() -> None:
        async with house.running():
            desk, number = house.desk, await house.event()
            first = ("a" * 16, 1_700_000_000_000)
            for _ in range(2):
                case = await desk.note_once(number, "op-7", "district", "key at 302", *first)
                assert [(step.note, step.written_ms) for step in case.steps] == [
                    ("key at 302", 1_700_000_000_000)
                ]
            await desk.act(number, Action.ACKNOWLEDGE, "operator", "cli")
            await desk.act(number, Action.CLOSE, "operator", "cli", Cause.FALSE)
            for request, notes in (("b" * 16, 2), ("b" * 16, 2), (first[0], 2)):
                case = await desk.note_once(number, "op-7", "district", "late", request, 5)
                noted = [step for step in case.steps if step.action is Action.NOTE]
                assert len(noted) == notes
            assert case.handling is Handling.CLOSED
            with pytest.raises(DeskNotPossible):
                await desk.note_once(number + 99, "op-7", "district", "late", "c" * 16, 5)
            with pytest.raises(Unsaid):
                await desk.note_once(number, "op-7", "district", "13800138000", "d" * 16, 5)

    asyncio.run(play())
