"""Two people who put an area to the same level at once."""

from concurrent.futures import ThreadPoolExecutor

from callpoint_district.areas import levels
from callpoint_district.database import Database
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import SystemClock

from .area_rows import gateway

XIHU = ("Hangzhou", "Xihu")
DAY_S = 86_400


def begun(database: Database, account: str, for_s: int = DAY_S, level: int = 2) -> str:
    """Begin a level; return by whom it was begun, or why it was not."""
    by, now_ms = By(account, Role.SUPERVISOR, "district"), SystemClock().wall_ms()
    try:
        with database.transaction() as connection:
            return levels.begin(connection, XIHU, level, for_s, "storm", by, now_ms).who
    except QuestionRefused as refused:
        return str(refused.why)


def test_the_first_begins_it_and_the_other_hears_who_was_first(database: Database) -> None:
    gateway(database, "g1", *XIHU)
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda account: begun(database, account), ("op-7", "op-9")))
    (who,) = {"op-7", "op-9"} & set(said)
    said.remove(who)
    assert said == [f"{who} was first: level 1 holds here already, about as long"]
    assert begun(database, "op-9", level=3) == "op-9"
    assert begun(database, "op-9", for_s=2 * DAY_S) == "op-9"
    with database.transaction() as connection:
        found = levels.listed(connection, SystemClock().wall_ms())
    assert [level.level for level in found] == [2, 2, 3]
