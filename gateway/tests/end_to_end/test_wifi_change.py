"""Another Wi-Fi network for boards over the air: tried, told, and no password left anywhere."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from callpoint_cli.main import main
from callpoint_gateway.ingest.kept_orders import FILE
from callpoint_protocol import names
from callpoint_rig.rig import Rig

from ..cli.test_device import Sleeper

pytestmark = pytest.mark.end_to_end

SOON_S = 60.0
PASSWORD = "nobody-sees-it"
BOARD = {"improv": True, "networks": {"lab": PASSWORD}}


async def told(config: Path, *words: str, typed: str = "", code: int = 0) -> str:
    def call() -> str:
        rest = ["-c", str(config), "--lang", "en"]
        done = CliRunner().invoke(main, [*words, *rest], input=typed)
        assert done.exit_code == code, done.output
        assert PASSWORD not in done.output
        return done.output

    return await asyncio.to_thread(call)


async def waiting(config: Path, device: str) -> dict[str, Any]:
    found = json.loads(await told(config, "wifi", "status", "--json"))
    return next((order for order in found if order["device"] == device), {})


async def until(config: Path, device: str, **wanted: object) -> dict[str, Any]:
    async with asyncio.timeout(SOON_S):
        while True:
            found = await waiting(config, device)
            if all(found.get(key) == value for key, value in wanted.items()):
                return found
            await asyncio.sleep(0.1)


async def all_obeyed(config: Path) -> set[int]:
    """Wait until every order is obeyed; return their numbers."""
    async with asyncio.timeout(SOON_S):
        while True:
            found = json.loads(await told(config, "orders", "--json"))
            if all(order["stage"] == "obeyed" for order in found):
                return {order["number"] for order in found}
            await asyncio.sleep(0.1)


def holding(folder: Path) -> set[str]:
    """Return the files in which the password or its hex stands, but for boards' own."""
    secrets = (PASSWORD.encode(), PASSWORD.encode().hex().encode())
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file()
        and path.suffix not in (".flash", ".state")
        and path.name != "hall.json"
        and any(secret in path.read_bytes() for secret in secrets)
    }


def test_a_board_changes_its_network_and_says_so(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    zones = [{"zone": 1, "kind": "panic", "input": "button"}]
    board = rig.board("hall", zones, board=BOARD)
    config = tmp_path / "gateway.toml"

    async def play() -> None:
        async with rig:
            await board.until_up(SOON_S)
            words = ("wifi", "set", "hall", "--try", "30", "--ssid")
            await told(config, *words, "lab", typed=f"{PASSWORD}\n")
            await until(config, "hall", stage="obeyed", outcome=names.WIFI_USED)
            assert "1 use it, 0 have it, 0 in vain" in await told(config, "wifi", "status")
            words = ("wifi", "set", "--all", "--try", "1", "--ssid")
            await told(config, *words, "nowhere", typed=f"{PASSWORD}\n")
            await until(config, "hall", outcome=names.WIFI_VAIN)
            assert "tried in vain" in await told(config, "wifi", "status")
            await board.press("button")
            await board.until_lamp("stored", SOON_S)
            assert await told(config, "wifi", "set", "hall", "--all", "--ssid", "x", code=2)
            assert await told(
                config, "wifi", "set", "hall", "--ssid", "x", typed="short\n", code=2
            )
            await until(config, "hall", outcome=names.WIFI_VAIN)  # and the file is written
        assert holding(tmp_path) == set()

    asyncio.run(play())


def test_an_order_outlives_the_gateway_and_its_password_does_not_outlive_the_order(
    tmp_path: Path,
) -> None:
    rig = Rig(tmp_path)
    rig.device("bell", [{"zone": 1, "kind": "panic"}])
    config = tmp_path / "gateway.toml"
    file = rig.state_dir / FILE

    async def play() -> None:
        async with rig:
            await asyncio.to_thread(rest_of_it, asyncio.get_running_loop())

    def rest_of_it(loop: asyncio.AbstractEventLoop) -> None:
        def wait(work: Any) -> Any:
            return asyncio.run_coroutine_threadsafe(work, loop).result(SOON_S)

        bell = Sleeper(rig.port, "bell")
        bell.status(names.SLEEPING)
        bell.close()
        wait(told(config, "wifi", "set", "bell", "--ssid", "lab", typed=f"{PASSWORD}\n"))
        wait(told(config, "device", "bell", "report", "--later", "2"))
        assert file.stat().st_mode & 0o777 == 0o600
        wait(rig.gateway.kill())
        wait(rig.start_gateway())
        shown = wait(told(config, "orders"))
        assert "wifi" in shown
        assert "report" in shown
        bell = Sleeper(rig.port, "bell")
        try:
            bell.status(names.ONLINE)
            numbers = {bell.obey(), bell.obey()}
            assert wait(all_obeyed(config)) == numbers
        finally:
            bell.close()
        number = str(min(numbers))
        assert "is withdrawn" in wait(told(config, "orders", "--withdraw", number))
        assert "no order" in wait(told(config, "orders", "--withdraw", number, code=2))

    asyncio.run(play())
    assert holding(tmp_path) == set()
