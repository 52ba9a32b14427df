"""What a technician has left on the written site: tests, a weak signal, a photo, a report."""

from typing import Final

from callpoint_console.commissioning.photo import photo_of
from callpoint_console.commissioning.signed_file import sign
from callpoint_console.commissioning.site_key import KEY, site_key
from callpoint_console.commissioning.store import CommissioningStore
from callpoint_console.database import Database, file_in
from callpoint_console.schema import SUBJECTS
from callpoint_gateway.journal.entries import (
    EventBody,
    ExerciseBody,
    Mark,
    NewEntry,
    Quality,
    Stage,
    TelemetryBody,
    Type,
)
from callpoint_protocol import names

from ..console.estate import Estate
from ..console.photos import jpeg

SECONDS: Final = 3600
#: Codes of points at which something was tested.
CODES: Final = {"b10/101": "half", "b11/101": "done", "b12/101": "untested"}


def _row(site: Estate, device: str, *, tested: bool) -> dict[str, object]:
    place, now_ms = site.register.place_of(device), site.clock.wall_ms()
    assert place is not None
    zones = [
        {
            "zone": zone,
            "kind": kind,
            "tested_ms": now_ms - 86_400_000 if tested else None,
            "took_ms": 38 if tested else None,
            "who": "li-3" if tested else "",
        }
        for zone, kind in ((1, "panic"), (2, "smoke"))
    ]
    signal = {"low": -71, "mean": -66, "high": -61, "readings": 7, "passes": True}
    return {
        "device": device,
        "place": place.id,
        "where": list(place.grid),
        "tested": tested,
        "zones": zones,
        "signal": signal if tested else None,
        "battery_mv": 3010 if tested else None,
        "firmware": "1.4.2" if tested else "",
        "matters": [] if tested else ["unheard", "signal"],
        "photo_sha256": "0" * 64 if tested else None,
    }


def write_commissioning(site: Estate, *, testing: bool) -> None:
    """Write it; ``testing``: the tests are still under way. The console does not run yet."""
    begun = [_begin(site, [place]) for place in ("b10/101", "b11/101")]
    _press(site, "button-10-101", 1, names.PANIC, -78)
    _press(site, "button-11-101", 1, names.PANIC, -61)
    _press(site, "button-11-101", 2, names.SMOKE, -61)
    if not testing:
        for number, place in zip(begun, ("b10/101", "b11/101"), strict=True):
            body = ExerciseBody(Mark.TEST, Stage.END, SECONDS, [place], [], "li-3", "console")
            site.store(NewEntry(Type.EXERCISE, body, about=number))
    database = Database(file_in(site.folder), SUBJECTS)
    store = CommissioningStore(database, site.clock)
    store.add_photo("button-11-101", photo_of(jpeg(6, 160, 120)), "li-3")
    devices = ["button-1-101", "button-1-102", "button-1-201", "button-2-101"]
    rows = [_row(site, device, tested=device != "button-2-101") for device in devices]
    report = {
        "site": "幸福小区",
        "time_zone": "Asia/Shanghai",
        "made_ms": site.clock.wall_ms(),
        "who": "li-3",
        "areas": [""],
        "since_ms": 0,
        "pass_dbm": -70,
        "signal_s": 60,
        "complete": False,
        "counts": {"devices": 4, "tested": 3},
        "left": ["button-2-101"],
        "devices": rows,
    }
    file = sign(report, site_key(file_in(site.folder).parent / KEY))
    store.add_handover("written", "li-3", site.clock.wall_ms(), (3, 1), file)
    database.write(
        lambda connection: connection.executemany(
            "INSERT INTO points VALUES (?, ?, ?)",
            [(place, code, site.clock.wall_ms()) for place, code in CODES.items()],
        )
    )
    database.close()


def _begin(site: Estate, points: list[str]) -> int:
    body = ExerciseBody(Mark.TEST, Stage.START, SECONDS, points, [], "li-3", "console")
    return site.store(NewEntry(Type.EXERCISE, body))


def _press(site: Estate, device: str, zone: int, kind: int, dbm: int) -> None:
    site.seq += 1
    now_ms, place = site.clock.wall_ms(), site.register.place_of(device, zone)
    assert place is not None
    body = EventBody(
        *("estate", kind, names.ALARM, zone, 0, 1, 1, now_ms - 38, Quality.AGE),
        place=place.id,
        mark=Mark.TEST,
    )
    site.store(NewEntry(Type.EVENT, body, device, 7, site.seq))
    for step in range(3):
        site.seq += 1
        readings = TelemetryBody("estate", {"rs": dbm - step, "mv": 3010}, now_ms)
        site.store(NewEntry(Type.TELEMETRY, readings, device, 7, site.seq), lane=site.telemetry)
