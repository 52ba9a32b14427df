"""The map that a user provides: what is drawn of it, and what is said about one that is wrong."""

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from callpoint_console.live.broadcaster import View
from callpoint_console.visitor import EVERYTHING
from callpoint_district.console import geojson
from callpoint_district.console.drawing import NO_MAP, WIDTH, draw
from callpoint_district.console.live.snapshot import DistrictSnapshot, Site
from callpoint_district.console.views.map import map_sections
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_rig.rig import PROGRAM

SQUARE = [[120.0, 30.0], [120.1, 30.0], [120.1, 30.1], [120.0, 30.1], [120.0, 30.0]]
VIEW = View("map", "en", EVERYTHING)


def feature(
    geometry: str, coordinates: object, area: object = "Hangzhou / Xihu"
) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"name": area},
        "geometry": {"type": geometry, "coordinates": coordinates},
    }


def written(folder: Path, *features: object, **more: object) -> Path:
    file = folder / "map.geojson"
    content = {"type": "FeatureCollection", "area_property": "name", "features": features, **more}
    file.write_text(json.dumps(content), "utf-8")
    return file


def site(gateway: str, latitude: float | None, silent_ms: int | None = None) -> Site:
    spot = ("Hangzhou", "Xihu", "Beishan", "Garden", "3")
    longitude = None if latitude is None else 120.05
    return Site(
        gateway, "garden", (spot,), latitude, longitude, "1", 1, 1, 0, 1, (), silent_ms, None
    )


def test_areas_and_ways_are_drawn_to_scale_within_the_picture(tmp_path: Path) -> None:
    island = [[120.2, 30.0], [120.25, 30.0], [120.25, 30.05], [120.2, 30.0]]
    file = written(
        tmp_path,
        feature("MultiPolygon", [[SQUARE], [island]]),
        feature("Polygon", [SQUARE], ["Hangzhou", "A / B"]),
        feature("LineString", [[120.0, 30.0], [120.3, 30.1]], None),
    )
    drawing = draw(geojson.load(file))
    assert [shape.area for shape in drawing.shapes] == [
        (),
        ("Hangzhou", "Xihu"),
        ("Hangzhou", "A / B"),
    ]
    line, islands, square = drawing.shapes
    assert line.is_line
    assert not line.path.endswith("Z")
    assert islands.path.count("M") == islands.path.count("Z") == 2
    assert drawing.projection is not None
    x, y = drawing.projection.at((120.0, 30.0))
    right, top = drawing.projection.at((120.1, 30.1))
    assert 0 < x < right < WIDTH
    assert 0 < top < y < drawing.projection.height
    assert (right - x) / (y - top) == pytest.approx(math.cos(math.radians(30.05)), rel=0.02)
    assert square.x == pytest.approx((x + right) / 2, abs=1)
    assert square.y == pytest.approx((y + top) / 2, abs=1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            feature("Polygon", [SQUARE[:-1]]),
            "feature 2 (Hangzhou / Xihu): a ring needs at least 4",
        ),
        (feature("Polygon", [[*SQUARE[:3], SQUARE[1]]]), "the last of which is the first"),
        (feature("Polygon", []), "feature 2 (Hangzhou / Xihu): it has no coordinates"),
        (feature("LineString", [[120, 30]]), "a line needs at least two positions"),
        (feature("LineString", [[120, 30], [30, 120]]), "[30, 120] is no position"),
        (feature("LineString", [[120, 30], [120, True]]), "[120, True] is no position"),
        (feature("LineString", [[120, 30], "here"]), "here is no position"),
        (feature("LineString", [[120, 30], [10**400, 30]]), "is no position"),
        (feature("Point", [120, 30]), "feature 2 (Hangzhou / Xihu): it must be a Polygon"),
        (feature("Polygon", [SQUARE], 7), "feature 2 (7): its area must be a text"),
        (feature("Polygon", [SQUARE], ["Hangzhou", ""]), "or a list of its parts"),
        ({"type": "Feature"}, "feature 2 (-): it must be a Polygon"),
        (None, "feature 2 (-): "),
    ],
)
def test_a_bad_feature_is_named_with_the_reason(tmp_path: Path, wrong: object, said: str) -> None:
    file = written(tmp_path, feature("Polygon", [SQUARE]), wrong)
    with pytest.raises(ConfigError) as caught:
        geojson.load(file)
    text = caught.value.why.in_("en")
    assert said in text
    assert str(file) in text
    assert "\n" not in text


@pytest.mark.parametrize("text", ["", "[]", '{"type": "Feature"}', "\x00", "[" * 100_000])
def test_what_is_no_collection_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "map.geojson"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        geojson.load(file)
    assert "is no GeoJSON FeatureCollection" in caught.value.why.in_("en")


def test_a_map_has_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, *[feature("Polygon", [SQUARE])] * 3)
    for bound, value, said in (
        ("MOST_FEATURES", 2, "more than 2 features"),
        ("MOST_POSITIONS", 14, "feature 3 (Hangzhou / Xihu): with it the map has more than 14"),
        ("MOST_BYTES", 100, "more than 0 MB"),
    ):
        with monkeypatch.context() as bounded:
            bounded.setattr(geojson, bound, value)
            with pytest.raises(ConfigError) as caught:
                geojson.load(file)
            assert said in caught.value.why.in_("en")
    with pytest.raises(ConfigError) as none:
        geojson.load(tmp_path / "none.geojson")
    assert "the map cannot be read: No such file" in none.value.why.in_("en")
    assert len(geojson.load(file)) == 3


def test_states_have_a_shape_and_a_word_beside_their_colour(tmp_path: Path) -> None:
    drawing = draw(geojson.load(written(tmp_path, feature("Polygon", [SQUARE]))))
    sites = {"g1": site("g1", 30.05), "g2": site("g2", 30.06, 1_000), "g3": site("g3", None)}
    shown = map_sections(drawing, DistrictSnapshot(2_000, (), sites), VIEW)["map-states"]
    assert isinstance(shown, str)
    assert 'class="calm-site"' in shown
    assert 'class="silent-site"' in shown
    assert "Garden: not heard" in shown
    assert 'aria-label="Hangzhou / Xihu: open alarms 0, sites not heard 1 of 3"' in shown
    assert 'href="/area?at=Hangzhou&amp;at=Xihu"' in shown
    assert 'class="area edge-3"' in shown
    assert ">3</text>" in shown


def test_without_a_file_sites_are_shown_where_they_are() -> None:
    nowhere = DistrictSnapshot(1, (), {"g1": site("g1", None)})
    assert map_sections(NO_MAP, nowhere, VIEW) == {"map-states": ""}
    somewhere = DistrictSnapshot(1, (), {"g1": site("g1", 30.05)})
    shown = map_sections(NO_MAP, somewhere, VIEW)["map-states"]
    assert isinstance(shown, str)
    assert 'class="calm-site"' in shown


def test_a_bad_map_ends_the_start_with_one_line(tmp_path: Path, address: str) -> None:
    written(tmp_path, feature("Polygon", [SQUARE[:-1]]))
    config = tmp_path / "district.toml"
    config.write_text(
        f'district = "d1"\nservers = ["nats://127.0.0.1:9"]\ndatabase = "{address}"\n'
        'map_file = "map.geojson"\n',
        encoding="utf-8",
    )
    command = [
        sys.executable,
        *PROGRAM,
        "--lang",
        "en",
        "district",
        "console",
        "--port",
        "0",
        "-c",
        str(config),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert "feature 1 (Hangzhou / Xihu): a ring needs at least 4" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not done.stdout
