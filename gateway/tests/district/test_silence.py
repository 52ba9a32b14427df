"""A gateway not heard is a fault within 90 seconds, and a deaf district calls none silent."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.errors import BAD
from callpoint_cli.main import main
from callpoint_district.database import Database
from callpoint_district.settings import District
from callpoint_district.sites import hearing, silence
from callpoint_district.sites.hearing import Hearing, Sign
from callpoint_district.sites.silence import (
    LOOK_S,
    PULSE_S,
    SILENT_MS,
    TOGETHER_MS,
    Silence,
    SilenceKeeper,
    findings,
)
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.protocols.upstream import LifeSign
from callpoint_gateway.upstream import life_signs
from callpoint_gateway.upstream.connection import connection
from callpoint_gateway.upstream.life_signs import LifeSigns
from callpoint_rig.district_parts import Engine
from callpoint_rig.ports import free_port

from ..conftest import ManualClock
from .played_gateway import until

LOOK_MS, PULSE_MS = round(LOOK_S * 1000), round(PULSE_S * 1000)
SIGN_MS = 20_000
START_MS = 1_000_000


class Played:
    """A district that looks every few seconds, and gateways that may be cut off."""

    def __init__(self, gateways: int = 3) -> None:
        self.now_ms = START_MS
        self.rule = Silence(self.now_ms)
        self.heard = {f"g{number}": 1 for number in range(1, gateways + 1)}
        self.cut: set[str] = set()
        self.hears = True
        self.beats = 0
        self.silent: list[str] = []

    def run(self, ms: int) -> None:
        """Let time pass."""
        for _ in range(0, ms, LOOK_MS):
            self.now_ms += LOOK_MS
            if self.hears:
                self.beats += 1
                if (self.now_ms - START_MS) % SIGN_MS == 0:
                    for gateway in self.heard.keys() - self.cut:
                        self.heard[gateway] += 1
            self.silent = self.rule.look(self.now_ms, self.beats, self.heard)


def test_a_gateway_that_is_cut_off_is_silent_within_90_s_and_not_sooner_than_after_3_signs() -> (
    None
):
    played = Played()
    played.run(10 * SIGN_MS)
    assert played.silent == []
    played.cut = {"g2"}
    played.run(3 * SIGN_MS)
    assert played.silent == []
    played.run(90_000 - 3 * SIGN_MS)
    assert played.silent == ["g2"]
    played.cut = set()
    played.run(SIGN_MS)
    assert played.silent == []


def test_the_only_gateway_is_no_less_silent_than_one_of_many() -> None:
    played = Played(1)
    played.run(5 * SIGN_MS)
    played.cut = {"g1"}
    played.run(90_000)
    assert played.silent == ["g1"]


def test_a_district_that_was_deaf_gives_every_gateway_its_whole_time() -> None:
    played = Played()
    played.run(5 * SIGN_MS)
    played.hears = False
    for _ in range(600):
        played.run(LOOK_MS)
        assert played.silent == []
    played.cut = {"g1"}  # it died while nobody heard
    played.hears = True
    for _ in range((SILENT_MS - LOOK_MS) // LOOK_MS):
        played.run(LOOK_MS)
        assert played.silent == []
    played.run(90_000 - SILENT_MS)
    assert played.silent == ["g1"]


def test_a_process_that_begins_to_watch_accuses_nobody_of_what_was_before() -> None:
    played = Played()
    played.run(5 * SIGN_MS)
    played.hears = False
    played.run(3_600_000)
    played.rule = Silence(played.now_ms)
    played.hears = True
    played.run(SILENT_MS - LOOK_MS)
    assert played.silent == []


def test_who_was_never_heard_is_not_silent() -> None:
    played = Played()
    played.heard["g9"] = 0
    played.cut = {"g9"}
    played.run(600_000)
    assert played.silent == []


class Watched:
    """The table of silences with a clock of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = ManualClock()
        self.keeper = SilenceKeeper(database, self.clock)

    def run(self, ms: int, *heard: str) -> None:
        """Let time pass; the district hears these gateways and itself."""
        for passed in range(0, ms, LOOK_MS):
            self.clock.advance(LOOK_MS)
            sign = Sign(self.clock.wall_ms(), 1, LifeSign(program="test"))
            signs = dict.fromkeys(heard, sign) if passed % SIGN_MS == 0 else {}
            hearing.write(self.database, signs, 1)
            self.keeper.look()


def test_those_that_fall_silent_together_are_one_finding_until_they_are_heard(
    database: Database,
) -> None:
    watched = Watched(database)
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
    watched.keeper = SilenceKeeper(database, watched.clock)
    watched.run(LOOK_MS)
    assert len(findings(database)) == 2
    watched.run(SIGN_MS, "g1", "g5")
    assert [each.gateways for each in findings(database)] == [["g2", "g3", "g4"]]


def test_a_district_that_tells_again_when_it_heard_a_gateway_has_not_heard_it_again(
    database: Database,
) -> None:
    watched = Watched(database)
    watched.run(SIGN_MS, "d1", "d1/g1")
    last_ms = watched.clock.wall_ms()
    for late_ms in range(0, 90_000, LOOK_MS):
        sign = Sign(last_ms + late_ms % 700, 1, LifeSign(program="test"))
        hearing.write(database, {"d1/g1": sign}, 0)
        watched.run(LOOK_MS, "d1")
    assert [found.gateways for found in findings(database)] == [["d1/g1"]]


def test_a_gateway_that_was_retired_is_not_waited_for_until_it_is_heard_again(
    folder: Path, address: str, database: Database
) -> None:
    watched = Watched(database)
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
    folder: Path, address: str, database: Database
) -> None:
    watched = Watched(database)
    watched.run(SIGN_MS, "g1", "g2")
    watched.run(90_000)
    hearing.write(database, {"g7": Sign(watched.clock.wall_ms(), 7)}, 0)
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
        await until(lambda: all(stand(database)[who] > before[who] for who in living))

    async def play() -> None:
        engine = Engine(folder, free_port())
        await engine.start()
        settings = District(district="d1", servers=[engine.address], database=address)
        district = [
            asyncio.ensure_future(Hearing(settings, database, SystemClock()).run()),
            asyncio.ensure_future(silence.speak(settings)),
        ]
        lines = {name: asyncio.ensure_future(live(engine, name)) for name in ("g1", "g2")}
        try:
            await until(lambda: stand(database).keys() == {"", "g1", "g2"})
            keeper = SilenceKeeper(database, clock)
            keeper.look()
            await end_all([lines["g1"]])
            for _ in range(0, 90_000, LOOK_MS):
                await next_signs("", "g2")
                clock.advance(LOOK_MS)
                keeper.look()
            assert [found.gateways for found in findings(database)] == [["g1"]]
            lines["g1"] = asyncio.ensure_future(live(engine, "g1"))
            await next_signs("g1")
            keeper.look()
            assert findings(database) == []
        finally:
            await end_all([*lines.values(), *district])
            await engine.stop()

    asyncio.run(play())


def stand(database: Database) -> dict[str, int]:
    """Return when each gateway was heard, and under an empty name how often the district was."""
    with database.transaction() as connection:
        rows = connection.execute(
            "SELECT gateway, heard_ms FROM gateways UNION ALL SELECT '', beats FROM pulses"
        ).fetchall()
    return dict(rows)
