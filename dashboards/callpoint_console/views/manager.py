"""The sections of the manager's page, each as HTML."""

from typing import Final

from callpoint_console.rendering import fragment
from callpoint_console.views.alarm_rows import alarm_rows
from callpoint_console.views.buildings import building_tiles, online
from callpoint_console.views.context import Context
from callpoint_console.views.counted import counted
from callpoint_console.views.drill_rows import asked_for
from callpoint_console.views.faults import fault_groups, snoozed_faults
from callpoint_console.views.flood import collapsed
from callpoint_console.views.links import link_rows
from callpoint_console.views.machine import machine_row
from callpoint_console.views.online import HEIGHT, WIDTH, sparkline
from callpoint_console.views.strip import strip
from callpoint_console.words.page_words import PageWords

#: Of a site with more buildings, only those are shown in which something is open.
MOST_TILES: Final = 60
SECTIONS: Final = ("strip", "state", "alarms", "faults", "buildings", "week", "foot")


def sections(context: Context, *, wall: bool = False) -> dict[str, str]:
    """Return every section; ``wall``: for a screen that nobody can touch."""
    snapshot, words, language = context.snapshot, context.words, context.words.language
    at = context.at
    rows, groups, snoozed = alarm_rows(context), fault_groups(context), snoozed_faults(context)
    faults = sum(group.count for group in groups)
    real = sum(1 for row in rows if not row.mark)
    shown, flood = collapsed(rows, context.now_ms)
    median_ms = snapshot.week.median_ms
    tiles, top = building_tiles(context), context.site.top
    calm = 0
    if len(tiles) > MOST_TILES:
        calm = sum(tile.level is None for tile in tiles)
        tiles = [tile for tile in tiles if tile.level is not None]
    return {
        "strip": fragment("parts/strip.html", language, at, strip=strip(context)),
        "state": fragment(
            "manager/state.html",
            language,
            at,
            sentence=_sentence(context, real, faults, len(snoozed)),
        ),
        "alarms": fragment(
            "manager/alarms.html", language, at, rows=shown, flood=flood, wall=wall
        ),
        "faults": fragment(
            "manager/faults.html",
            language,
            at,
            groups=groups,
            snoozed=snoozed,
            count=faults,
            wall=wall,
        ),
        "buildings": fragment(
            "manager/buildings.html", language, at, tiles=tiles[:MOST_TILES], calm=calm, top=top
        ),
        "week": fragment(
            "manager/week.html",
            language,
            at,
            week=snapshot.week,
            median="-" if median_ms is None else words.age(median_ms),
            drills=asked_for(context),
            spark=sparkline(context),
            size=(WIDTH, HEIGHT),
        ),
        "foot": fragment(
            "manager/foot.html",
            language,
            at,
            gateway=snapshot.gateway,
            elsewhere=context.elsewhere,
            retired=context.retired,
            links=link_rows(context),
            machine=machine_row(context),
            zone=context.zone.key,
        ),
    }


def _sentence(context: Context, alarms: int, faults: int, snoozed: int) -> str:
    words, since_ms, heard = context.words, context.snapshot.quiet_since_ms, online(context)
    if since_ms is not None and context.snapshot.gateway is not False:
        return words("sentence.quiet", site=context.site.name, since=context.clock(since_ms))
    return words(
        "sentence",
        site=context.site.name,
        alarms=counted(words, "alarm", alarms),
        faults=counted(words, "fault", faults)
        + (words("sentence.snoozed", count=snoozed) if snoozed else ""),
        online=heard.online,
        devices=heard.devices,
    )


def unread(site: str, words: PageWords, at: str) -> dict[str, str]:
    """Return the sections before anything has been read."""
    language = words.language
    sentence = words("sentence.unread", site=site)
    return dict.fromkeys(SECTIONS, "") | {
        "state": fragment("manager/state.html", language, at, sentence=sentence)
    }
