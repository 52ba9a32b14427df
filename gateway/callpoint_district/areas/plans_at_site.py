"""The plans of areas that one site works by, as far as it has confirmed them."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

import msgspec
import psycopg

from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.upstream.given_plans import GivenPlan

_ORIGIN: Final = "district"


class _Version(msgspec.Struct, frozen=True):
    """A version of a plan; ``has``: the digest of the one that the site has, None: it has none."""

    area: tuple[str, ...]
    profile: str
    steps: tuple[PlanStep, ...]
    digest: str
    who: str
    at_ms: int
    over_ms: int | None
    has: str | None


def plans_at(
    connection: psycopg.Connection, gateway: str, kind: int, grid: tuple[str, ...]
) -> list[GivenPlan]:
    """Return the plans for a kind that this tier has given to a site, for a place of a grid.

    A version that the site has not confirmed does not count yet; the one that it has does, until
    it has another. Versions of before count for their time.
    """
    rows = connection.execute(
        "SELECT plan.area, plan.profile, steps, plan.digest, who, at_ms, over_ms, told.digest "
        "FROM area_plans AS plan LEFT JOIN area_plans_at AS told ON told.gateway = %s "
        "  AND told.area = plan.area AND told.kind = plan.kind AND told.profile = plan.profile "
        "WHERE plan.kind = %s AND plan.area = (%s::text[])[1:cardinality(plan.area)] "
        "ORDER BY plan.area, plan.profile, version",
        (gateway, kind, list(grid)),
    ).fetchall()
    names = _Version.__struct_fields__
    versions = [msgspec.convert(dict(zip(names, row, strict=True)), _Version) for row in rows]
    return [
        plan
        for _, each in groupby(versions, key=lambda version: (version.area, version.profile))
        for plan in _at_site(list(each), kind)
    ]


def _at_site(versions: list[_Version], kind: int) -> Iterator[GivenPlan]:
    """Yield the versions of one plan, each from when until when the site works by it."""
    numbers = [n for n, version in enumerate(versions) if version.digest == version.has]
    has = numbers[-1] if numbers else None
    for number, version in enumerate(versions):
        if has is not None and number > has:
            return
        until_ms = None if number == has else version.over_ms
        if number == has or until_ms is not None:
            yield GivenPlan(
                version.area,
                kind,
                Profile(version.profile) if version.profile else None,
                version.steps,
                version.digest,
                version.who,
                _ORIGIN,
                version.at_ms,
                until_ms,
            )
