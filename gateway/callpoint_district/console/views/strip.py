"""What every page over all sites says above all else: the database, silent sites, levels."""

from typing import Final
from zoneinfo import ZoneInfo

from callpoint_console.live.broadcaster import View
from callpoint_console.rendering import words_in
from callpoint_console.site_map import area_text
from callpoint_console.views.moments import clock
from callpoint_console.work.roles import WORKERS
from callpoint_district.console.live.snapshot import DistrictSnapshot, Site
from callpoint_district.console.views.seeing import concerns, sees_site
from callpoint_gateway.words.said import Said

#: Findings that are named one by one; the others are counted.
MOST: Final = 4


def strip(snapshot: DistrictSnapshot | None, view: View, zone: ZoneInfo) -> dict[str, object]:
    """Return the values of the strip's template."""
    if snapshot is None:
        return {"read": False, "silent": [], "levels": []}
    words = words_in(view.language)
    found = findings(snapshot, view)
    silent = [_said(sites, snapshot, view, zone) for sites in found[:MOST]]
    if len(found) > MOST:
        silent.append(words("grid.more_silent", count=sum(map(len, found[MOST:]))))
    levels = [
        words("grid.level", level=words.level(level), area=area_text(area) or words("grid.whole"))
        for area, level in snapshot.levels
        if concerns(area, view.scope, snapshot.sites)
    ]
    return {"read": snapshot.whole, "silent": silent, "levels": levels}


def not_reloaded(trouble: Said | None, view: View) -> str:
    """Return why a changed configuration is not used, for those who work here; else nothing."""
    if trouble is None or not view.scope.areas(WORKERS):
        return ""
    words = words_in(view.language)
    return words("page.not_reloaded", why=words.told(trouble))


def findings(snapshot: DistrictSnapshot, view: View) -> list[list[Site]]:
    """Return the silent sites that somebody sees; those that fell silent together are together."""
    together: dict[object, list[Site]] = {}
    for site in snapshot.silent:
        if sees_site(site, view.scope):
            key = site.gateway if site.finding is None else site.finding
            together.setdefault(key, []).append(site)
    return list(together.values())


def _said(sites: list[Site], snapshot: DistrictSnapshot, view: View, zone: ZoneInfo) -> str:
    words = words_in(view.language)
    since = clock(sites[0].silent_ms or 0, snapshot.at_ms, zone)
    if len(sites) == 1:
        return words("grid.silent_one", site=sites[0].name, since=since)
    return words("grid.silent_many", count=len(sites), since=since)
