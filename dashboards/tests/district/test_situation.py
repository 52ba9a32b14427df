"""The situation of an area: the counts that the database makes are those of the single alarms."""

import random
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import psycopg
import pytest

from callpoint_console.reports.trend import DAY_MS, trend
from callpoint_district.console.reports import first_ms, situation
from callpoint_district.database import Database
from callpoint_gateway.alarms.report_summary import Course
from callpoint_protocol import names

NOW_MS = 1_780_000_000_000
#: Half an hour beside the others.
KOLKATA = ZoneInfo("Asia/Kolkata")
CITY = "Hangzhou"
DISTRICTS = ("Xihu", "Gongshu", "Binjiang")

Alarm = tuple[int, int, str, int]  # opened (Unix ms), kind, mark, number of the device


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    """Return a district with a device in each street, and one that no register has."""
    database = Database(address)
    database.migrate()
    with database.transaction() as connection:
        for number, district in enumerate(DISTRICTS):
            row = ("g1", f"d{number}", f"p{number}", [CITY, district, f"street {number}"])
            connection.execute("INSERT INTO devices VALUES (%s, %s, %s, %s)", row)
            connection.execute("INSERT INTO places VALUES (%s, %s, %s)", (row[0], *row[2:]))
    yield database
    database.close()


def fill(database: Database, alarms: list[Alarm]) -> None:
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO alarms (gateway, epoch, position, kind, mark, device, place, handling, "
            "condition, occurred_ms, opened_ms) SELECT 'g1', 'e', number, kind, mark, "
            "'d' || device, 'p', 'new', 'active', 1, opened FROM unnest(%s::bigint[], "
            "%s::integer[], %s::text[], %s::integer[]) WITH ORDINALITY AS "
            "alarm (opened, kind, mark, device, number)",
            [list(column) for column in zip(*alarms, strict=True)],
        )


@pytest.mark.parametrize("area", [(), (CITY, "Xihu")])
def test_what_the_database_counts_is_what_the_alarms_are(
    database: Database, area: tuple[str, ...]
) -> None:
    chance = random.Random(7)
    alarms: list[Alarm] = []
    for _ in range(400):
        ago_ms = chance.choice([7, 63, 70]) * DAY_MS - chance.randrange(-DAY_MS, DAY_MS)
        mark = chance.choice(["", "", "drill"])
        kind = chance.choice([names.PANIC, names.SMOKE])
        alarms.append((NOW_MS - ago_ms, kind, mark, chance.randrange(4)))
    alarms += [(NOW_MS - hours * 3_600_000, names.PANIC, "", 0) for hours in range(60)]
    alarms.append((NOW_MS, names.PANIC, "", 0))  # has not happened yet
    fill(database, alarms)
    inside = range(3) if not area else (0,)
    courses = [
        Course(0, opened, names.KINDS[kind], str(device), "", mark, None, {}, {})
        for opened, kind, mark, device in alarms
        if device in inside and not mark
    ]
    part = [
        f"{CITY} / {district}" if not area else f"street {number}"
        for number, district in enumerate(DISTRICTS)
    ]
    said = trend(
        courses,
        KOLKATA,
        NOW_MS,
        first_ms(database, NOW_MS),
        lambda course: part[int(course.place)],
    )
    assert said.rises
    assert situation(database, area, KOLKATA, NOW_MS) == said


def test_a_page_reads_counts_and_not_the_alarms(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, [(NOW_MS - 40 * DAY_MS + n % 50, names.PANIC, "", n % 3) for n in range(5000)])
    read: list[int] = []
    fetch = psycopg.Cursor.fetchall

    def counted(cursor: psycopg.Cursor) -> list[tuple[object, ...]]:
        rows = fetch(cursor)
        read.append(len(rows))
        return rows

    monkeypatch.setattr(psycopg.Cursor, "fetchall", counted)
    found = situation(database, (), KOLKATA, NOW_MS)
    assert (found.before, sum(map(sum, found.week))) == (5000, 5000)
    assert sum(read) < 20
