"""What has changed of the sites that are looked at: a site that is watched is known at once."""

import threading

import pytest

from callpoint_district.database import Database
from callpoint_district.sites import watching
from callpoint_district.sites.watching import Standing, Watch


@pytest.fixture
def two(database: Database) -> Database:
    """Return a database that has heard of two gateways."""
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO gateways (gateway, epoch, position, heard_ms) "
            "VALUES ('g1', 'e', 7, 1), ('g2', 'e', 8, 1)"
        )
    return database


def test_an_earlier_look_does_not_forget_what_is_watched_since(
    two: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(two)
    watch.watch("g1")
    under_way, go_on = threading.Event(), threading.Event()
    read = watching.standings_of

    def slow(database: Database, gateways: list[str]) -> dict[str, Standing]:
        found = read(database, gateways)
        if gateways == ["g1"]:
            under_way.set()
            go_on.wait(60)
        return found

    monkeypatch.setattr(watching, "standings_of", slow)
    watch.start()
    try:
        assert under_way.wait(60)
        second = threading.Thread(target=watch.watch, args=("g2",))
        second.start()
        go_on.set()
        second.join(60)
        standings = [watch.standing(name) for name in ("g1", "g2")]
        assert [each.position for each in standings if each] == [7, 8]
        watch.leave("g2")
        watch.watch("g1")
        assert watch.standing("g2") is None
    finally:
        watch.close()


def test_a_silent_gateway_is_not_heard(two: Database) -> None:
    watch = Watch(two)
    with two.transaction() as connection:
        connection.execute("INSERT INTO silences VALUES ('g1', 1, 1)")
    watch.watch("g1")
    standing = watch.standing("g1")
    assert standing is not None
    assert not standing.heard
