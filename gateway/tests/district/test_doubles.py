"""A gateway that runs on two machines is a fault until one is gone, and nothing else is one."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_district.console.live import reading
from callpoint_district.database import Database
from callpoint_district.settings import District
from callpoint_district.sites import doubles, hearing, silence
from callpoint_district.sites.doubles import Doubles
from callpoint_district.sites.hearing import Hearing
from callpoint_district.sites.silence import SILENT_MS
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.protocols import upstream as protocol
from callpoint_gateway.protocols.upstream import LifeSign, new_run
from callpoint_gateway.upstream.connection import connection
from callpoint_gateway.words.words import Words
from callpoint_rig.district_parts import Engine
from callpoint_rig.ports import free_port

from ..conftest import ManualClock
from .played_gateway import until
from .secured_engine import Secured
from .test_silence import Timed

SIGN_MS = 20_000


class Heard:
    """The life signs of ``g1``."""

    def __init__(self) -> None:
        self.now_ms = 1_000_000
        self._doubles = Doubles()

    def after(self, ms: int, *runs: str) -> list[bool]:
        """Hear these runs, one after the other, with so long before each."""
        found = []
        for run in runs:
            self.now_ms += ms
            found.append(self._doubles.hear("g1", run, self.now_ms))
        return found


def test_two_machines_are_found_within_a_minute_and_not_any_more_when_one_is_gone() -> None:
    heard = Heard()
    found = heard.after(SIGN_MS // 2, "a", "b", "a", "b", "a", "b")
    assert found == [False, False, False, False, True, True]
    assert not any(heard.after(SIGN_MS, "b", "b", "b", "b"))


@pytest.mark.parametrize(
    "runs",
    [
        ["a", "a", "a"],  # one machine, whatever connections it had
        ["a", "b", "c", "d", "e"],  # it starts again and again, or was put back
        ["a", "b", "a", "a", "a", "b", "b", "b"],  # what an earlier connection held comes late
    ],
)
def test_no_other_order_of_life_signs_is_two_machines(runs: list[str]) -> None:
    assert not any(Heard().after(1000, *runs, runs[-1]))


def test_a_run_that_was_not_heard_for_long_is_no_second_machine() -> None:
    heard = Heard()
    for _ in range(5):
        assert not any(heard.after(SIGN_MS, "a", "a", "a", "a", "a", "b", "b", "b", "b", "b"))


def test_people_are_told_until_it_is_over(folder: Path, address: str, database: Database) -> None:
    clock = ManualClock()
    timed = Timed(address, clock)
    file = folder / "district.toml"
    file.write_text(f'district = "d1"\nservers = ["nats://127.0.0.1:1"]\ndatabase = "{address}"\n')

    def status(*options: str) -> str:
        return CliRunner().invoke(main, ["district", "status", "-c", str(file), *options]).output

    try:
        with timed.transaction() as connection:
            connection.execute("INSERT INTO gateways (gateway, heard_ms) VALUES ('g1', 1)")
        silence.look(timed)
        doubles.keep(timed, ["g1"], clock.wall_ms())
        clock.advance(SIGN_MS)
        silence.look(timed)
        doubles.keep(timed, ["g1"], clock.wall_ms())
        english, chinese = status("--lang", "en"), status("--lang", "zh")
        assert "g1: two machines use its name and key since" in " ".join(english.split())
        assert "两台机器使用同一名称和密钥" in "".join(chinese.split())
        since_ms = clock.wall_ms() - SIGN_MS
        assert json.loads(status("--json"))["doubles"] == [{"gateway": "g1", "since_ms": since_ms}]
        with timed.transaction() as connection:
            assert reading.sites(connection, {})["g1"].faults == (doubles.SOURCE,)
        for _ in range(0, SILENT_MS, SIGN_MS):
            doubles.end(timed)
            assert "two machines" in status("--lang", "en")
            clock.advance(SIGN_MS)
            silence.look(timed)
        doubles.end(timed)
        assert "two machines" not in status("--lang", "en")
        with timed.transaction() as connection:
            assert reading.sites(connection, {})["g1"].faults == ()
    finally:
        timed.close()


def test_the_fault_has_words() -> None:
    assert "two machines" in Words("en").fault(doubles.SOURCE)
    assert "两台机器" in Words("zh").fault(doubles.SOURCE)


def test_two_machines_are_found_over_the_real_engine(
    folder: Path, address: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "WRITE_S", 0.05)

    def found() -> list[str]:
        with database.transaction() as connection:
            return [each.gateway for each in doubles.doubles(connection)]

    async def play() -> None:
        engine = Engine(folder, free_port())
        await engine.start()
        settings = District(district="d1", servers=[engine.address], database=address)
        district = asyncio.ensure_future(Hearing(settings, database, SystemClock()).run())
        try:
            async with connection([engine.address], None) as opened:
                runs, alone = [new_run(), new_run()], new_run()

                async def speak(gateway: str, run: str) -> None:
                    subject = protocol.upward("d1", gateway, "status")
                    await opened.client.publish(subject, protocol.encode(LifeSign(run=run)))

                while not found():
                    for run in runs:
                        await speak("g1", run)
                        await speak("g2", alone)
                    await opened.client.flush()
                    await asyncio.sleep(0.02)
                assert found() == ["g1"]
        finally:
            await end_all([district])
            await engine.stop()

    asyncio.run(asyncio.wait_for(play(), 60))


def test_a_code_for_a_name_that_is_connected_comes_with_a_warning(
    engine: Secured, runner: asyncio.Runner
) -> None:
    def enrol(gateway: str, language: str = "en") -> str:
        words = ["--lang", language, "district", "enrol", gateway, str(engine.files.folder)]
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0
        return done.stderr

    client = runner.run(engine.client("g1"))
    try:
        assert "g1 is connected now" in " ".join(enrol("g1").split())
        assert "目前已连接" in "".join(enrol("g1", "zh").split())
        assert enrol("g2") == ""
    finally:
        runner.run(client.close())
    runner.run(until(lambda: enrol("g1") == ""))
