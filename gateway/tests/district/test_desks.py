"""Point to point: whose an alarm is, by the rules of its area, and who has it next."""

from pathlib import Path

import pytest

from callpoint_district.areas.desks import AGAIN_MS, Desks, turns_of
from callpoint_district.areas.routing import Reason, desks_for
from callpoint_district.areas.rules import Areas, load
from callpoint_district.database import Database
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_protocol import names

from ..conftest import ManualClock
from .area_rows import alarm, gateway, rows

AREAS = """
[[area]]
grid = []
[[area.rule]]
level = "city"
desk = "city"
centre = "City centre"

[[area]]
grid = ["Hangzhou", "Xihu"]
[[area.rule]]
kinds = ["smoke", "gas"]
level = "district"
desk = "xihu-fire"
centre = "Xihu fire centre"
responders = ["firefighter"]
fall_back_after_s = 60
[[area.rule]]
level = "district"
desk = "xihu"
centre = "Xihu centre"
responders = ["police_officer"]

[[area]]
grid = ["Hangzhou", "Xihu", "North"]
[[area.rule]]
kinds = ["panic"]
level = "community"
desk = "north"
centre = "North community"
responders = ["grid_worker", "volunteer"]
fall_back_after_s = 30
[[area.rule]]
kinds = ["medical"]
level = "community"
desk = "north"
centre = "North community"
fall_back_to = "city"
[[area.rule]]
kinds = ["water"]
level = "community"
desk = "north"
centre = "North community"
fall_back_after_s = 0
"""
NORTH = ("Hangzhou", "Xihu", "North", "3")


@pytest.fixture
def areas(tmp_path: Path) -> Areas:
    """Return the rules above."""
    return written(tmp_path, AREAS)


def written(folder: Path, text: str) -> Areas:
    file = folder / "areas.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


@pytest.mark.parametrize(
    ("grid", "kind", "desks"),
    [
        (NORTH, "panic", ["north", "xihu", "city"]),
        (NORTH, "smoke", ["xihu-fire", "city"]),
        (NORTH, "medical", ["north", "city"]),
        (NORTH, "water", ["north"]),
        (("Hangzhou", "Xihu"), "panic", ["xihu", "city"]),
        (("Hangzhou", "Binjiang"), "smoke", ["city"]),
        ((), "panic", ["city"]),
    ],
)
def test_the_smallest_area_with_a_rule_comes_first(
    areas: Areas, grid: tuple[str, ...], kind: str, desks: list[str]
) -> None:
    found = desks_for(areas, grid, kind)
    assert [step.desk for step in found] == desks
    assert found[0].why is Reason.SMALLEST
    assert found[-1].after_s is None
    assert all(step.after_s for step in found[:-1])


def test_it_is_said_why_a_desk_has_it(areas: Areas) -> None:
    assert [step.why for step in desks_for(areas, NORTH, "panic")] == [
        Reason.SMALLEST,
        Reason.LARGER,
        Reason.LARGER,
    ]
    assert desks_for(areas, NORTH, "medical")[1].why is Reason.NAMED
    assert desks_for(areas, NORTH, "panic")[0].responders == ("grid_worker", "volunteer")


def test_desks_that_name_each_other_end(tmp_path: Path) -> None:
    circle = AREAS.replace('centre = "City centre"', 'centre = "x"\nfall_back_to = "north"')
    areas = written(tmp_path, circle)
    assert [step.desk for step in desks_for(areas, NORTH, "medical")] == ["north", "city"]


@pytest.mark.parametrize(
    ("changed", "to", "says"),
    [
        ('kinds = ["panic"]', 'kinds = ["panik"]', ":27: kinds: no kind 'panik'"),
        ('grid = ["Hangzhou", "Xihu", "North"]', "grid = []", ":25: grid"),
        ('kinds = ["medical"]', 'kinds = ["panic"]', ":34: kinds: panic has a rule"),
        ('fall_back_to = "city"', 'fall_back_to = "cty"', "near it: city"),
        ('fall_back_to = "city"', 'fall_back_to = "north"', ":38: fall_back_to"),
        ('centre = "City centre"', 'centre = "call 13800138000"', ":7: centre"),
        ('level = "city"', 'level = "town"', "city, community, district, street"),
        ('responders = ["firefighter"]', 'responders = ["Li 1"]', ":16: "),
        ('desk = "city"', 'dsk = "city"', "did you mean 'desk'"),
    ],
)
def test_a_mistake_is_named_with_its_place(
    tmp_path: Path, changed: str, to: str, says: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        written(tmp_path, AREAS.replace(changed, to))
    assert says in str(refused.value.why), str(refused.value.why)
    assert refused.value.why.in_("zh") != str(refused.value.why)


@pytest.fixture
def filled(database: Database) -> Database:
    """Return a database with a gateway in North and one whose place nobody knows."""
    gateway(database, "g1", *NORTH)
    gateway(database, "g2")
    return database


def desks_of(database: Database, name: str, number: int) -> list[tuple[str, int | None]]:
    """Return the desks of an alarm: which, and when the next one has it."""
    with database.transaction() as connection:
        turns = turns_of(connection, [(name, number)]).get((name, number), [])
    return [(turn.desk, turn.due_ms) for turn in turns]


def test_an_alarm_that_nobody_takes_goes_on_from_desk_to_desk(
    filled: Database, areas: Areas, clock: ManualClock
) -> None:
    desks = Desks(filled, areas, clock)
    alarm(filled, "g1", 7, names.PANIC, mark="drill")
    assert not desks.look()
    desks.look()
    first = ("north", clock.wall + 30_000)
    assert desks_of(filled, "g1", 7) == [first]
    clock.advance(29_999)
    desks.look()
    assert desks_of(filled, "g1", 7) == [first]
    clock.advance(1)
    desks.look()
    second = ("xihu", clock.wall + 180_000)
    assert desks_of(filled, "g1", 7) == [("north", None), second]
    clock.advance(180_000)
    # Another process took over, and knows nothing but the database.
    Desks(filled, areas, clock).look()
    assert desks_of(filled, "g1", 7) == [("north", None), ("xihu", None), ("city", None)]
    clock.advance(10**9)
    desks.look()
    assert len(desks_of(filled, "g1", 7)) == 3


def test_an_alarm_that_is_taken_stays_where_it_is(
    filled: Database, areas: Areas, clock: ManualClock
) -> None:
    desks = Desks(filled, areas, clock)
    alarm(filled, "g1", 7, names.PANIC)
    alarm(filled, "g1", 8, names.SMOKE, handling="acknowledged")
    desks.look()
    with filled.transaction() as connection:
        connection.execute("UPDATE alarms SET handling = 'acknowledged' WHERE position = 7")
    clock.advance(10**6)
    desks.look()
    assert [desk for desk, _ in desks_of(filled, "g1", 7)] == ["north"]
    assert [desk for desk, _ in desks_of(filled, "g1", 8)] == ["xihu-fire"]


def test_the_desks_follow_an_alarm_into_the_next_epoch(
    filled: Database, areas: Areas, clock: ManualClock
) -> None:
    desks = Desks(filled, areas, clock)
    alarm(filled, "g1", 7, names.PANIC)
    desks.look()
    with filled.transaction() as connection:
        connection.execute("UPDATE alarms SET epoch = %s", ("1" * 15,))
    desks.look()
    assert [desk for desk, _ in desks_of(filled, "g1", 7)] == ["north"]


def test_an_alarm_without_a_desk_gets_one_when_a_rule_is_there(
    filled: Database, areas: Areas, clock: ManualClock
) -> None:
    alarm(filled, "g2", 3, names.PANIC, device="unknown")
    Desks(filled, Areas([areas.area[2]]), clock).look()
    assert desks_of(filled, "g2", 3) == [("", clock.wall + AGAIN_MS)]
    clock.advance(AGAIN_MS)
    Desks(filled, areas, clock).look()
    assert [desk for desk, _ in desks_of(filled, "g2", 3)] == ["", "city"]
    assert len(rows(filled, "SELECT 1 FROM desks")) == 2
