"""The live sections of the operator's page over all sites."""

from zoneinfo import ZoneInfo

from callpoint_console.live.broadcaster import Row, View
from callpoint_console.rendering import fragment, words_in
from callpoint_district.console.live.snapshot import DistrictSnapshot, SiteAlarm
from callpoint_district.console.views.queue import (
    LOW_LIST,
    Queue,
    is_mine,
    listed,
    row_for,
)
from callpoint_district.console.views.seeing import sees_site
from callpoint_gateway.journal.entries import Mark


def sections(
    queue: Queue, snapshot: DistrictSnapshot | None, view: View, zone: ZoneInfo, *, mine: bool
) -> dict[str, str | Row]:
    """Return every section but the strip; ``mine``: only what is with a desk of the visitor."""
    language = view.language
    rows = [] if snapshot is None else queue.rows(snapshot, view.scope, language)
    if mine:
        rows = [each for each in rows if is_mine(each.alarm, view.scope)]
    real = [each.alarm.alarm.priority for each in rows if each.alarm.alarm.mark is Mark.REAL]
    counts = {level: real.count(level) for level in (1, 2, 3, 4)}
    lists = listed(rows, snapshot.at_ms) if snapshot else {}
    low = sum(row.within == LOW_LIST for row in lists.values())
    found: dict[str, str | Row] = {
        "counts": fragment("district/counts.html", language, "", counts=counts, shown=bool(rows)),
        "flood": fragment("district/flood.html", language, "", flood=low),
        "figures": "",
        "links": _links(snapshot, view),
        "newest": _newest(snapshot, [each.alarm for each in rows], view, zone),
    }
    return found | lists


def _links(snapshot: DistrictSnapshot | None, view: View) -> str:
    every = snapshot.sites.values() if snapshot else ()
    sites = [site for site in every if site.retired_ms is None and sees_site(site, view.scope)]
    return fragment(
        "district/links.html",
        view.language,
        "",
        sites=len(sites),
        silent=sum(site.silent_ms is not None for site in sites),
        behind=sum(site.behind > 0 for site in sites),
        faults=sum(len(site.faults) for site in sites),
    )


def _newest(
    snapshot: DistrictSnapshot | None, alarms: list[SiteAlarm], view: View, zone: ZoneInfo
) -> str:
    newest = max(alarms, key=lambda each: each.alarm.opened_ms, default=None)
    row = None
    if snapshot is not None and newest is not None:
        row = row_for(newest, words_in(view.language), zone, snapshot.at_ms)
    return fragment("district/newest.html", view.language, "", row=row)
