"""A district in which everything that its pages show happens at once, and its console."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from callpoint_gateway.journal.entries import Action, Cause, Mark
from callpoint_protocol import names

from ..browser.console_process import ConsoleProcess
from .written_district import WrittenDistrict

CITY: Final = "杭州"
#: Districts, streets and communities, with where they are (degrees north and east).
AREAS: Final = {
    ("西湖", "北山", "幸福小区"): (30.264, 120.132),
    ("西湖", "北山", "曙光社区"): (30.270, 120.140),
    ("西湖", "文新", "骆家庄"): (30.290, 120.105),
    ("拱墅", "米市巷", "大塘巷"): (30.289, 120.163),
    ("拱墅", "湖墅", "仓基新村"): (30.300, 120.155),
    ("上城", "清波", "柳浪"): (30.238, 120.160),
}
#: Corners of the districts on the map.
EDGES: Final = {
    "西湖": [(120.08, 30.22), (120.148, 30.22), (120.148, 30.31), (120.08, 30.31)],
    "拱墅": [(120.148, 30.27), (120.19, 30.27), (120.19, 30.31), (120.148, 30.31)],
    "上城": [(120.148, 30.22), (120.19, 30.22), (120.19, 30.27), (120.148, 30.27)],
}


def a_map() -> str:
    """Return a map of the districts and a river."""
    features: list[object] = [
        {
            "type": "Feature",
            "properties": {"name": f"{CITY} / {name}"},
            "geometry": {"type": "Polygon", "coordinates": [[*corners, corners[0]]]},
        }
        for name, corners in EDGES.items()
    ]
    river = [(120.08, 30.215), (120.14, 30.20), (120.20, 30.235)]
    features.append(
        {
            "type": "Feature",
            "properties": {},
            "geometry": {"type": "LineString", "coordinates": river},
        }
    )
    return json.dumps({"type": "FeatureCollection", "area_property": "name", "features": features})


def write(district: WrittenDistrict) -> None:
    """Have much happen."""
    for number, (area, at) in enumerate(AREAS.items(), 1):
        rooms = [(CITY, *area, building, room) for building in "123" for room in ("101", "202")]
        district.site(f"g{number}", rooms, at)
    for number in range(7, 10):
        street = [(CITY, "上城", "湖滨", f"小区{number}", "1", "101")]
        district.site(f"g{number}", street, (30.250 + number / 1000, 120.165))
    fire = district.event("g1", 1, names.SMOKE)
    district.act("g1", fire, Action.ACKNOWLEDGE)
    district.act("g1", fire, Action.DISPATCH)
    district.event("g1", 4)
    district.event("g4", 2)
    district.event("g2", 3, names.WATER)
    district.event("g6", 1, names.MEDICAL)
    closed = district.event("g3", 5)
    district.act("g3", closed, Action.ACKNOWLEDGE)
    district.act("g3", closed, Action.CLOSE, Cause.FALSE)
    district.event("g5", 1, mark=Mark.DRILL)
    district.fault("g2", "centre/police")
    district.fault("g5", "clock")
    district.copy("g3", district.write("g3", district.new_event("g3", 2, names.SMOKE)))
    for name in ("g7", "g8", "g9"):
        district.silent(name, 1)
    district.silent("g5", 2, 400_000)
    with district.database.transaction() as connection:
        connection.execute("UPDATE gateways SET head = position + 1200 WHERE gateway = 'g3'")
        connection.execute(
            "INSERT INTO desks SELECT gateway, epoch, position, 1, %s, 'street', 'beishan', "
            "'北山街道中心', '{grid_worker,police_officer}', 1, NULL FROM alarms "
            "WHERE gateway = 'g1' AND closed_ms IS NULL",
            ([CITY, "西湖", "北山"],),
        )
        connection.execute(
            "INSERT INTO desks SELECT gateway, epoch, position, 2, %s, 'district', 'gongshu', "
            "'拱墅区中心', '{}', 1, NULL FROM alarms WHERE gateway = 'g4'",
            ([CITY, "拱墅"],),
        )


@contextmanager
def busy_district(folder: Path, address: str) -> Iterator[tuple[WrittenDistrict, ConsoleProcess]]:
    """Yield a district in an empty database, and its console."""
    journals = folder / "journals"
    journals.mkdir()
    district = WrittenDistrict(journals, address)
    try:
        write(district)
        (folder / "map.geojson").write_text(a_map(), encoding="utf-8")
        config = folder / "district.toml"
        config.write_text(
            f'district = "d1"\nservers = ["nats://127.0.0.1:9"]\ndatabase = "{address}"\n'
            'time_zone = "Asia/Shanghai"\nstate_dir = "state"\nmap_file = "map.geojson"\n',
            encoding="utf-8",
        )
        process = ConsoleProcess(config, command=("district", "console"))
        try:
            yield district, process
        finally:
            process.stop()
    finally:
        district.close()
