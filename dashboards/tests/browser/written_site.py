"""A site in which everything that pages show happens at once, written without a gateway."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callpoint_console.database import Database, file_in
from callpoint_console.schema import SUBJECTS
from callpoint_console.work.keeper import Work
from callpoint_console.work.matters import Matter
from callpoint_console.work.orders import Step
from callpoint_console.work.shifts import Handed, HandedAlarm
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.journal.entries import (
    Action,
    Cause,
    Cursor,
    LevelBody,
    Mark,
    NewEntry,
    StatusBody,
    TelemetryBody,
    Type,
)
from callpoint_protocol import names

from ..console.estate import Estate, register
from .written_commissioning import write_commissioning
from .written_people import NOTIFY, move_in
from .written_plans import write_plans

HOUR_MS = 3_600_000
BUILDINGS = 12


@contextmanager
def written_site(folder: Path, *, testing: bool = False) -> Iterator[Path]:
    """Yield the configuration of the site; its journals are open meanwhile.

    ``testing``: walk tests are under way.
    """
    state = folder / "state"
    state.mkdir()
    known = register(BUILDINGS)
    (folder / "register.toml").write_text(_register(known), encoding="utf-8")
    config = folder / "gateway.toml"
    lines = ["[gateway]", 'site = "estate"', 'state_dir = "state"', 'register = "register.toml"']
    lines += ['time_zone = "Asia/Shanghai"', "[[centre]]", 'name = "police"', 'host = "127.0.0.1"']
    lines += ["port = 9", 'account = "1234"', "[console]", "public_pages = true"]
    lines += NOTIFY
    config.write_text("\n".join(lines) + "\n", encoding="utf-8")
    site = Estate(state, known)
    try:
        _happen(site)
        _work(site)
        write_plans(site)
        write_commissioning(site, testing=testing)
        move_in(site)
        yield config
    finally:
        site.close()


def _happen(site: Estate) -> None:
    site.store(Cursor("centre/police/urgent", 0), Cursor("centre/police/normal", 0))
    site.hear_all()
    for device in ("button-1-101", "button-2-101"):
        site.store(
            NewEntry(Type.STATUS, StatusBody("estate", names.ONLINE, 7, "1.4.2", 1), device)
        )
        _readings(site, device)
    for number, cause in enumerate((Cause.REAL, Cause.FALSE, Cause.FALSE, Cause.TEST)):
        device = f"button-{number + 1}-201"
        alarm = site.event(device)
        site.event(device, names.RESTORE)
        site.act(alarm, Action.ACKNOWLEDGE)
        site.act(alarm, Action.CLOSE, cause=cause)
    for building in range(4, BUILDINGS + 1):
        for room in ("101", "102"):
            site.event(f"button-{building}-{room}", kind=names.TAMPER)
    taken = site.event("button-7-201", kind=names.SMOKE, zone=2)
    site.act(taken, Action.ACKNOWLEDGE, "wang-2")
    site.act(taken, Action.DISPATCH, "wang-2")
    site.event("button-3-102")
    site.event("button-3-101", ago_ms=HOUR_MS // 2)
    site.event("button-2-102", mark=Mark.DRILL)
    for device in ("button-1-101", "button-2-101"):
        site.event(device, names.TROUBLE, names.BATTERY)
    site.event("button-9-201", names.TROUBLE, names.SUPERVISION)
    site.fault("centre/police/path/2")


def _work(site: Estate) -> None:
    """Have people make work orders, hide a fault, and hand over the desk; a level is in force."""
    now_ms = site.clock.wall_ms()
    level = LevelBody("幸福小区", 3, "台风", "desk-1", "cli", now_ms, now_ms + 6 * HOUR_MS)
    site.store(NewEntry(Type.LEVEL, level))
    database = Database(file_in(site.folder), SUBJECTS)
    work = Work(database, site.clock)
    battery = Matter(
        key=f"trouble/button-1-101/1/{names.BATTERY}/0",
        device="button-1-101",
        zone=1,
        kind=names.BATTERY,
        place="b1/101",
    )
    link = Matter(key="fault/centre/police/path/2")
    work.orders.make([battery], "@technician", "2026-01-31", "梯子在门卫室", "wang-2")
    work.orders.make([link], "wang-2", "2199-12-31", "", "wang-2")
    done = work.orders.make(
        [Matter(key="device/button-3-101", device="button-3-101", place="b3/101")],
        *("@technician", "2026-02-28", "", "wang-2"),
    )
    work.orders.change(done, Step.DONE, "li-3", "")
    work.snoozes.begin([battery], now_ms + 72 * HOUR_MS, "wang-2")
    work.shifts.start(9_001, "li-3")
    alarm = HandedAlarm(1, names.PANIC, "b3/102", "button-3-102", now_ms)
    handed = Handed(areas=("",), alarms=(alarm,), exercise=Mark.DRILL.value, orders=(1, 2))
    work.shifts.hand_over(9_001, handed, "东门道闸已报修")
    database.close()


def _readings(site: Estate, device: str) -> None:
    now_ms = site.clock.wall_ms()
    writes = [
        NewEntry(
            Type.TELEMETRY,
            TelemetryBody(
                "estate",
                {"mv": 3100 - number, "rs": -62 - number % 9},
                now_ms - (100 - number) * HOUR_MS,
            ),
            device,
            7,
            1000 + number,
        )
        for number in range(100)
    ]
    site.store(*writes, lane=site.telemetry)


def _register(known: Register) -> str:
    lines: list[str] = []
    for place in known.places():
        lines += ["[[place]]", f'id = "{place.id}"', f'community = "{place.community}"']
        lines += [f'building = "{place.building}"', f'room = "{place.room}"']
    for name in known.device_ids():
        device = known.device(name)
        assert device is not None
        lines += ["[[device]]", f'id = "{name}"', f'place = "{device.place}"']
        for zone in device.zone:
            lines += ["[[device.zone]]", f"zone = {zone.zone}", f"kind = {json.dumps(zone.kind)}"]
    return "\n".join(lines) + "\n"
