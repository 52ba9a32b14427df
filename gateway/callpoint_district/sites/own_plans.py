"""The action plans that the sites of a district have written themselves."""

from collections.abc import Sequence

import msgspec
import psycopg

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
    found = connection.execute(
        "SELECT kind, profile, version, from_ms, steps FROM own_plans WHERE gateway = %s "
        "ORDER BY kind, profile, version",
        (gateway,),
    ).fetchall()
    names = OwnPlan.__struct_fields__
    return [msgspec.convert(dict(zip(names, row, strict=True)), OwnPlan) for row in found]
