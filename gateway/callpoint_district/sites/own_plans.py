"""The action plans that the sites of a district have written themselves."""

from collections.abc import Sequence

import msgspec
import psycopg

from callpoint_gateway.configuration.revision import known_part
from callpoint_gateway.upstream.own_plans.plan import OwnPlan


def keep(connection: psycopg.Connection, gateway: str, plans: Sequence[OwnPlan]) -> None:
    """Replace what is kept of a gateway's plans by checked ones."""
    connection.execute("DELETE FROM own_plans WHERE gateway = %s", (gateway,))
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO own_plans (gateway, kind, profile, version, from_ms, steps) "
            "VALUES (%s, %s, %s, %s, %s, %s::jsonb)",
            [
                (
                    gateway,
                    plan.kind,
                    plan.profile.value,
                    plan.version,
                    plan.from_ms,
                    msgspec.json.encode(plan.steps).decode(),
                )
                for plan in plans
            ],
        )


def own_plans_of(connection: psycopg.Connection, gateway: str) -> list[OwnPlan]:
    """Return the plans that a gateway has told, the versions of each in their order."""
    # An earlier or later version of this program may have kept them.
    found = connection.execute(
        "SELECT jsonb_build_object('kind', kind, 'profile', profile, 'version', version, "
        "'from_ms', from_ms, 'steps', steps)::text FROM own_plans WHERE gateway = %s "
        "ORDER BY kind, profile, version",
        (gateway,),
    ).fetchall()
    return [known_part(row[0].encode(), OwnPlan) for row in found]
