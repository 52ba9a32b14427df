"""The figures of an area: what is counted, what each time counts from, and for which part."""

import pytest

from callpoint_district.database import Database
from callpoint_district.sites.figures import AreaFigures, Taken, figures
from callpoint_protocol import names

DAY_MS = 86_400_000
CITY = "Hangzhou"


def fill(database: Database) -> None:
    """Fill in two districts of a city with alarms; times are seconds after the opening."""
    grids = {
        "a": [CITY, "Xihu", "North"],
        "b": [CITY, "Xihu", "South"],
        "c": [CITY, "Binjiang"],
        "d": [CITY],
    }
    # device, opened s, mark, acknowledged, dispatched, arrived, reinforced, closed, cause
    alarms: list[tuple[str, int, str, list[int | None], str | None]] = [
        ("a", 0, "", [20, 30, 329, 630, 900], "real"),
        ("a", 10, "", [40, 60, 361, None, None], None),
        ("b", 20, "", [None, None, None, None, None], None),
        ("b", 30, "drill", [1, None, None, None, 2], "drill"),
        ("c", 40, "", [100, None, None, None, 200], "false"),
        ("d", 50, "", [5, None, None, None, None], None),
        ("nowhere", 60, "", [5, None, None, None, None], None),
    ]
    with database.transaction() as connection:
        for device, grid in grids.items():
            connection.execute(
                "INSERT INTO devices VALUES ('g1', %s, %s, %s)", (device, "p", grid)
            )
            connection.execute("INSERT INTO places VALUES ('g1', %s, %s)", (device, grid))
        connection.execute("INSERT INTO places VALUES ('g1', 'e', %s)", ([CITY, "Yuhang"],))
        for position, (device, at_s, mark, steps, cause) in enumerate(alarms, 1):
            opened = DAY_MS + at_s * 1000
            connection.execute(
                "INSERT INTO alarms (gateway, epoch, position, kind, mark, device, place, "
                "handling, condition, occurred_ms, opened_ms, acknowledged_ms, dispatched_ms, "
                "arrived_ms, reinforced_ms, closed_ms, cause) VALUES "
                "('g1', 'e', %s, %s, %s, %s, 'p', 'new', 'active', 1, %s, %s, %s, %s, %s, %s, %s)",
                (
                    position,
                    names.PANIC,
                    mark,
                    device,
                    opened,
                    *(None if step is None else opened + step * 1000 for step in steps),
                    cause,
                ),
            )


def test_an_area_and_each_area_in_it_have_their_figures(database: Database) -> None:
    fill(database)
    found = figures(database, (CITY,), 0, 2 * DAY_MS)
    assert (found.whole.area, found.whole.alarms, found.whole.exercises) == ((CITY,), 5, 1)
    assert found.whole.open == 3
    assert found.whole.causes == {"false": 1, "real": 1}
    assert found.whole.kinds == {"panic": 5}
    assert [(part.area[-1], part.alarms) for part in found.parts] == [
        ("Binjiang", 1),
        ("Xihu", 3),
        ("Yuhang", 0),
    ]
    assert found.parts[2] == AreaFigures((CITY, "Yuhang"))
    xihu = found.parts[1]
    assert xihu.acknowledged == Taken(2, 30_000, 38_000)
    assert xihu.arrived == Taken(2, 345_000, 357_800)
    assert xihu.reinforced == Taken(1, 630_000, 630_000)
    assert xihu.closed == Taken(1, 900_000, 900_000)
    assert xihu.within == {30: 0.3333, 60: 0.6667, 90: 0.6667, 180: 0.6667}
    # 329 s after the alarm is 299 s after the dispatch, and 361 s is 301 s after it.
    assert xihu.arrived_in_time == 0.5
    assert xihu.reinforced_in_time == 1.0


def test_everything_has_what_is_in_no_register(database: Database) -> None:
    fill(database)
    found = figures(database, (), 0, 2 * DAY_MS)
    assert found.whole.alarms == 6
    assert [(part.area, part.alarms) for part in found.parts] == [((CITY,), 5)]


@pytest.mark.parametrize(
    ("since", "until", "alarms"),
    [(0, DAY_MS, 0), (DAY_MS, DAY_MS + 1, 1), (DAY_MS + 1, 2 * DAY_MS, 4)],
)
def test_only_the_alarms_of_the_time(
    database: Database, since: int, until: int, alarms: int
) -> None:
    fill(database)
    assert figures(database, (CITY,), since, until).whole.alarms == alarms


def test_an_area_without_alarms_has_no_shares(database: Database) -> None:
    assert figures(database, ("Nowhere",), 0, DAY_MS).whole == AreaFigures(("Nowhere",))
