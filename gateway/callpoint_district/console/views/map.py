"""The live part of the map: the state of each area and each site, by colour and by shape."""

from typing import Final, NamedTuple
from urllib.parse import urlencode

from callpoint_console.live.broadcaster import Row, View
from callpoint_console.rendering import fragment, words_in
from callpoint_console.site_map import Spot, area_text
from callpoint_console.views.counted import counted
from callpoint_district.console.drawing import Drawing, Projection, Shape, projection
from callpoint_district.console.live.snapshot import DistrictSnapshot, Site
from callpoint_district.console.site_addresses import address_of
from callpoint_district.console.views.area import SiteTile, alarms_in, site_tiles, sites_in
from callpoint_district.console.views.seeing import within

#: Calm sites are dots without a link; more of them than this are not drawn.
MOST_DOTS: Final = 2_000
#: Sites with which something is the matter are links, one after the other for the keyboard.
MOST_LINKS: Final = 200


class AreaState(NamedTuple):
    """What is open in an area of the map. ``number``: of its shape."""

    number: int
    x: int
    y: int
    name: str
    address: str
    level: int | None
    text: str


class SiteState(NamedTuple):
    """A site as a point; ``silent``: it is not heard."""

    x: int
    y: int
    name: str
    address: str
    level: int | None
    silent: bool
    text: str


def shown_by(drawing: Drawing, snapshot: DistrictSnapshot | None) -> Projection | None:
    """Return how degrees are shown: as the file has it, without one by where the sites are."""
    if drawing.projection is not None or snapshot is None:
        return drawing.projection
    return projection(_positions(snapshot))


def _positions(snapshot: DistrictSnapshot) -> list[tuple[float, float]]:
    return [
        at
        for site in snapshot.sites.values()
        if site.retired_ms is None and (at := _position(site))
    ]


def _position(site: Site) -> tuple[float, float] | None:
    if site.latitude is None or site.longitude is None:
        return None
    return site.longitude, site.latitude


def map_sections(
    drawing: Drawing, snapshot: DistrictSnapshot | None, view: View
) -> dict[str, str | Row]:
    """Return the states of areas and sites, as they are drawn over the map."""
    shown = shown_by(drawing, snapshot)
    if snapshot is None or shown is None:
        return {"map-states": ""}
    alarms, sites = alarms_in(snapshot, view, ()), sites_in(snapshot, view, ())
    tiles = {tile.address: tile for tile in site_tiles(sites, alarms)}
    areas = [
        _area(shape, sites, tiles, view)
        for shape in drawing.shapes
        if shape.area and not shape.is_line
    ]
    points = [
        _site(site, at, tiles[f"{address_of(site.gateway)}/"], shown, view)
        for site in sites
        if (at := _position(site)) is not None
    ]
    wrong = [point for point in points if point.level is not None]
    calm = [point for point in points if point.level is None]
    return {
        "map-states": fragment(
            "district/map_states.html",
            view.language,
            "",
            areas=areas,
            wrong=sorted(wrong, key=lambda point: point.level or 9)[:MOST_LINKS],
            calm=calm[:MOST_DOTS],
        )
    }


def _area(shape: Shape, sites: list[Site], tiles: dict[str, SiteTile], view: View) -> AreaState:
    words = words_in(view.language)
    here = [
        tiles[f"{address_of(site.gateway)}/"]
        for site in sites
        if any(within(spot, shape.area) for spot in site.spots)
    ]
    level = min((tile.level for tile in here if tile.level is not None), default=None)
    text = words(
        "map.area_state",
        area=area_text(shape.area),
        alarms=sum(tile.alarms for tile in here),
        silent=sum(tile.silent_ms is not None for tile in here),
        sites=len(here),
    )
    return AreaState(
        shape.number, shape.x, shape.y, shape.area[-1], _address(shape.area), level, text
    )


def _address(area: Spot) -> str:
    return "/area?" + urlencode([("at", part) for part in area])


def _site(
    site: Site, at: tuple[float, float], tile: SiteTile, shown: Projection, view: View
) -> SiteState:
    words = words_in(view.language)
    x, y = shown.at(at)
    what = [counted(words, "alarm", tile.alarms)] if tile.alarms else []
    if tile.faults:
        what.append(counted(words, "fault", tile.faults))
    if tile.silent_ms is not None:
        what.append(words("grid.not_heard"))
    text = words("map.site_state", site=site.name, state=words.listed(what) or words("map.well"))
    return SiteState(x, y, site.name, tile.address, tile.level, tile.silent_ms is not None, text)
