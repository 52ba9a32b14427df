"""Reads the schematic map that the user provides: GeoJSON (RFC 7946), checked before it is used.

It is a FeatureCollection. Polygons are areas, lines are for orientation. Which area of the grid a
feature is says one of its properties, as the area's text (``Hangzhou / Xihu``) or as a list of its
parts; the file names that property as ``area_property`` beside ``features``. Degrees are WGS 84:
a map in GCJ-02 lies some hundred metres beside the sites.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from callpoint_console.site_map import Spot
from callpoint_district.console.places import area_of
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.words.said import Said, said

MOST_BYTES: Final = 8 * 1024 * 1024
MOST_FEATURES: Final = 5_000
MOST_POSITIONS: Final = 200_000
#: A ring has four positions at least, of which the last is the first (RFC 7946, 3.1.6).
RING: Final = 4

#: Longitude and latitude in degrees.
Position = tuple[float, float]


class Ring(NamedTuple):
    """A line, or with ``closed`` the edge of an area or of a hole in it."""

    positions: tuple[Position, ...]
    closed: bool


class Feature(NamedTuple):
    """A part of the map. ``area``: which of the grid it is, () if it is none."""

    area: Spot
    rings: tuple[Ring, ...]


class _Geometry(msgspec.Struct, frozen=True):
    type: Literal["Polygon", "MultiPolygon", "LineString", "MultiLineString"]
    coordinates: Any


class _Feature(msgspec.Struct, frozen=True, tag_field="type", tag="Feature"):
    geometry: msgspec.Raw
    properties: dict[str, Any] | None = None


class _Collection(msgspec.Struct, frozen=True, tag_field="type", tag="FeatureCollection"):
    features: list[msgspec.Raw]
    area_property: Annotated[str, Meta(min_length=1, max_length=64)] = "area"


class _Wrong(Exception):
    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


def load(path: Path) -> list[Feature]:
    """Return the features of a file. ConfigError: it names the feature that is wrong, and why."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise _Wrong(said("map_file.large", most=MOST_BYTES // 1024 // 1024))
        return list(_features(path.read_bytes()))
    except OSError as error:
        raise ConfigError(
            said("map_file.unreadable", why=error.strerror or str(error)), path
        ) from None
    except _Wrong as wrong:
        raise ConfigError(wrong.why, path) from None


def _features(text: bytes) -> Iterator[Feature]:
    try:
        collection = msgspec.json.decode(text, type=_Collection)
    except NOT_JSON as error:
        raise _Wrong(said("map_file.collection", why=str(error)[:200])) from None
    if len(collection.features) > MOST_FEATURES:
        raise _Wrong(said("map_file.many_features", most=MOST_FEATURES))
    left = MOST_POSITIONS
    for number, raw in enumerate(collection.features, 1):
        name = ""
        try:
            feature = msgspec.json.decode(raw, type=_Feature)
            value = (feature.properties or {}).get(collection.area_property)
            name = str(value or "")[:80]
            geometry = msgspec.json.decode(feature.geometry, type=_Geometry)
            rings = tuple(_rings(geometry))
            left -= sum(len(ring.positions) for ring in rings)
            if left < 0:
                raise _Wrong(said("map_file.many_positions", most=MOST_POSITIONS))
            yield Feature(_area(value), rings)
        except _Wrong as wrong:
            raise _Wrong(
                said("map_file.feature", number=number, name=name or "-", why=wrong.why)
            ) from None
        except NOT_JSON as error:
            why = said("map_file.geometry", why=str(error)[:200])
            raise _Wrong(
                said("map_file.feature", number=number, name=name or "-", why=why)
            ) from None


def _area(value: object) -> Spot:
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        return area_of(value)
    if isinstance(value, list) and value and all(isinstance(part, str) and part for part in value):
        return tuple(value)
    raise _Wrong(said("map_file.area"))


def _rings(geometry: _Geometry) -> Iterator[Ring]:
    given = geometry.coordinates
    match geometry.type:
        case "LineString":
            yield _ring(given, closed=False)
        case "MultiLineString":
            for line in _listed(given):
                yield _ring(line, closed=False)
        case "Polygon":
            for ring in _listed(given):
                yield _ring(ring, closed=True)
        case "MultiPolygon":
            for polygon in _listed(given):
                for ring in _listed(polygon):
                    yield _ring(ring, closed=True)


def _listed(given: object) -> list[Any]:
    if not isinstance(given, list) or not given:
        raise _Wrong(said("map_file.empty"))
    return given


def _ring(given: object, *, closed: bool) -> Ring:
    positions = tuple(_position(each) for each in _listed(given))
    if closed and (len(positions) < RING or positions[0] != positions[-1]):
        raise _Wrong(said("map_file.ring", least=RING))
    if len(positions) < 2:
        raise _Wrong(said("map_file.line"))
    return Ring(positions, closed)


def _position(given: object) -> Position:
    if not isinstance(given, list) or len(given) < 2:
        raise _Wrong(said("map_file.position", found=str(given)[:60]))
    east, north = given[:2]
    for value, most in ((east, 180), (north, 90)):
        if (
            not isinstance(value, int | float)
            or isinstance(value, bool)
            or not abs(value) <= most  # nor is it if it is no number
        ):
            raise _Wrong(said("map_file.position", found=str(given)[:60]))
    return float(east), float(north)
