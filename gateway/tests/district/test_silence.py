"""A gateway not heard is a fault within 90 seconds, and a deaf district calls none silent."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from callpoint_cli.errors import BAD
from callpoint_cli.main import main
from callpoint_district.database import Database
from callpoint_district.sessions import FROZEN_S
from callpoint_district.settings import District
from callpoint_district.sites import hearing, silence
from callpoint_district.sites.hearing import Hearing, Sign
from callpoint_district.sites.silence import LOOK_S, SILENT_MS, TOGETHER_MS, findings
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.protocols.upstream import LifeSign
from callpoint_gateway.upstream import life_signs
from callpoint_gateway.upstream.connection import connection
from callpoint_gateway.upstream.life_signs import LifeSigns
from callpoint_rig.district_parts import Engine
from callpoint_rig.ports import free_port

from ..conftest import ManualClock
from .played_gateway import until

#: Longer than the district waits between two looks.
STEP_MS = 5_000
SIGN_MS = 20_000
BOUND_MS = 90_000


class Timed(Database):
    """The district's database with a clock that stands still until a test moves it."""

    def __init__(self, address: str, clock: ManualClock) -> None:
        super().__init__(address)
        self.clock = clock

    def now_ms(self, connection: psycopg.Connection) -> int:
        return self.clock.wall_ms()


class Watched:
    """A district that looks again and again, and gateways that it hears or not."""

    def __init__(self, database: Database, address: str) -> None:
        self.address = address
        self.clock = ManualClock()
        self.database = Timed(address, self.clock)
        self.hears = True
        self._passed_ms = 0

    def close(self) -> None:
        """Close its connections."""
        self.database.close()

    def run(self, ms: int, *heard: str) -> None:
        """Let time pass; the district hears these gateways and itself."""
        for passed in range(0, ms, STEP_MS):
            self.clock.advance(STEP_MS)
            if self.hears:
                self.hear(*(heard if passed % SIGN_MS == 0 else ()))
            silence.look(self.database)

    def hear(self, *heard: str, silent_ms: int = 0) -> None:
        """Hear the district itself, and these gateways."""
        sign = Sign(self.clock.wall_ms() - silent_ms, 1, LifeSign(program="test"))
        hearing.write(self.database, dict.fromkeys(heard, sign), self.clock)

    def another(self) -> None:
        """Go on with another process, which knows nothing but the database."""
        self.database.close()
        self.database = Timed(self.address, self.clock)

    @property
    def silent(self) -> list[str]:
        """The gateways that are silent."""
        return [gateway for found in findings(self.database) for gateway in found.gateways]


@pytest.fixture
def watched(database: Database, address: str) -> Iterator[Watched]:
    """Return a district at the beginning."""
    watched = Watched(database, address)
    yield watched
    watched.close()


@pytest.mark.parametrize("others", [(), ("g2", "g3")])
def test_a_gateway_that_is_cut_off_is_silent_within_90_s_and_not_sooner_than_after_3_signs(
    watched: Watched, others: tuple[str, ...]
) -> None:
    watched.run(2 * SIGN_MS, "g1", *others)
    watched.hear("g1")
    watched.run(3 * SIGN_MS, *others)
    assert watched.silent == []
    watched.run(BOUND_MS - 3 * SIGN_MS, *others)
    assert watched.silent == ["g1"]
    watched.hear("g1")
    silence.look(watched.database)
    assert watched.silent == []


def test_another_process_that_goes_on_counts_from_the_last_word_of_each_gateway(
    watched: Watched,
) -> None:
    watched.run(2 * SIGN_MS, "g1", "g2")
    watched.hear("g1")
    watched.run(SILENT_MS - STEP_MS, "g2")
    assert watched.silent == []
    watched.another()
    # A frozen process holds what others wait for so long.
    watched.clock.advance(round(FROZEN_S * 1000))
    watched.run(STEP_MS)
    assert watched.silent == ["g1"]
    assert SILENT_MS + FROZEN_S * 1000 + LOOK_S * 1000 < BOUND_MS


def test_a_program_that_was_started_again_at_once_has_lost_no_time(watched: Watched) -> None:
    watched.run(2 * SIGN_MS, "g1", "g2")
    watched.hear("g1")
    for _ in range(0, SILENT_MS, 15_000):
        watched.another()
        watched.clock.advance(15_000 - STEP_MS)
        watched.run(STEP_MS, "g2")
    assert watched.silent == ["g1"]


def test_a_city_counts_from_the_last_word_to_the_district_however_late_it_is_told(
    watched: Watched,
) -> None:
    watched.run(2 * SIGN_MS, "d1")
    watched.clock.advance(SIGN_MS - 1)
    watched.hear("d1", "d1/g1", silent_ms=SIGN_MS - 1)
    watched.run(BOUND_MS - SIGN_MS, "d1")
    assert watched.silent == ["d1/g1"]


def test_a_sign_that_had_to_wait_for_the_database_counts_from_when_it_was_said(
    watched: Watched,
) -> None:
    watched.run(2 * SIGN_MS, "g2")
    sign = Sign(watched.clock.wall_ms(), 1, LifeSign(program="test"))
    watched.clock.advance(10_000)
    hearing.write(watched.database, {"g1": sign}, watched.clock)
    watched.run(BOUND_MS - 10_000, "g2")
    assert watched.silent == ["g1"]


@pytest.mark.parametrize("looks", [True, False])
def test_a_district_that_was_deaf_gives_every_gateway_its_whole_time(
    watched: Watched, looks: bool
) -> None:
    watched.run(2 * SIGN_MS, "g1", "g2")
    watched.hears = False
    if looks:  # the engine was away, or else the database or every process
        for _ in range(10):
            watched.run(SIGN_MS)
            assert watched.silent == []
    watched.clock.advance(3_600_000)
    watched.hears = True
    watched.run(SILENT_MS - STEP_MS, "g2")  # g1 died while nobody heard
    assert watched.silent == []
    watched.run(BOUND_MS - SILENT_MS, "g2")
    assert watched.silent == ["g1"]


@pytest.mark.parametrize("step_ms", [-3_600_000, -15_000, 15_000, 3_600_000])
def test_a_step_of_the_clock_makes_nobody_silent(watched: Watched, step_ms: int) -> None:
    watched.run(2 * SIGN_MS, "g1")
    watched.clock.wall += step_ms
    for _ in range(5):
        watched.run(SIGN_MS, "g1")
        assert watched.silent == []
    watched.run(BOUND_MS)
    assert watched.silent == ["g1"]


def test_who_was_never_heard_is_not_silent(watched: Watched) -> None:
    with watched.database.transaction() as connection:
        connection.execute("INSERT INTO gateways (gateway) VALUES ('g9')")
    watched.run(120_000)
    assert watched.silent == []


def test_those_that_fall_silent_together_are_one_finding_until_they_are_heard(
    watched: Watched, database: Database
) -> None:
    gateways = [f"g{number}" for number in range(1, 6)]
    watched.run(2 * SIGN_MS, *gateways)
    last_ms = watched.clock.wall_ms()
    watched.run(90_000, "g5")
    (found,) = findings(database)
    assert found.gateways == ["g1", "g2", "g3", "g4"]
    assert last_ms - SIGN_MS <= found.since_ms <= last_ms
    watched.run(TOGETHER_MS, "g5")
    watched.run(90_000)
    assert [each.gateways for each in findings(database)] == [["g1", "g2", "g3", "g4"], ["g5"]]
    # Another process begins to watch: what was found stays until it is heard.
    watched.another()
    watched.run(STEP_MS)
    assert len(findings(database)) == 2
    watched.run(SIGN_MS, "g1", "g5")
    assert [each.gateways for each in findings(database)] == [["g2", "g3", "g4"]]


def test_a_district_that_tells_again_when_it_heard_a_gateway_has_not_heard_it_again(
    watched: Watched, database: Database
) -> None:
    watched.run(SIGN_MS, "d1", "d1/g1")
    last_ms = watched.clock.wall_ms()
    for late_ms in range(0, 90_000, STEP_MS):
        sign = Sign(last_ms + late_ms % 700, 1, LifeSign(program="test"))
        hearing.write(watched.database, {"d1/g1": sign}, watched.clock)
        watched.run(STEP_MS, "d1")
    assert [found.gateways for found in findings(database)] == [["d1/g1"]]


def test_a_gateway_that_was_retired_is_not_waited_for_until_it_is_heard_again(
    folder: Path, address: str, database: Database, watched: Watched
) -> None:
    watched.run(SIGN_MS, "g1", "g2")
    watched.run(90_000, "g2")
    file = folder / "district.toml"
    file.write_text(f'district = "d1"\nservers = ["nats://127.0.0.1:1"]\ndatabase = "{address}"\n')
    retire = ["district", "retire", "-c", str(file)]
    assert CliRunner().invoke(main, [*retire, "g9"]).exit_code == BAD
    assert CliRunner().invoke(main, [*retire, "g1"]).exit_code == 0
    assert findings(database) == []
    watched.run(180_000, "g2")
    assert findings(database) == []
    watched.run(SIGN_MS, "g1", "g2")
    watched.run(90_000, "g2")
    assert [found.gateways for found in findings(database)] == [["g1"]]


def test_status_names_silent_gateways_and_those_of_another_version(
    folder: Path, address: str, database: Database, watched: Watched
) -> None:
    watched.run(SIGN_MS, "g1", "g2")
    watched.run(90_000)
    hearing.write(watched.database, {"g7": Sign(watched.clock.wall_ms(), 7)}, watched.clock)
    file = folder / "district.toml"
    file.write_text(f'district = "d1"\nservers = ["nats://127.0.0.1:1"]\ndatabase = "{address}"\n')

    def status(*options: str) -> str:
        return CliRunner().invoke(main, ["district", "status", "-c", str(file), *options]).output

    english = " ".join(status().split())
    assert "2 gateways fell silent together" in english
    assert "g7 speaks version 7 of the protocol, and this district 1" in english
    chinese = "".join(status("--lang", "zh").split())
    assert "2个网关同时失联" in chinese
    assert "g7使用协议版本7" in chinese
    found = json.loads(status("--json"))
    assert found["silent"][0]["gateways"] == ["g1", "g2"]
    assert [row["speaks"] for row in found["gateways"]] == [1, 1, 7]
    watched.run(SIGN_MS, "g1")
    assert "g2 is silent" in " ".join(status().split())


def test_over_the_real_engine_the_living_are_heard_and_the_cut_off_are_found(
    folder: Path, address: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All speak more often than they do, and the clock of who watches runs ahead as much."""
    monkeypatch.setattr(silence, "PULSE_S", 0.05)
    monkeypatch.setattr(hearing, "WRITE_S", 0.05)
    monkeypatch.setattr(hearing, "SAME_MS", 1)
    monkeypatch.setattr(life_signs, "LIFE_SIGN_S", 0.05)
    clock = ManualClock()

    async def live(engine: Engine, name: str) -> None:
        async def signs() -> list[tuple[str, LifeSign]]:
            return [(name, LifeSign(program="test"))]

        async with connection([engine.address], None) as opened:
            await opened.work([LifeSigns("d1", signs).work(opened.client)])

    async def next_signs(*living: str) -> None:
        before = stand(database)
        clock.advance(15_000)
        await until(lambda: all(stand(database)[who] > before[who] for who in living))
        silence.look(timed)

    async def play() -> None:
        engine = Engine(folder, free_port())
        await engine.start()
        settings = District(district="d1", servers=[engine.address], database=address)
        district = [
            asyncio.ensure_future(Hearing(settings, timed, SystemClock()).run()),
            asyncio.ensure_future(silence.speak(settings)),
        ]
        lines = {name: asyncio.ensure_future(live(engine, name)) for name in ("g1", "g2")}
        try:
            await until(lambda: stand(database).keys() == {"", "g1", "g2"})
            await next_signs("g1", "g2")
            await end_all([lines["g1"]])
            for _ in range(0, 90_000, 15_000):
                await next_signs("", "g2")
            assert [found.gateways for found in findings(database)] == [["g1"]]
            lines["g1"] = asyncio.ensure_future(live(engine, "g1"))
            await next_signs("g1")
            assert findings(database) == []
        finally:
            await end_all([*lines.values(), *district])
            await engine.stop()

    timed = Timed(address, clock)
    try:
        asyncio.run(play())
    finally:
        timed.close()


def test_a_frozen_process_takes_no_life_signs_from_the_others(
    folder: Path, address: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "WRITE_S", 0.05)
    monkeypatch.setattr(silence, "PULSE_S", 0.05)
    gateways = {f"g{number}" for number in range(20)}

    async def play() -> None:
        engine = Engine(folder, free_port())
        await engine.start()
        settings = District(district="d1", servers=[engine.address], database=address)
        frozen = Hearing(settings, database, SystemClock())
        district = [
            asyncio.ensure_future(Hearing(settings, database, SystemClock()).run()),
            asyncio.ensure_future(silence.speak(settings)),
        ]
        try:
            await until(lambda: stand(database)[""] > 0)
            async with connection([engine.address], None) as opened:
                await frozen.listen(opened.client)  # it hears, and writes nothing
                for gateway in gateways:
                    sign = words.encode(LifeSign(program="test"))
                    await opened.client.publish(words.upward("d1", gateway, "status"), sign)
                await opened.client.flush()
                await until(lambda: gateways <= stand(database).keys())
        finally:
            await end_all(district)
            await engine.stop()

    asyncio.run(play())


def stand(database: Database) -> dict[str, int]:
    """Return when each gateway was heard, and under an empty name when anything was."""
    with database.transaction() as connection:
        rows = connection.execute(
            "SELECT gateway, heard_at FROM gateways UNION ALL SELECT '', heard_at FROM listening"
        ).fetchall()
    return dict(rows)
