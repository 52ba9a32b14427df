"""`district status` says how the line to the city stands."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_district.database import Database
from callpoint_district.relay import city_line as kept
from callpoint_district.relay.city_line import KeptReport
from callpoint_district.relay.relaying import relay
from callpoint_district.settings import load
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.unexpected import cancel_all
from callpoint_gateway.words.said import said
from callpoint_rig.ports import free_port

from .played_gateway import until


@pytest.fixture
def config(folder: Path, address: str) -> Path:
    """Return the configuration of a district whose city is away."""
    file = folder / "district.toml"
    server = f'servers = ["nats://127.0.0.1:{free_port()}"]\n'
    file.write_text(
        f'district = "d1"\n{server}database = "{address}"\n'
        f'[upstream]\ndistrict = "c1"\ngateway = "d1"\n{server}',
        encoding="utf-8",
    )
    return file


def status(config: Path, *options: str) -> str:
    done = CliRunner().invoke(main, ["district", "status", "-c", str(config), *options])
    assert done.exit_code == 0, done.output
    return " ".join(done.output.split())


def test_status_says_that_the_city_is_away_and_that_nobody_relays(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play() -> None:
        settings = load(config)
        assert settings.upstream is not None
        task = asyncio.ensure_future(relay(settings, settings.upstream, SystemClock()))
        try:
            await until(lambda: "city c1: no line since" in status(config))
        finally:
            await cancel_all([task])

    assert "city c1: no process has relayed yet" in status(config)
    asyncio.run(play())
    assert "no line since" in status(config)
    assert "()" not in status(config)
    assert "市级平台 c1" in status(config, "--lang", "zh")
    found = city_of(config)
    assert found is not None
    assert found["up"] is False
    monkeypatch.setattr(kept, "OLD_MS", 0)
    assert "city c1: no process relays since" in status(config)


def city_of(config: Path) -> dict[str, object] | None:
    found: dict[str, object] | None = json.loads(status(config, "--json"))["city"]
    return found


def test_each_change_of_the_line_is_kept(config: Path, database: Database) -> None:
    async def play() -> None:
        report = KeptReport(database, "c1", SystemClock())
        task = asyncio.ensure_future(report.keep())
        try:
            report.up(said("upstream.connected", server="c1.example:4222"))
            await until(lambda: "c1.example:4222" in status(config))
            assert (city_of(config) or {})["up"] is True
            report.down(said("part.unexpected"), said("part.unexpected.do"))
            await until(lambda: (city_of(config) or {})["up"] is False)
        finally:
            await cancel_all([task])

    asyncio.run(play())
