"""Action plans of areas: kept here with every version, and given to every gateway of the area.

A gateway confirms a plan by its digest. Of several that are for a place, the site takes that of
the smallest area; what the site has written itself goes before all of them.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import psycopg

from callpoint_district.areas.territory import WITHIN, Area, area_text, gateways_in
from callpoint_district.areas.told import AtSite, SiteState, as_said
from callpoint_district.sites.retiring import retired
from callpoint_gateway.alarms.plan_steps import PlanStep, digest_of
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.control.access import for_account
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.upstream.questions import GivePlan, TakePlanBack
from callpoint_gateway.upstream.usable_plan import check, kind_of
from callpoint_gateway.words.said import said


class AreaPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a plan, and how far each gateway of the area is with it; times are Unix ms.

    Without ``profile`` it is for every profile. ``over_ms``: it was replaced or removed.
    """

    area: Area
    kind: int
    profile: Profile | None
    version: int
    steps: tuple[PlanStep, ...]
    digest: str
    who: str
    at_ms: int
    over_ms: int | None
    over_by: str | None
    sites: list[AtSite] = []


_COLUMNS: Final = "area, kind, profile, version, steps, digest, who, at_ms, over_ms, over_by"
#: Each plan with every gateway of its area.
AT_SITES: Final = (
    "area_plans AS plan "
    "CROSS JOIN LATERAL (SELECT gateway FROM gateways WHERE cardinality(area) = 0 "
    f"  UNION SELECT gateway FROM places WHERE cardinality(area) > 0 AND {WITHIN}) AS site "
    "LEFT JOIN area_plans_at AS told ON told.gateway = site.gateway AND told.area = plan.area "
    "  AND told.kind = plan.kind AND told.profile = plan.profile"
)


def give(
    connection: psycopg.Connection,
    area: Area,
    kind: str,
    profile: Profile | None,
    steps: Sequence[PlanStep],
    by: By,
    now_ms: int,
) -> AreaPlan:
    """Give an area a plan instead of the one before; its gateways get it from now on.

    ``kind``: by its name. QuestionRefused: the role may not do that, no gateway lies there, or the
    plan is not usable.
    """
    digest = digest_of(steps)
    question = GivePlan(
        area=list(area), kind=kind, profile=profile, steps=list(steps), digest=digest
    )
    for_account(question, by)
    code = kind_of(kind)
    check(steps)
    if not gateways_in(connection, area):
        raise QuestionRefused(said("areas.no_gateway", area=area_text(area) or "-"))
    # Two who give one at the same time follow each other.
    connection.execute("LOCK TABLE area_plans IN SHARE ROW EXCLUSIVE MODE")
    _end(connection, area, code, profile, by, now_ms)
    row = connection.execute(
        "INSERT INTO area_plans (area, kind, profile, version, steps, digest, who, origin, at_ms) "
        "SELECT %(area)s::text[], %(kind)s, %(profile)s, coalesce(max(version), 0) + 1, "
        "%(steps)s::jsonb, %(digest)s, %(who)s, %(origin)s, %(now)s FROM area_plans "
        "WHERE area = %(area)s::text[] AND kind = %(kind)s AND profile = %(profile)s "
        f"RETURNING {_COLUMNS}",
        {
            "area": list(area),
            "kind": code,
            "profile": _text(profile),
            "steps": msgspec.json.encode(list(steps)).decode(),
            "digest": digest,
            "who": by.account,
            "origin": by.origin,
            "now": now_ms,
        },
    ).fetchall()[0]
    return _plan(row)


def remove(
    connection: psycopg.Connection,
    area: Area,
    kind: str,
    profile: Profile | None,
    by: By,
    now_ms: int,
) -> AreaPlan:
    """Take a plan back from an area; its gateways are told from now on.

    QuestionRefused: the role may not do that, or the area has no such plan.
    """
    for_account(TakePlanBack(area=list(area), kind=kind, profile=profile), by)
    ended = _end(connection, area, kind_of(kind), profile, by, now_ms)
    if ended is None:
        raise QuestionRefused(said("given.none", area=area_text(area) or "-"))
    return ended


def listed(connection: psycopg.Connection) -> list[AreaPlan]:
    """Return the plans in force, the largest areas first, each with its gateways."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM area_plans WHERE over_ms IS NULL "
        "ORDER BY cardinality(area), area, kind, profile"
    ).fetchall()
    plans = [_plan(row) for row in rows]
    sites = _sites(connection)
    return [
        msgspec.structs.replace(
            plan, sites=sites.get((plan.area, plan.kind, _text(plan.profile)), [])
        )
        for plan in plans
    ]


def _text(profile: Profile | None) -> str:
    return profile.value if profile else ""


def _end(
    connection: psycopg.Connection,
    area: Area,
    kind: int,
    profile: Profile | None,
    by: By,
    now_ms: int,
) -> AreaPlan | None:
    row = connection.execute(
        "UPDATE area_plans SET over_ms = %s, over_by = %s "
        "WHERE area = %s AND kind = %s AND profile = %s AND over_ms IS NULL "
        f"RETURNING {_COLUMNS}",
        (now_ms, by.account, list(area), kind, _text(profile)),
    ).fetchone()
    return None if row is None else _plan(row)


def _plan(row: tuple[Any, ...]) -> AreaPlan:
    fields = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return msgspec.convert({**fields, "profile": fields["profile"] or None}, AreaPlan)


def _sites(connection: psycopg.Connection) -> dict[tuple[Area, int, str], list[AtSite]]:
    """Return the gateways of each plan in force."""
    found = connection.execute(
        "SELECT plan.area, plan.kind, plan.profile, site.gateway, "
        "told.digest IS NOT DISTINCT FROM plan.digest, confirmed_ms, "
        f"refused_digest IS NOT DISTINCT FROM plan.digest, refused_ms, refused FROM {AT_SITES} "
        "WHERE over_ms IS NULL ORDER BY site.gateway"
    ).fetchall()
    gone = retired(connection)
    sites: dict[tuple[Area, int, str], list[AtSite]] = {}
    for area, kind, profile, gateway, has_it, at_ms, refuses, refused_ms, refused in found:
        if gateway in gone:
            site = AtSite(gateway, SiteState.RETIRED, gone[gateway])
        elif refuses:
            site = AtSite(gateway, SiteState.REFUSED, refused_ms, as_said(refused))
        elif has_it:
            site = AtSite(gateway, SiteState.CONFIRMED, at_ms)
        else:
            site = AtSite(gateway, SiteState.WAITING)
        sites.setdefault((tuple(area), kind, profile), []).append(site)
    return sites
