"""What gateways are still to be told of the plans of their areas; see ``sites.errands``.

What a gateway has is asked when its history is another one (it was put back), when it is first
told of a plan, and now and then: its own list is what counts, and the difference is told.
"""

from functools import partial
from typing import Final

import msgspec
import psycopg

from callpoint_district.areas.plans import AT_SITES
from callpoint_district.areas.told import kept
from callpoint_district.sites.errands import REFUSED_AGAIN_MS, Errand
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.roles import Role
from callpoint_gateway.upstream.questions import (
    GivenPlanList,
    GivenPlanView,
    GivePlan,
    ListGivenPlans,
    TakePlanBack,
)
from callpoint_gateway.words.said import Said
from callpoint_protocol import names

#: How often a gateway is asked which plans it has.
LOOK_AGAIN_MS: Final = 6 * 3_600_000
_ROLE: Final = Role.SUPERVISOR
_NOT_THERE: Final = "given.none"
# A gateway tells the plans of its tiers apart by this; a city's has the city's name before it.
_ORIGIN: Final = "district"
_LOOKER: Final = By("district", Role.VIEWER, _ORIGIN)
_CODES: Final = {name: code for code, name in names.KINDS.items()}

_Key = tuple[list[str], int, str]


def due(connection: psycopg.Connection, now_ms: int) -> list[Errand]:
    """Return which gateways are to be asked for their plans, and which are to get or lose one."""
    return [
        *_to_look_at(connection, now_ms),
        *_to_take_back(connection, now_ms),
        *_to_give(connection, now_ms),
    ]


def _to_look_at(connection: psycopg.Connection, now_ms: int) -> list[Errand]:
    found = connection.execute(
        "SELECT gateway, coalesce(gateways.epoch, '') FROM ("
        f"  SELECT site.gateway FROM {AT_SITES} WHERE over_ms IS NULL "
        "  UNION SELECT gateway FROM area_plans_at) AS concerned "
        "LEFT JOIN gateways USING (gateway) LEFT JOIN area_plan_looks AS look USING (gateway) "
        "WHERE look.epoch IS DISTINCT FROM coalesce(gateways.epoch, '') OR looked_ms < %s",
        (now_ms - LOOK_AGAIN_MS,),
    ).fetchall()
    return [
        Errand(
            gateway,
            ListGivenPlans(),
            _LOOKER,
            answered=partial(_looked, gateway, epoch),
            refused=partial(_not_looked, gateway, epoch),
        )
        for gateway, epoch in found
    ]


def _to_give(connection: psycopg.Connection, now_ms: int) -> list[Errand]:
    found = connection.execute(
        "SELECT site.gateway, plan.area, plan.kind, plan.profile, steps, plan.digest, who "
        f"FROM {AT_SITES} JOIN area_plan_looks AS look ON look.gateway = site.gateway "
        "WHERE over_ms IS NULL AND told.digest IS DISTINCT FROM plan.digest "
        "AND (refused_digest IS DISTINCT FROM plan.digest OR refused_ms < %s) "
        "ORDER BY cardinality(plan.area), plan.at_ms",
        (now_ms - REFUSED_AGAIN_MS,),
    ).fetchall()
    errands = []
    for gateway, area, kind, profile, steps, digest, who in found:
        question = GivePlan(
            area=area,
            kind=names.KINDS[kind],
            profile=Profile(profile) if profile else None,
            steps=msgspec.convert(steps, list[PlanStep]),
            digest=digest,
        )
        key = (area, kind, profile)
        errands.append(
            Errand(
                gateway,
                question,
                By(who, _ROLE, _ORIGIN),
                sending=partial(_sending, gateway, key),
                answered=partial(_given, gateway, key),
                refused=partial(_refused, gateway, key, digest),
            )
        )
    return errands


def _to_take_back(connection: psycopg.Connection, now_ms: int) -> list[Errand]:
    """Return the plans that a gateway has and that no area of it has any more."""
    found = connection.execute(
        "SELECT told.gateway, told.area, told.kind, told.profile, "
        "coalesce(last.over_by, last.who, 'district') "
        "FROM area_plans_at AS told JOIN area_plan_looks AS look USING (gateway) "
        "LEFT JOIN LATERAL (SELECT over_by, who FROM area_plans AS plan "
        "  WHERE plan.area = told.area AND plan.kind = told.kind "
        "  AND plan.profile = told.profile ORDER BY version DESC LIMIT 1) AS last ON true "
        "WHERE NOT EXISTS (SELECT 1 FROM area_plans AS plan WHERE over_ms IS NULL "
        "  AND plan.area = told.area AND plan.kind = told.kind AND plan.profile = told.profile "
        "  AND (cardinality(plan.area) = 0 OR EXISTS (SELECT 1 FROM places "
        "    WHERE places.gateway = told.gateway "
        "    AND grid[1:cardinality(plan.area)] = plan.area))) "
        "AND (told.refused_ms IS NULL OR told.refused_digest IS NOT NULL "
        "  OR told.refused_ms < %s)",
        (now_ms - REFUSED_AGAIN_MS,),
    ).fetchall()
    return [
        Errand(
            gateway,
            TakePlanBack(
                area=area,
                kind=names.KINDS[kind],
                profile=Profile(profile) if profile else None,
            ),
            By(who, _ROLE, _ORIGIN),
            answered=partial(_taken_back, gateway, (area, kind, profile)),
            refused=partial(_not_taken_back, gateway, (area, kind, profile)),
        )
        for gateway, area, kind, profile, who in found
    ]


def _looked(
    gateway: str, epoch: str, connection: psycopg.Connection, there: GivenPlanList, now_ms: int
) -> None:
    """Keep what a gateway has."""
    connection.execute(
        "UPDATE area_plans_at SET digest = NULL, confirmed_ms = NULL WHERE gateway = %s",
        (gateway,),
    )
    for view in there.plans:
        key = (view.area, _CODES.get(view.kind, 0), view.profile.value if view.profile else "")
        _has(connection, gateway, key, view.digest, now_ms)
    _look_kept(connection, gateway, epoch, now_ms)


def _not_looked(
    gateway: str, epoch: str, connection: psycopg.Connection, why: Said, now_ms: int
) -> None:
    """Go on without what a gateway has, if it does not let the district ask."""
    _look_kept(connection, gateway, epoch, now_ms)


def _look_kept(connection: psycopg.Connection, gateway: str, epoch: str, now_ms: int) -> None:
    connection.execute(
        "INSERT INTO area_plan_looks (gateway, epoch, looked_ms) VALUES (%s, %s, %s) "
        "ON CONFLICT (gateway) DO UPDATE "
        "SET epoch = excluded.epoch, looked_ms = excluded.looked_ms",
        (gateway, epoch, now_ms),
    )


def _sending(gateway: str, key: _Key, connection: psycopg.Connection, now_ms: int) -> None:
    """Keep before it is sent that it may be there: it must be taken back some day."""
    connection.execute(
        "INSERT INTO area_plans_at (gateway, area, kind, profile, sent_ms) "
        "VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (gateway, *key, now_ms),
    )


def _has(
    connection: psycopg.Connection, gateway: str, key: _Key, digest: str, now_ms: int
) -> None:
    connection.execute(
        "INSERT INTO area_plans_at (gateway, area, kind, profile, sent_ms, digest, confirmed_ms) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (gateway, area, kind, profile) DO UPDATE "
        "SET digest = excluded.digest, confirmed_ms = excluded.confirmed_ms, "
        "refused_ms = NULL, refused = NULL, refused_digest = NULL",
        (gateway, *key, now_ms, digest, now_ms),
    )


def _given(
    gateway: str, key: _Key, connection: psycopg.Connection, view: GivenPlanView, now_ms: int
) -> None:
    _has(connection, gateway, key, view.digest, now_ms)


def _refused(
    gateway: str,
    key: _Key,
    digest: str | None,
    connection: psycopg.Connection,
    why: Said,
    now_ms: int,
) -> None:
    connection.execute(
        "UPDATE area_plans_at SET refused_ms = %s, refused = %s::jsonb, refused_digest = %s "
        "WHERE gateway = %s AND area = %s AND kind = %s AND profile = %s",
        (now_ms, kept(why), digest, gateway, *key),
    )


def _taken_back(
    gateway: str, key: _Key, connection: psycopg.Connection, _: GivenPlanView, now_ms: int
) -> None:
    connection.execute(
        "DELETE FROM area_plans_at "
        "WHERE gateway = %s AND area = %s AND kind = %s AND profile = %s",
        (gateway, *key),
    )


def _not_taken_back(
    gateway: str, key: _Key, connection: psycopg.Connection, why: Said, now_ms: int
) -> None:
    if why.code == _NOT_THERE:
        connection.execute(
            "DELETE FROM area_plans_at "
            "WHERE gateway = %s AND area = %s AND kind = %s AND profile = %s",
            (gateway, *key),
        )
    else:
        _refused(gateway, key, None, connection, why, now_ms)
