"""The live sections of a part of the grid: what is open in it, and in each of its parts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from callpoint_console.live.broadcaster import Row, View
from callpoint_console.rendering import fragment, words_in
from callpoint_console.site_map import Spot, area_text, natural
from callpoint_console.views.alarm_rows import AlarmRow
from callpoint_console.views.counted import counted
from callpoint_district.console.live.snapshot import DistrictSnapshot, Site, SiteAlarm
from callpoint_district.console.places import area_of
from callpoint_district.console.site_addresses import address_of
from callpoint_district.console.views.queue import Note, notes, row_for
from callpoint_district.console.views.seeing import sees, sees_site, within
from callpoint_district.console.views.strip import findings
from callpoint_gateway.control.roles import DESK
from callpoint_gateway.journal.entries import Mark

#: A live page of an area: this, and the area's text.
AREA: Final = "area:"
SECTIONS: Final = ("state", "alarms", "parts", "sites")
#: Alarms that are shown singly; the operator's page has all.
MOST_ALARMS: Final = 12
#: With more sites in an area, only those are listed in which something is the matter.
MOST_SITES: Final = 30
_FAULT: Final = 3


class AreaTile(msgspec.Struct, frozen=True):
    """A part of an area. ``level``: of the worst that is open there, None if nothing is."""

    spot: Spot
    name: str
    sites: int
    silent: int
    faults: int
    alarms: int
    level: int | None


class SiteTile(msgspec.Struct, frozen=True):
    """A site in an area; its page is at ``address``."""

    name: str
    address: str
    where: str
    silent_ms: int | None
    behind: int
    faults: int
    alarms: int
    level: int | None

    @property
    def calm(self) -> bool:
        """Whether nothing is the matter."""
        return self.level is None and not self.behind


class AlarmLine(msgspec.Struct, frozen=True):
    """An open alarm in a list; ``address``: where more of it is shown."""

    row: AlarmRow
    address: str
    notes: tuple[Note, ...]


def page_of(area: Spot) -> str:
    """Return the live page of an area."""
    return AREA + area_text(area)


def area_wanted(page: str) -> Spot:
    """Return the area of a live page; the whole district for any other page."""
    return area_of(page.removeprefix(AREA)) if page.startswith(AREA) else ()


def area_sections(
    name: str, snapshot: DistrictSnapshot | None, view: View, zone: ZoneInfo, *, wall: bool
) -> dict[str, str | Row]:
    """Return every section but the strip; ``wall``: for a screen that nobody can touch."""
    area, language = area_wanted(view.page), view.language
    title = area_text(area) or name
    if snapshot is None:
        unread = words_in(language)("grid.unread", area=title)
        state = fragment("manager/state.html", language, "", sentence=unread)
        return {**dict.fromkeys(SECTIONS, ""), "state": state}
    alarms = alarms_in(snapshot, view, area)
    sites = sites_in(snapshot, view, area)
    lines = [
        _line(alarm, snapshot, view, zone, area)
        for alarm in alarms[: MOST_ALARMS * 2 if wall else MOST_ALARMS]
    ]
    tiles = site_tiles(sites, alarms)
    listed = tiles if len(tiles) <= MOST_SITES else [each for each in tiles if not each.calm]
    return {
        "state": fragment(
            "manager/state.html",
            language,
            "",
            sentence=_sentence(title, alarms, sites, view),
        ),
        "alarms": fragment(
            "district/alarms.html",
            language,
            "",
            lines=lines,
            more=len(alarms) - len(lines),
            desk=bool(view.scope.areas(DESK)) and not wall,
            wall=wall,
        ),
        "parts": fragment(
            "district/parts_of_area.html", language, "", tiles=area_tiles(area, sites, alarms)
        ),
        "sites": fragment(
            "district/sites.html",
            language,
            "",
            tiles=listed[:MOST_SITES],
            calm=len(tiles) - len(listed),
            more=max(0, len(listed) - MOST_SITES),
            retired=len(retired_in(snapshot, view, area)),
            findings=[
                (len(found), found[0].silent_ms)
                for found in findings(snapshot, view)
                if len(found) > 1
            ],
            area=area,
            wall=wall,
        ),
    }


def alarms_in(snapshot: DistrictSnapshot, view: View, area: Spot) -> list[SiteAlarm]:
    """Return the alarms in an area that somebody sees; one without a known place is in no part."""
    return [
        alarm for alarm in snapshot.alarms if within(alarm.spot, area) and sees(alarm, view.scope)
    ]


def sites_in(snapshot: DistrictSnapshot, view: View, area: Spot) -> list[Site]:
    """Return the sites in service with a place in an area that somebody sees."""
    return [site for site in _all_in(snapshot, view, area) if site.retired_ms is None]


def retired_in(snapshot: DistrictSnapshot, view: View, area: Spot) -> list[Site]:
    """Return the sites out of service with a place in an area that somebody sees."""
    return [site for site in _all_in(snapshot, view, area) if site.retired_ms is not None]


def _all_in(snapshot: DistrictSnapshot, view: View, area: Spot) -> Iterator[Site]:
    for site in snapshot.sites.values():
        within_it = not area or any(within(spot, area) for spot in site.spots)
        if within_it and sees_site(site, view.scope):
            yield site


def area_tiles(area: Spot, sites: Sequence[Site], alarms: Sequence[SiteAlarm]) -> list[AreaTile]:
    """Return a tile for each part of an area in which there is a site.

    Parts that have nothing beside them are passed over: from a single city its districts.
    """
    outer = area
    while True:
        here = _parts(outer, sites)
        if len(here) != 1 or not (below := _parts(only := next(iter(here)), sites)):
            break
        outer, here = only, below
    size = len(outer) + 1
    levels: dict[Spot, list[int]] = {}
    for alarm in alarms:
        if alarm.alarm.mark is Mark.REAL:
            levels.setdefault(alarm.spot[:size], []).append(alarm.alarm.priority)
    tiles = []
    for part, found in here.items():
        silent = sum(site.silent_ms is not None for site in found)
        faults = sum(len(site.faults) for site in found)
        worst = min(levels.get(part, ()), default=_FAULT if silent or faults else None)
        tiles.append(
            AreaTile(
                spot=part,
                name=area_text(part[len(area) :]),
                sites=len(found),
                silent=silent,
                faults=faults,
                alarms=len(levels.get(part, ())),
                level=worst,
            )
        )
    return sorted(tiles, key=lambda tile: natural(tile.name))


def _parts(area: Spot, sites: Iterable[Site]) -> dict[Spot, list[Site]]:
    """Return the sites in each part of an area."""
    here: dict[Spot, list[Site]] = {}
    for site in sites:
        for part in {spot[: len(area) + 1] for spot in site.spots if within(spot, area)}:
            if part != area:
                here.setdefault(part, []).append(site)
    return here


def site_tiles(sites: Iterable[Site], alarms: Iterable[SiteAlarm]) -> list[SiteTile]:
    """Return a tile for each site, the worst first."""
    levels: dict[str, list[int]] = {}
    for alarm in alarms:
        if alarm.alarm.mark is Mark.REAL:
            levels.setdefault(alarm.gateway, []).append(alarm.alarm.priority)
    tiles = []
    for site in sites:
        wrong = site.silent_ms is not None or site.faults
        own = levels.get(site.gateway, ())
        tiles.append(
            SiteTile(
                name=site.name,
                address=f"{address_of(site.gateway)}/",
                where=area_text(site.top),
                silent_ms=site.silent_ms,
                behind=site.behind,
                faults=len(site.faults),
                alarms=len(own),
                level=min(own, default=_FAULT if wrong else None),
            )
        )
    return sorted(tiles, key=lambda tile: (tile.level or 9, not tile.behind, natural(tile.name)))


def _line(
    alarm: SiteAlarm, snapshot: DistrictSnapshot, view: View, zone: ZoneInfo, area: Spot
) -> AlarmLine:
    words = words_in(view.language)
    row = row_for(alarm, words, zone, snapshot.at_ms)
    at_desk = bool(view.scope.areas(DESK))
    address = f"/operator#alarm-{alarm.id}" if at_desk else f"{address_of(alarm.gateway)}/"
    return AlarmLine(row, address, notes(alarm, words, area))


def _sentence(title: str, alarms: Iterable[SiteAlarm], sites: Iterable[Site], view: View) -> str:
    words, found = words_in(view.language), list(sites)
    real = sum(alarm.alarm.mark is Mark.REAL for alarm in alarms)
    faults = sum(len(site.faults) for site in found)
    return words(
        "grid.sentence",
        area=title,
        alarms=counted(words, "alarm", real),
        faults=counted(words, "fault", faults),
        heard=sum(site.silent_ms is None for site in found),
        sites=len(found),
    )
