"""Several walk tests at once, what they leave behind, and the signal of what was tried."""

import pytest

from callpoint_gateway.alarms.desk import DeskNotPossible
from callpoint_gateway.alarms.snapshot import NAME
from callpoint_gateway.journal.entries import (
    Cursor,
    EventBody,
    ExerciseBody,
    Mark,
    Quality,
    Type,
)
from callpoint_gateway.journal.event_meaning import withheld
from callpoint_protocol import names

from .desk_house import House, play, restart


def told_to_centres(house: House) -> list[tuple[str | None, int]]:
    """Return the begins and ends of exercises that centres are told, by device."""
    bodies = [(entry.device, entry.body) for entry in house.entries(Type.EVENT)]
    return [
        (device, body.detail)
        for device, body in bodies
        if isinstance(body, EventBody) and body.kind == names.TEST
    ]


async def withheld_event(house: House, device: str, state: int = names.ALARM) -> bool:
    kind = names.PANIC if device == "c" else names.SMOKE
    number = await house.event(device, kind, state)
    entry = next(entry for entry in house.entries(Type.EVENT) if entry.position == number)
    assert isinstance(entry.body, EventBody)
    return withheld(entry.body)


def test_two_technicians_test_two_flats_at_the_same_time(house: House) -> None:
    async def run(house: House) -> None:
        desk = house.desk
        first = await desk.start_exercise(Mark.TEST, 600, "tech-1", "console", ["left"])
        second = await desk.start_exercise(Mark.TEST, 900, "tech-2", "console", ["right"])
        assert [row.points for row in desk.situation().exercises] == [("left",), ("right",)]
        assert await withheld_event(house, "a")
        assert await withheld_event(house, "b")
        assert not await withheld_event(house, "c"), "nobody tests there"
        assert first.tested == {("a", 1)}
        assert second.tested == {("b", 1)}
        await restart(house)
        assert [each.tested for each in house.desk.exercises] == [{("a", 1)}, {("b", 1)}]
        await house.desk.stop_exercise(Mark.TEST, "tech-1", "console", number=first.position)
        assert [each.position for each in house.desk.exercises] == [second.position]
        assert not await withheld_event(house, "a")
        assert await withheld_event(house, "b")

    play(house, run)


def test_a_snapshot_keeps_every_exercise_and_an_old_one_keeps_its_only(house: House) -> None:
    async def run(house: House) -> None:
        first = await house.desk.start_exercise(Mark.TEST, 600, "tech-1", "cli", ["left"])
        await house.desk.start_exercise(Mark.TEST, 600, "tech-2", "cli", ["right"])
        await house.event("a")
        house.desk.save()
        await restart(house)
        assert [each.tested for each in house.desk.exercises] == [{("a", 1)}, set()]
        position = house.desk.model.state.position
        state = {"sensors": 1, "exercise": first.position, "tested/a/1": 1}
        await house.alarms.store([Cursor(NAME, position, state)])
        await restart(house)
        (only,) = house.desk.exercises
        assert (only.position, only.tested) == (first.position, {("a", 1)})

    play(house, run)


def test_a_device_takes_part_in_one_exercise(house: House) -> None:
    async def run(house: House) -> None:
        await house.desk.start_exercise(Mark.TEST, 600, "tech-1", "cli", ["left"])
        for mark, points in ((Mark.TEST, ["a"]), (Mark.TEST, []), (Mark.DRILL, ["3"])):
            with pytest.raises(DeskNotPossible, match="a walk test runs already"):
                await house.desk.start_exercise(mark, 600, "tech-2", "cli", points)
        drill = await house.desk.start_exercise(Mark.DRILL, 600, "tech-2", "cli", ["hall"])
        await house.event("c", names.PANIC)
        assert [alarm.device for alarm in house.desk.situation().alarms] == ["c"]
        await house.desk.stop_exercise(Mark.TEST, "tech-1", "cli")
        assert [alarm.device for alarm in house.desk.situation().alarms] == ["c"]
        await house.desk.stop_exercise(Mark.DRILL, "tech-2", "cli", number=drill.position)
        assert house.desk.situation().alarms == ()

    play(house, run)


def test_of_several_one_is_stopped_by_its_number(house: House) -> None:
    async def run(house: House) -> None:
        first = await house.desk.start_exercise(Mark.TEST, 600, "tech-1", "cli", ["left"])
        second = await house.desk.start_exercise(Mark.TEST, 600, "tech-2", "cli", ["right"])
        numbers = f"{first.position}, {second.position}"
        with pytest.raises(DeskNotPossible, match=f"by its number .{numbers}"):
            await house.desk.stop_exercise(Mark.TEST, "tech-1", "cli")
        with pytest.raises(DeskNotPossible, match="no walk test is running"):
            await house.desk.stop_exercise(Mark.TEST, "tech-1", "cli", number=99_999)
        await house.desk.stop_exercise(Mark.TEST, "tech-1", "cli", number=second.position)
        assert [each.position for each in house.desk.exercises] == [first.position]

    play(house, run)


def test_a_centre_is_told_of_the_first_begin_and_of_the_last_end(house: House) -> None:
    async def run(house: House) -> None:
        first = await house.desk.start_exercise(Mark.TEST, 600, "tech-1", "cli", ["left"])
        await house.desk.start_exercise(Mark.TEST, 600, "tech-2", "cli", ["right"])
        other = await house.desk.start_exercise(Mark.TEST, 600, "tech-2", "cli", ["hall"])
        assert told_to_centres(house) == [("a", names.TEST_WALK), ("c", names.TEST_WALK)]
        await house.desk.stop_exercise(Mark.TEST, "tech-1", "cli", number=first.position)
        assert len(told_to_centres(house)) == 2, "its other flat is still on test"
        await house.desk.stop_exercise(Mark.TEST, "tech-2", "cli", number=other.position)
        await house.desk.stop_exercise(Mark.TEST, "tech-2", "cli")
        ends = [("c", names.TEST_WALK_END), ("b", names.TEST_WALK_END)]
        assert told_to_centres(house)[2:] == ends

    play(house, run)


def test_each_warns_and_ends_by_itself(house: House) -> None:
    async def run(house: House) -> None:
        first = await house.desk.start_exercise(Mark.TEST, 310, "tech-1", "cli", ["left"])
        second = await house.desk.start_exercise(Mark.TEST, 320, "tech-2", "cli", ["right"])
        await house.let_pass(12)
        assert [row.warned for row in house.desk.situation().exercises] == [True, False]
        await house.let_pass(300)
        assert [each.position for each in house.desk.exercises] == [second.position]
        await house.let_pass(10)
        assert house.desk.exercises == ()
        ended = [
            entry.about
            for entry in house.entries(Type.EXERCISE)
            if isinstance(entry.body, ExerciseBody) and entry.body.stage == "end"
        ]
        assert ended == [first.position, second.position]

    play(house, run)


@pytest.mark.parametrize("mark", [Mark.TEST, Mark.DRILL])
def test_what_was_raised_on_test_is_not_restored_as_real_afterwards(
    house: House, mark: Mark
) -> None:
    async def run(house: House) -> None:
        await house.desk.start_exercise(mark, 600, "tech-1", "cli", ["left"])
        assert await withheld_event(house, "a")
        await house.desk.stop_exercise(mark, "tech-1", "cli")
        await restart(house)
        assert await withheld_event(house, "a", names.RESTORE), "no centre knows the alarm"
        assert not await withheld_event(house, "a"), "the test is over"
        assert not await withheld_event(house, "a", names.RESTORE)

    play(house, run)


@pytest.mark.parametrize(
    ("kind", "state", "detail", "guarded"),
    [
        (names.DOOR, names.NOTICE, names.OPEN, False),
        (names.DOOR, names.NOTICE, names.OPEN, True),
        (names.INTRUSION, names.ALARM, 0, True),
        (names.DOOR, names.TROUBLE, names.FORCED, False),
    ],
)
def test_what_raises_nothing_by_itself_is_tried_as_well(
    house: House, kind: int, state: int, detail: int, guarded: bool
) -> None:
    async def run(house: House) -> None:
        now = house.clock.wall
        body = EventBody(
            *("estate", kind, state, 1, detail, 1, 0, now, Quality.AGE), "left", guarded=guarded
        )
        assert house.desk.mark("a", body) is Mark.REAL
        await house.desk.start_exercise(Mark.TEST, 600, "tech-1", "cli", ["left"])
        assert house.desk.mark("a", body) is Mark.TEST, "an armed partition must not take it"
        left = EventBody(
            *("estate", names.DOOR, names.TROUBLE, 1, names.LEFT_OPEN, 1, 0, now, Quality.AGE)
        )
        assert house.desk.mark("a", left) is Mark.REAL, "a trouble is one at any time"

    play(house, run)


def test_a_device_that_was_tried_reports_its_signal_for_a_minute(house: House) -> None:
    async def run(house: House) -> None:
        await house.desk.start_exercise(Mark.TEST, 600, "tech-1", "cli", ["left"])
        await house.event("a")
        await house.let_pass(70)
        reports = [order for order in house.orders if order[1] == names.REPORT]
        assert len(reports) >= 5
        assert len({number for _, _, _, number in reports}) == 1, "one write of its flash"
        assert {device for device, _, _, _ in reports} == {"a"}
        walk = [order for order in house.orders if order[:2] == ("a", names.WALK_TEST)]
        assert len(walk) == 4, "the repeats of the other order go on"
        await house.event("c", names.PANIC)
        await house.let_pass(2)
        assert {order[0] for order in house.orders if order[1] == names.REPORT} == {"a"}

    play(house, run)
