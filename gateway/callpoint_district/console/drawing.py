"""Draws the map: degrees become positions of an SVG, each shape a path that is made once."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from callpoint_console.site_map import Spot
from callpoint_district.console.geojson import Feature, Position, Ring

WIDTH: Final = 1000
#: The picture is at least and at most so high for its width.
FLATTEST, TALLEST = 0.4, 1.4
_MARGIN: Final = 40
#: A map of one place alone still shows something around it, in degrees.
_LEAST: Final = 0.002


class Shape(NamedTuple):
    """A part of the map as a path. ``x`` and ``y``: where the state of its area is shown."""

    number: int
    area: Spot
    path: str
    is_line: bool
    x: int
    y: int


class Projection(NamedTuple):
    """Puts degrees into the picture: equirectangular, true to scale in the middle."""

    west: float
    north: float
    scale: float
    flatter: float
    height: int

    def at(self, position: Position) -> tuple[int, int]:
        """Return the place of longitude and latitude in the picture."""
        x = (position[0] - self.west) * self.flatter * self.scale
        return round(x) + _MARGIN, round((self.north - position[1]) * self.scale) + _MARGIN


def projection(positions: Iterable[Position]) -> Projection | None:
    """Return the projection that shows all positions; None: there is none."""
    every = list(positions)
    if not every:
        return None
    west, east = min(each[0] for each in every), max(each[0] for each in every)
    south, north = min(each[1] for each in every), max(each[1] for each in every)
    flatter = max(0.01, math.cos(math.radians((south + north) / 2)))
    wide = max((east - west) * flatter, _LEAST)
    high = max(north - south, _LEAST)
    inner = WIDTH - 2 * _MARGIN
    scale = min(inner / wide, inner * TALLEST / high)
    height = max(round(high * scale) + 2 * _MARGIN, round(WIDTH * FLATTEST))
    # What is smaller than the picture stands in its middle.
    left = west - (inner / scale - (east - west) * flatter) / 2 / flatter
    top = north + ((height - 2 * _MARGIN) / scale - (north - south)) / 2
    return Projection(left, top, scale, flatter, height)


class Drawing(NamedTuple):
    """The map of a district: its shapes, the larger areas first, and how degrees are shown."""

    shapes: tuple[Shape, ...]
    projection: Projection | None


#: A district without a map file.
NO_MAP: Final = Drawing((), None)


def draw(features: Sequence[Feature]) -> Drawing:
    """Return the map of a file's features."""
    every = [at for feature in features for ring in feature.rings for at in ring.positions]
    found = projection(every)
    if found is None:
        return NO_MAP
    ordered = sorted(features, key=lambda feature: len(feature.area))
    shapes = [_shape(number, feature, found) for number, feature in enumerate(ordered)]
    return Drawing(tuple(shapes), found)


def _shape(number: int, feature: Feature, shown: Projection) -> Shape:
    path = "".join(_path(ring, shown) for ring in feature.rings)
    x, y = _middle(max(feature.rings, key=lambda ring: abs(_area(ring.positions))), shown)
    return Shape(number, feature.area, path, not feature.rings[0].closed, x, y)


def _path(ring: Ring, shown: Projection) -> str:
    points: list[tuple[int, int]] = []
    for position in ring.positions[: -1 if ring.closed else None]:
        point = shown.at(position)
        if not points or points[-1] != point:
            points.append(point)
    return "M" + "L".join(f"{x} {y}" for x, y in points) + ("Z" if ring.closed else "")


def _area(positions: Sequence[Position]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(positions)) / 2


def _middle(ring: Ring, shown: Projection) -> tuple[int, int]:
    """Return the centroid of a ring, the middle position of a line."""
    positions, area = ring.positions, _area(ring.positions)
    if not ring.closed or abs(area) < 1e-12:
        return shown.at(positions[len(positions) // 2])
    east = north = 0.0
    for a, b in pairwise(positions):
        cross = a[0] * b[1] - b[0] * a[1]
        east += (a[0] + b[0]) * cross
        north += (a[1] + b[1]) * cross
    return shown.at((east / 6 / area, north / 6 / area))
