"""What gateways are still to be told of the levels of their areas; see ``sites.errands``."""

from functools import partial
from typing import Final

import psycopg

from callpoint_district.areas.levels import AT_SITES
from callpoint_district.areas.territory import area_text
from callpoint_district.areas.told import kept
from callpoint_district.journal.store import entry_of
from callpoint_district.sites.errands import REFUSED_AGAIN_MS, Errand
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.roles import Role
from callpoint_gateway.journal.entries import LevelOverBody
from callpoint_gateway.supervision.questions import (
    MIN_LEVEL_S,
    BeginLevel,
    EndLevel,
    LevelView,
)
from callpoint_gateway.words.said import Said

#: By whose role a gateway judges it; the district has judged who may put an area to a level.
_ROLE: Final = Role.SUPERVISOR
#: A gateway that is away for longer than this after a level's end has nothing to say of it.
_LONG_OVER_MS: Final = 86_400_000
_NOT_THERE: Final = "unknown.level"


def due(connection: psycopg.Connection, now_ms: int) -> list[Errand]:
    """Return which levels are to be begun or ended where."""
    _see_what_sites_have_ended(connection, now_ms)
    return [*_to_begin(connection, now_ms), *_to_end(connection, now_ms)]


def _to_begin(connection: psycopg.Connection, now_ms: int) -> list[Errand]:
    found = connection.execute(
        "SELECT level.number, request, area, level, reason, who, origin, until_ms, site.gateway, "
        f"coalesce(gateways.epoch, '') FROM {AT_SITES} "
        "LEFT JOIN gateways ON gateways.gateway = site.gateway "
        "WHERE ended_ms IS NULL AND until_ms >= %(until)s AND over_ms IS NULL "
        "AND (confirmed_ms IS NULL OR told.epoch <> gateways.epoch) "
        "AND (refused_ms IS NULL OR refused_ms < %(again)s) ORDER BY level.number",
        {"until": now_ms + MIN_LEVEL_S * 1000, "again": now_ms - REFUSED_AGAIN_MS},
    ).fetchall()
    errands = []
    for number, request, area, level, reason, who, origin, until_ms, gateway, epoch in found:
        question = BeginLevel(
            area=area_text(tuple(area)),
            level=level,
            for_s=(until_ms - now_ms) // 1000,
            reason=reason,
            request=request,
        )
        by = By(who, _ROLE, origin)
        errands.append(
            Errand(
                gateway,
                question,
                by,
                sending=partial(_sending, number, gateway),
                answered=partial(_begun, number, gateway, epoch),
                refused=partial(_refused, number, gateway),
            )
        )
    return errands


def _to_end(connection: psycopg.Connection, now_ms: int) -> list[Errand]:
    found = connection.execute(
        "SELECT number, request, ended_by, origin, gateway "
        "FROM area_levels JOIN area_levels_at USING (number) "
        "WHERE ended_ms IS NOT NULL AND until_ms > %(now)s AND over_ms IS NULL "
        "AND (refused_ms IS NULL OR refused_ms < ended_ms OR refused_ms < %(again)s) "
        "ORDER BY number",
        {"now": now_ms, "again": now_ms - REFUSED_AGAIN_MS},
    ).fetchall()
    return [
        Errand(
            gateway,
            EndLevel(request=request),
            By(ended_by, _ROLE, origin),
            answered=partial(_ended, number, gateway, ended_by),
            refused=partial(_not_ended, number, gateway),
        )
        for number, request, ended_by, origin, gateway in found
    ]


def _sending(number: int, gateway: str, connection: psycopg.Connection, now_ms: int) -> None:
    connection.execute(
        "INSERT INTO area_levels_at (number, gateway, sent_ms) VALUES (%s, %s, %s) "
        "ON CONFLICT DO NOTHING",
        (number, gateway, now_ms),
    )


def _begun(
    number: int,
    gateway: str,
    epoch: str,
    connection: psycopg.Connection,
    view: LevelView,
    now_ms: int,
) -> None:
    connection.execute(
        "UPDATE area_levels_at SET confirmed_ms = %s, epoch = %s, theirs = %s, "
        "refused_ms = NULL, refused = NULL WHERE number = %s AND gateway = %s",
        (now_ms, epoch, view.number, number, gateway),
    )


def _ended(
    number: int,
    gateway: str,
    who: str,
    connection: psycopg.Connection,
    _: LevelView,
    now_ms: int,
) -> None:
    connection.execute(
        "UPDATE area_levels_at SET over_ms = %s, over_by = %s, refused_ms = NULL, refused = NULL "
        "WHERE number = %s AND gateway = %s",
        (now_ms, who, number, gateway),
    )


def _refused(
    number: int, gateway: str, connection: psycopg.Connection, why: Said, now_ms: int
) -> None:
    connection.execute(
        "UPDATE area_levels_at SET refused_ms = %s, refused = %s::jsonb "
        "WHERE number = %s AND gateway = %s",
        (now_ms, kept(why), number, gateway),
    )


def _not_ended(
    number: int, gateway: str, connection: psycopg.Connection, why: Said, now_ms: int
) -> None:
    """Keep a refusal to end it; where it does not hold any more, or never did, it is over."""
    if why.code != _NOT_THERE:
        _refused(number, gateway, connection, why, now_ms)
        return
    connection.execute(
        "UPDATE area_levels_at SET over_ms = %s, refused_ms = NULL, refused = NULL "
        "WHERE number = %s AND gateway = %s",
        (now_ms, number, gateway),
    )


def _see_what_sites_have_ended(connection: psycopg.Connection, now_ms: int) -> None:
    """Take from the journals of gateways which levels of the district have ended there."""
    found = connection.execute(
        "SELECT number, told.gateway, entries.row "
        "FROM area_levels JOIN area_levels_at AS told USING (number) "
        "JOIN entries ON entries.gateway = told.gateway AND about = theirs "
        "  AND position > theirs AND entries.arrived_ms >= sent_ms AND entries.type = 'level' "
        "WHERE over_ms IS NULL AND confirmed_ms IS NOT NULL AND until_ms > %s",
        (now_ms - _LONG_OVER_MS,),
    ).fetchall()
    for number, gateway, row in found:
        entry = entry_of(row)
        if entry is not None and isinstance(entry.body, LevelOverBody):
            connection.execute(
                "UPDATE area_levels_at SET over_ms = %s, over_by = %s "
                "WHERE number = %s AND gateway = %s AND over_ms IS NULL",
                (entry.recorded_ms, entry.body.who, number, gateway),
            )
