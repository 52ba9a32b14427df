"""A gateway that was taken out of service: named as such, and nobody waits for it."""

import asyncio
from contextlib import ExitStack
from pathlib import Path

from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_district.areas import levels, plans
from callpoint_district.areas.desks import Desks
from callpoint_district.areas.rules import Area, Areas, Rule
from callpoint_district.areas.territory import gateways_in
from callpoint_district.areas.told import SiteState
from callpoint_district.database import Database
from callpoint_district.sites import hearing, notes, retiring
from callpoint_district.sites.hearing import Sign
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.protocols.upstream import LifeSign
from callpoint_protocol import names

from ..conftest import ManualClock
from .area_rows import alarm, gateway, rows
from .test_errands import DAY_S, LEADER, XIHU, Played
from .test_silence import Timed


def told(here: Played, name: str) -> set[tuple[SiteState, int]]:
    """Return what the lists of levels and of plans say of a gateway, and since when."""
    with here.database.transaction() as connection:
        every = [*levels.listed(connection, here.clock.wall_ms()), *plans.listed(connection)]
    assert len(every) == 2
    sites = [site for each in every for site in each.sites if site.gateway == name]
    return {(site.state, site.at_ms) for site in sites}


def heard(here: Played, name: str) -> None:
    """Have a gateway be heard now, and the district find it."""
    with here.database.transaction() as connection:
        connection.execute(
            "UPDATE gateways SET heard_ms = %s WHERE gateway = %s", (here.clock.wall_ms(), name)
        )
        retiring.bring_back(connection)


def test_nobody_waits_for_a_gateway_out_of_service_and_one_that_is_back_gets_everything(
    tmp_path: Path, database: Database, clock: ManualClock
) -> None:
    async def play() -> None:
        with ExitStack() as stack:
            here = Played(tmp_path, database, clock, 1, stack)
            heard(here, "g2")
            retired_ms = clock.wall_ms()
            assert retiring.retire(database, "g2", retired_ms) == 0
            with database.transaction() as connection:
                levels.begin(connection, XIHU, 2, DAY_S, "storm", LEADER, clock.wall_ms())
                steps = [PlanStep("call", "Call", "致电")]
                plans.give(connection, (), "panic", None, steps, LEADER, clock.wall_ms())
                assert gateways_in(connection, ()) == gateways_in(connection, XIHU) == ["g1", "g3"]
            for _ in range(3):
                await here.look()
            assert told(here, "g2") == {(SiteState.RETIRED, retired_ms)}
            for name in ("g1", "g3"):
                assert {state for state, _ in told(here, name)} == {SiteState.CONFIRMED}
            assert not here.sites["g2"].begun()
            assert here.sites["g2"].plans.in_force("district") == []
            asked = here.line.asked
            await here.look()
            assert here.line.asked == asked

            heard(here, "g2")
            for _ in range(3):
                await here.look()
            assert {state for state, _ in told(here, "g2")} == {SiteState.CONFIRMED}
            assert here.sites["g2"].holding() == {(" / ".join(XIHU), 2): 1}
            assert len(here.sites["g2"].plans.in_force("district")) == 1

            assert retiring.retire(database, "g2", clock.wall_ms()) == 0
            ((gone, _),) = told(here, "g2")
            assert gone is SiteState.RETIRED, "it had confirmed both"

    asyncio.run(play())


def test_what_was_on_its_way_when_a_gateway_was_retired_does_not_bring_it_back(
    database: Database,
) -> None:
    gateway(database, "g1", *XIHU, heard_ms=1_000_000)
    assert retiring.retire(database, "g9", 1) is None
    assert retiring.retire(database, "g1", 5_000_000) == 0
    for heard_ms, back in ((1_020_000, False), (1_040_000, True)):
        with database.transaction() as connection:
            connection.execute("UPDATE gateways SET heard_ms = %s", (heard_ms,))
            retiring.bring_back(connection)
            assert (retiring.retired(connection) == {}) is back


def test_what_is_open_at_a_gateway_out_of_service_waits_for_nobody_and_stays_on_record(
    folder: Path, address: str, database: Database, clock: ManualClock
) -> None:
    gateway(database, "g1", *XIHU)
    gateway(database, "g2", *XIHU)
    for name in ("g1", "g2"):
        alarm(database, name, 17, names.PANIC)
    file = folder / "district.toml"
    file.write_text(f'district = "d1"\nservers = ["nats://127.0.0.1:1"]\ndatabase = "{address}"\n')

    def called(*words: str) -> str:
        arguments = ["district", *words, "-c", str(file)]
        return " ".join(CliRunner().invoke(main, arguments).output.split())

    retired = called("retire", "g1")
    assert "alarms of g1 that nobody has closed: 1" in retired
    status = called("status")
    assert "out of service since" in status
    assert "g2 alarm 17" in status
    assert "g1 alarm 17" not in status
    rule = Rule(level="city", desk="city", centre="City", fall_back_after_s=1)
    desks = Desks(database, Areas([Area(rule=[rule])]), clock)
    desks.look()
    assert rows(database, "SELECT gateway FROM desks") == [("g2",)]
    said = called(
        "alarm", "g1", "17", "note", "--note", "door", "--account", "op-7", "--as", "operator"
    )
    assert said == "noted here; gateway g1 is out of service and does not get the note"
    with database.transaction() as connection:
        assert notes.waiting(connection) == []
        assert [note.note for note in notes.undelivered(connection, "g1")] == ["door"]
    assert rows(database, "SELECT count(*) FROM alarms WHERE closed_ms IS NULL") == [(2,)]


def test_a_gateway_that_its_district_has_out_of_service_is_it_at_the_city_as_well(
    address: str, database: Database, clock: ManualClock
) -> None:
    timed = Timed(address, clock)

    def told(**life: int) -> list[tuple[object, ...]]:
        sign = LifeSign(program="test", **life)
        heard_ms = clock.wall_ms() - sign.silent_ms
        hearing.write(timed, {"d1/g1": Sign(heard_ms, 1, sign)}, clock)
        with timed.transaction() as connection:
            retiring.bring_back(connection)
        return list(rows(timed, "SELECT gateway, since_ms FROM retirements"))

    try:
        assert told() == []
        for ago_ms in (15_000, 30_000, 45_000):
            clock.advance(15_000)
            assert told(silent_ms=ago_ms, retired_ms=7) == [("d1/g1", 7)]
        assert told() == []
    finally:
        timed.close()
