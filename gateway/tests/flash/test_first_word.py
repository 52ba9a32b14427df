"""A flashed board is ticked off when the gateway has heard it."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from callpoint_cli.main import main
from callpoint_gateway.journal.entries import (
    EventBody,
    NewEntry,
    Quality,
    StatusBody,
    TelemetryBody,
    Type,
)
from callpoint_protocol import names
from callpoint_rig.rig import Rig
from callpoint_rig.workbench import (
    Technician,
    blank_boards,
    make_identities,
    make_image,
    ticked,
)
from callpoint_technician.flash.first_word import FirstWord, Gateway

from ..alarms.site_journals import Site
from ..conftest import ManualClock
from .workshop import until

BOOT = 0x10001
DEVICE = "flat-000"
SOON_S = 60.0


@pytest.fixture
def site(tmp_path: Path, clock: ManualClock) -> Iterator[Site]:
    made = Site(tmp_path, clock)
    yield made
    made.close()


def connects(site: Site, device: str = DEVICE, status: int = names.ONLINE) -> None:
    site.tell(StatusBody("estate", status, BOOT, "1.2.0", 1), device)


def reads(site: Site, rssi: int) -> None:
    body = TelemetryBody("estate", {"up": 3, "rs": rssi}, site.clock.wall)
    site.store(NewEntry(Type.TELEMETRY, body, DEVICE, BOOT, 5), lane=site.telemetry)


def lacks_the_time(site: Site, state: int) -> None:
    body = EventBody(
        "estate",
        names.DEVICE,
        state,
        0,
        names.FAULT_CLOCK,
        1,
        0,
        site.clock.wall,
        Quality.RECEIVED,
    )
    site.seq += 1
    site.store(NewEntry(Type.EVENT, body, DEVICE, BOOT, site.seq))


def test_only_what_comes_after_the_writing_counts(tmp_path: Path, site: Site) -> None:
    gateway = Gateway(tmp_path)
    assert gateway.heard(DEVICE, 0) is None
    connects(site)
    before = gateway.head()
    assert gateway.heard(DEVICE, before) is None
    connects(site, status=names.LOST)
    assert gateway.heard(DEVICE, before) is None
    connects(site)
    assert gateway.heard(DEVICE, before) == FirstWord("1.2.0", None, True)
    reads(site, -61)
    assert gateway.heard(DEVICE, before) == FirstWord("1.2.0", -61, True)
    lacks_the_time(site, names.TROUBLE)
    assert gateway.heard(DEVICE, before) == FirstWord("1.2.0", -61, False)
    lacks_the_time(site, names.TROUBLE_RESTORE)
    assert gateway.heard(DEVICE, before) == FirstWord("1.2.0", -61, True)


def test_a_gateway_that_has_never_run_has_heard_nobody(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path / "none")
    assert gateway.head() == 0
    assert gateway.heard(DEVICE, 0) is None


def flash(folder: Path, technician: Technician, *more: str) -> Result:
    (folder / "gateway.toml").write_text(
        '[gateway]\nsite = "estate"\nstate_dir = "."\nregister = "register.toml"\n'
    )
    words = ["flash", str(folder / "identities"), "--image", str(folder / "image")]
    words += ["-c", str(folder / "gateway.toml"), *technician.ports, *more]
    return CliRunner().invoke(main, words)


def test_the_command_ticks_off_and_forgets_the_keys(tmp_path: Path, site: Site) -> None:
    make_identities(tmp_path / "identities", 1)
    make_image(tmp_path / "image", 20_000)
    (board,) = blank_boards(1)

    def start() -> None:
        until(lambda: ticked(tmp_path / "identities" / "batch", board))
        reads(site, -61)
        connects(site)

    with Technician(tmp_path, [board], 1) as technician:
        device = threading.Thread(target=start)
        device.start()
        done = flash(tmp_path, technician)
        device.join()
    assert done.exit_code == 0, done.output
    assert "flat-000 is connected: firmware 1.2.0, -61 dBm, has the time" in done.output
    assert not list((tmp_path / "identities").glob("*.bin"))


def test_a_board_that_stays_silent_is_named(tmp_path: Path, site: Site) -> None:
    make_identities(tmp_path / "identities", 1)
    make_image(tmp_path / "image", 20_000)
    connects(site)  # an earlier board of this name
    with Technician(tmp_path, blank_boards(1), 1) as technician:
        done = flash(tmp_path, technician, "--seconds", "1")
    assert done.exit_code == 4
    assert "written, and not heard: flat-000. Look at Wi-Fi name and password" in done.stderr
    assert list((tmp_path / "identities").glob("*.bin"))


def test_a_real_board_is_heard_and_shows_it_on_its_lamp(tmp_path: Path) -> None:
    rig = Rig(tmp_path, tls=True)
    board = rig.board("lobby", [{"zone": 1, "kind": "panic", "input": "button"}])
    gateway = Gateway(tmp_path / "state")
    assert not gateway.show("lobby")  # no gateway runs

    async def play() -> None:
        async with rig:
            await board.until_up(SOON_S)
            word = None
            while word is None:
                word = await asyncio.to_thread(gateway.heard, "lobby", 0)
            assert word.firmware
            assert word.clock
            assert await asyncio.to_thread(gateway.show, "lobby")
            await board.until_lamp("test", SOON_S)

    asyncio.run(play())
