"""What a gateway counts in an hour reaches its district. Only that is dropped when it is old."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callpoint_district.database import Database
from callpoint_district.settings import District, load
from callpoint_district.sites import hearing, rates, silence
from callpoint_district.sites.hearing import Hearing
from callpoint_district.sites.rates import counted, drop_months, keep, make_months
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.journal.entries import (
    DeliveryBody,
    EventBody,
    NewEntry,
    Quality,
    TelemetryBody,
    Type,
    fault_begins,
    fault_ends,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.upstream import Rates, upward
from callpoint_gateway.upstream import rates_sender
from callpoint_gateway.upstream.connection import connection
from callpoint_gateway.upstream.hourly_counts import HOUR_MS, counts_of
from callpoint_gateway.upstream.rates_sender import RatesSender
from callpoint_gateway.words.said import said
from callpoint_protocol import names
from callpoint_rig.district_parts import Engine
from callpoint_rig.ports import free_port

from ..conftest import ManualClock
from .played_gateway import until


def at(year: int, month: int, day: int = 1, hour: int = 0) -> int:
    """Return a moment in Unix ms."""
    return round(datetime(year, month, day, hour, tzinfo=UTC).timestamp() * 1000)


NOW_MS = at(2026, 11, 29, 12)


def event(kind: int, state: int, seq: int) -> NewEntry:
    """Return an event of a device."""
    body = EventBody("estate", kind, state, 1, 0, 1, 0, 1, Quality.AGE, "flat-301")
    return NewEntry(Type.EVENT, body, "button", 1, seq)


def test_an_hour_is_counted_from_the_journals_and_no_other_hour(tmp_path: Path) -> None:
    clock = ManualClock()
    alarms = Journal(tmp_path / "alarms.db", clock, chained=True)
    telemetry = Journal(tmp_path / "telemetry.db", clock, chained=False)
    begin_ms = clock.wall_ms() // HOUR_MS * HOUR_MS + HOUR_MS
    why = said("part.unexpected")
    for hour in range(3):
        clock.advance(begin_ms + hour * HOUR_MS - clock.wall_ms())
        asyncio.run(
            alarms.store(
                [
                    *(
                        event(names.PANIC, names.ALARM, 10 * hour + number)
                        for number in range(1, hour + 2)
                    ),
                    event(names.BATTERY, names.TROUBLE, 10 * hour + 9),
                    NewEntry(Type.DELIVERY, DeliveryBody("police", 1, True, "ACK", 5), about=1),
                    NewEntry(Type.DELIVERY, DeliveryBody("police", 2, False, "NAK", 5), about=1),
                    fault_begins("centre/police", why, why),
                    fault_ends("centre/police", why),
                ]
            )
        )
        reading = TelemetryBody("estate", {"battery": 3000}, 1)
        asyncio.run(
            telemetry.store(
                [NewEntry(Type.TELEMETRY, reading, "button", 2, 10 * hour + n) for n in range(4)]
            )
        )
        clock.advance(HOUR_MS - 1)
        asyncio.run(alarms.store([event(names.SMOKE, names.ALARM, 10 * hour + 8)]))
    alarms.close()
    telemetry.close()
    found = counts_of(alarms.path, telemetry.path, begin_ms + HOUR_MS)
    assert found == {
        "event/panic/alarm": 2,
        "event/smoke/alarm": 1,
        "event/battery/trouble": 1,
        "delivery/accepted": 1,
        "delivery/refused": 1,
        "fault/centre": 1,
        "reading": 4,
    }
    for quiet_ms in (begin_ms - HOUR_MS, begin_ms + 3 * HOUR_MS):
        assert counts_of(alarms.path, telemetry.path, quiet_ms) == {"reading": 0}


def told(hour_ms: int, **counts: int) -> Rates:
    """Return the message of an hour."""
    return Rates(hour_ms=hour_ms, counts=counts)


def test_an_hour_that_is_told_again_counts_once_and_areas_are_summed(database: Database) -> None:
    hour_ms = NOW_MS - HOUR_MS
    keep(database, [("g1", told(hour_ms, reading=5)), ("g2", told(hour_ms, reading=7))], NOW_MS)
    keep(database, [("g1", told(hour_ms, reading=6, x=1)), ("g1", told(NOW_MS, x=1))], NOW_MS)
    with database.transaction() as connection:
        for gateway, city in (("g1", "A"), ("g2", "B")):
            for place in ("p", "q"):
                connection.execute(
                    "INSERT INTO places VALUES (%s, %s, %s)", (gateway, place, [city])
                )
    assert counted(database, (), hour_ms, NOW_MS) == {"reading": 13, "x": 1}
    assert counted(database, ("A",), hour_ms, NOW_MS + 1) == {"reading": 6, "x": 2}
    assert counted(database, ("C",), hour_ms, NOW_MS) == {}


def test_hours_of_a_clock_that_is_wrong_are_not_kept(database: Database) -> None:
    for hour_ms in (0, at(2026, 10), at(2027, 1)):
        keep(database, [("g1", told(hour_ms, reading=5)), ("g2", told(NOW_MS, x=1))], NOW_MS)
    assert counted(database, (), 0, 2**52) == {"x": 1}


def months(database: Database) -> list[str]:
    """Return the tables of months, by name."""
    with database.transaction() as connection:
        found = connection.execute(
            "SELECT relname FROM pg_class "
            "WHERE relname ~ '^rates_[0-9]{4}_[0-9]{2}$' ORDER BY relname"
        )
        return [row[0] for row in found]


def test_months_are_made_ahead_and_dropped_when_they_are_old(database: Database) -> None:
    make_months(database, NOW_MS)
    make_months(database, NOW_MS)
    assert months(database) == ["rates_2026_11", "rates_2026_12", "rates_2027_01"]
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO entries VALUES ('g1', 'e', 1, 'event', NULL, NULL, NULL, NULL, '', '', 1)"
        )
    for month in range(3, 13):
        now_ms = at(2027, month)
        make_months(database, now_ms)
        keep(database, [("g1", told(now_ms, reading=month))], now_ms)
    assert drop_months(database, at(2027, 12), 12) == ["rates_2026_11"]
    assert drop_months(database, at(2027, 12), 3)[-1] == "rates_2027_08"
    assert months(database)[0] == "rates_2027_09"
    assert counted(database, (), 0, 2**52) == {"reading": 9 + 10 + 11 + 12}
    with database.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM entries").fetchone() == (1,)


def test_a_clock_that_runs_ahead_drops_nothing(database: Database) -> None:
    make_months(database, NOW_MS)
    assert drop_months(database, at(2090, 1), 1) == []
    keep(database, [("g1", told(NOW_MS, reading=1))], NOW_MS)
    assert drop_months(database, at(2090, 1), 1) == []
    assert counted(database, (), 0, 2**52) == {"reading": 1}


def test_a_backup_holds_up_neither_what_is_told_nor_the_months_to_come(
    database: Database,
) -> None:
    make_months(database, NOW_MS)
    later_ms = at(2027, 6)
    keep(database, [("g1", told(NOW_MS, reading=1))], NOW_MS)
    keep(database, [("g1", told(later_ms, reading=2))], later_ms)
    with database.transaction() as backup:
        backup.execute("SELECT count(*) FROM rates")
        make_months(database, at(2028, 1))
        assert drop_months(database, later_ms, 1) == []
        keep(database, [("g2", told(later_ms, reading=3))], later_ms)
    assert "rates_2026_11" in drop_months(database, later_ms, 1)
    assert counted(database, (), 0, 2**52) == {"reading": 5}


def test_the_newest_hour_is_found_without_a_look_at_the_others(database: Database) -> None:
    make_months(database, NOW_MS)
    keep(database, [("g1", told(NOW_MS, reading=1))], NOW_MS)
    later_ms = at(2026, 12, 3)
    keep(database, [("g1", told(later_ms, reading=1))], later_ms)
    with database.transaction() as other:
        other.execute("LOCK TABLE rates_2026_11 IN ACCESS EXCLUSIVE MODE")
        assert drop_months(database, later_ms, 24) == []


@pytest.mark.parametrize("months", ["0", "601", '"two"'])
def test_a_retention_that_is_none_is_refused(tmp_path: Path, months: str) -> None:
    file = tmp_path / "district.toml"
    file.write_text(
        f'district = "d1"\nservers = ["nats://127.0.0.1:1"]\ndatabase = "x"\n'
        f"retention_months = {months}\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match="retention_months"):
        load(file)


def test_rates_go_over_the_real_engine_once_the_hour_is_over(
    folder: Path, address: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates_sender, "SPREAD_S", 0.0)
    monkeypatch.setattr(hearing, "WRITE_S", 0.05)
    monkeypatch.setattr(silence, "PULSE_S", 0.05)
    clock = SystemClock()

    def listens() -> bool:
        with database.transaction() as connection:
            found = connection.execute("SELECT 1 FROM listening WHERE heard_at > 0").fetchone()
        return found is not None

    async def play() -> None:
        engine = Engine(folder, free_port())
        await engine.start()
        settings = District(district="d1", servers=[engine.address], database=address)
        district = [
            asyncio.ensure_future(Hearing(settings, database, clock).run()),
            asyncio.ensure_future(silence.speak(settings)),
            asyncio.ensure_future(rates.keep_months(settings, database, clock)),
        ]
        try:
            await until(listens)
            sender = RatesSender(
                lambda hour_ms: {"reading": hour_ms}, upward("d1", "g1", "rates"), clock
            )
            async with connection([engine.address], None) as opened:
                line = asyncio.ensure_future(opened.work([sender.run(opened.client)]))
                await until(lambda: bool(counted(database, (), 0, 2**52)))
                await end_all([line])
        finally:
            await end_all(district)
            await engine.stop()

    before_ms = clock.wall_ms()
    asyncio.run(play())
    (hour_ms,) = counted(database, (), 0, 2**52).values()
    assert before_ms - 2 * HOUR_MS < hour_ms <= clock.wall_ms() - HOUR_MS


def test_what_gateways_tell_too_high_has_a_sum_still(database: Database) -> None:
    make_months(database, NOW_MS)
    told = [(f"g{number}", Rates(hour_ms=NOW_MS, counts={"x": 2**53})) for number in range(1100)]
    keep(database, told, NOW_MS)
    assert counted(database, (), 0, 2**52) == {"x": 2**62}
