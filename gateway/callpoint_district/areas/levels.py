"""Response levels of areas: kept here, and told to every gateway of the area.

- A level holds until its time is up or somebody of the district ends it.
- Each gateway in the area is asked to hold it, also one that is away now or that comes later,
  with the time that is left then. The question carries the level's own id, so a repeat is the
  same level there.
- What people do at the site comes first: a level that they have ended is shown as changed, and is
  not begun again. A gateway whose journal was put back is told again.
"""

import secrets
from collections.abc import Iterable
from typing import Final

import msgspec
import psycopg

from callpoint_district.areas.territory import WITHIN, Area, area_text, gateways_in
from callpoint_district.areas.told import AtSite, SiteState, as_said
from callpoint_district.sites.retiring import retired
from callpoint_gateway.configuration import privacy
from callpoint_gateway.control.access import for_account
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.supervision.questions import (
    MAX_LEVEL_S,
    MIN_LEVEL_S,
    BeginLevel,
    EndLevel,
)
from callpoint_gateway.words.said import said
from callpoint_gateway.words.unknown import near_number

#: A level that ends this much later than the same one that holds is not worth beginning, in ms.
ALIKE_MS: Final = 600_000


class AreaLevel(msgspec.Struct, frozen=True, kw_only=True):
    """A level of an area, and how far each of its gateways is; times are Unix ms."""

    number: int
    area: Area
    level: int
    reason: str
    who: str
    from_ms: int
    until_ms: int
    ended_ms: int | None
    ended_by: str | None
    sites: list[AtSite] = []

    def holds(self, now_ms: int) -> bool:
        """Say whether it holds at a moment."""
        return self.ended_ms is None and now_ms < self.until_ms


#: Each level with every gateway of its area, and with those that were in it when they were told.
AT_SITES = (
    "area_levels AS level "
    "CROSS JOIN LATERAL (SELECT gateway FROM gateways WHERE cardinality(area) = 0 "
    f"  UNION SELECT gateway FROM places WHERE cardinality(area) > 0 AND {WITHIN} "
    "  UNION SELECT gateway FROM area_levels_at WHERE number = level.number) AS site "
    "LEFT JOIN area_levels_at AS told "
    "  ON told.number = level.number AND told.gateway = site.gateway"
)
_LEVEL = "number, area, level, reason, who, from_ms, until_ms, ended_ms, ended_by"


def begin(
    connection: psycopg.Connection,
    area: Area,
    level: int,
    for_s: int,
    reason: str,
    by: By,
    now_ms: int,
) -> AreaLevel:
    """Put an area to a level for ``for_s`` seconds; its gateways are told from now on.

    QuestionRefused: the role may not do that, no gateway lies there, a value is wrong, or the
    area is at this level already, about as long.
    """
    question = BeginLevel(area=area_text(area), level=level, for_s=for_s, reason=reason)
    for_account(question, by)
    if not MIN_LEVEL_S <= for_s <= MAX_LEVEL_S:
        raise QuestionRefused(said("areas.level_time", least=MIN_LEVEL_S, most=MAX_LEVEL_S))
    try:
        privacy.reason(reason)
    except privacy.Unsaid as error:
        raise QuestionRefused(error.why) from None
    if not gateways_in(connection, area):
        raise QuestionRefused(said("areas.no_gateway", area=area_text(area) or "-"))
    # Two who begin one at the same time follow each other.
    connection.execute("LOCK TABLE area_levels IN SHARE ROW EXCLUSIVE MODE")
    first = connection.execute(
        "SELECT number, who FROM area_levels WHERE area = %s AND level = %s "
        "AND ended_ms IS NULL AND until_ms > %s ORDER BY number LIMIT 1",
        (list(area), level, max(now_ms, now_ms + for_s * 1000 - ALIKE_MS)),
    ).fetchone()
    if first is not None:
        raise QuestionRefused(said("areas.level_held", number=first[0], who=first[1]))
    found = connection.execute(
        "INSERT INTO area_levels (request, area, level, reason, who, origin, from_ms, until_ms) "
        f"VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING {_LEVEL}",
        (
            secrets.token_hex(8),
            list(area),
            level,
            reason,
            by.account,
            by.origin,
            now_ms,
            now_ms + for_s * 1000,
        ),
    ).fetchall()
    return _level(found[0])


def end(connection: psycopg.Connection, number: int, by: By, now_ms: int) -> AreaLevel:
    """End a level before its time; its gateways are told from now on.

    QuestionRefused: the role may not do that, or no such level holds.
    """
    for_account(EndLevel(number=number), by)
    found = connection.execute(
        "UPDATE area_levels SET ended_ms = %s, ended_by = %s "
        f"WHERE number = %s AND ended_ms IS NULL AND until_ms > %s RETURNING {_LEVEL}",
        (now_ms, by.account, number, now_ms),
    ).fetchone()
    if found is None:
        holding = [level.number for level in listed(connection, now_ms)]
        raise QuestionRefused(
            said("unknown.level", name=number, near=near_number(number, holding))
        )
    return _level(found)


def listed(
    connection: psycopg.Connection, now_ms: int, *, ended_after_ms: int | None = None
) -> list[AreaLevel]:
    """Return the levels that hold, the most serious first, each with its gateways.

    ``ended_after_ms``: also those that ended after that moment, or are still to be ended at a
    gateway.
    """
    rows = connection.execute(
        f"SELECT {_LEVEL} FROM area_levels "
        "WHERE (ended_ms IS NULL AND until_ms > %(now)s) "
        "OR (%(after)s::bigint IS NOT NULL AND coalesce(ended_ms, until_ms) > %(after)s) "
        "ORDER BY level, number",
        {"now": now_ms, "after": ended_after_ms},
    ).fetchall()
    levels = [_level(row) for row in rows]
    sites = _sites(connection, [level.number for level in levels])
    return [msgspec.structs.replace(level, sites=sites.get(level.number, [])) for level in levels]


def highest(levels: Iterable[AreaLevel], grid: tuple[str, ...], now_ms: int) -> AreaLevel | None:
    """Return the most serious level that holds at a place of this grid; None: there is none."""
    holding = [
        level for level in levels if level.holds(now_ms) and grid[: len(level.area)] == level.area
    ]
    return min(holding, key=lambda level: level.level, default=None)


def _level(row: tuple[object, ...]) -> AreaLevel:
    fields = dict(zip(_LEVEL.split(", "), row, strict=True))
    return msgspec.convert(fields, AreaLevel)


def _sites(connection: psycopg.Connection, numbers: list[int]) -> dict[int, list[AtSite]]:
    """Return the gateways of each level's area, by the level's number."""
    found = connection.execute(
        "SELECT level.number, site.gateway, ended_ms IS NOT NULL, sent_ms, confirmed_ms, over_ms, "
        f"over_by, refused_ms, refused FROM {AT_SITES} "
        "WHERE level.number = ANY(%s) ORDER BY level.number, site.gateway",
        (numbers,),
    ).fetchall()
    gone = retired(connection)
    sites: dict[int, list[AtSite]] = {}
    for number, gateway, ended, sent, confirmed, over, over_by, refused_at, refused in found:
        if ended and sent is None:
            continue  # it was never told of it
        if gateway in gone:
            site = AtSite(gateway, SiteState.RETIRED, gone[gateway])
        elif over is not None:
            changed = not ended and over_by
            state = SiteState.CHANGED if changed else SiteState.CONFIRMED
            site = AtSite(gateway, state, over, by=over_by or "")
        elif refused_at is not None:
            site = AtSite(gateway, SiteState.REFUSED, refused_at, as_said(refused))
        elif confirmed is not None and not ended:
            site = AtSite(gateway, SiteState.CONFIRMED, confirmed)
        else:
            site = AtSite(gateway, SiteState.WAITING)
        sites.setdefault(number, []).append(site)
    return sites
