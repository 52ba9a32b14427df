"""The action plans by which a site works, as its card at the district shows them."""

import psycopg

from callpoint_console.plan_book import PlanKey, Version, chosen
from callpoint_console.plans import Plan, ShippedPlans
from callpoint_district.areas.plans_at_site import plans_at
from callpoint_district.database import Database
from callpoint_district.sites.own_plans import own_plans_of
from callpoint_district.sites.site import explained
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.upstream.own_plans.plan import OwnPlan
from callpoint_protocol import names


class SitePlans:
    """The ``Plans`` of one site: as the database has them when they are asked for.

    A plan that a tier above this one gives is at the site only.
    """

    def __init__(self, database: Database, gateway: str, register: Register | None) -> None:
        """``register``: of the site, None if it is not known."""
        self._database, self._gateway = database, gateway
        self._register = register
        self._shipped = ShippedPlans(register)

    def plan_for(self, kind: int, place: str, at_ms: int | None = None) -> Plan:
        """Return the plan for an alarm at a place (its id), as ``Plans.plan_for``.

        What the site has written goes first, then what this tier gives to the smallest area.
        JournalError: the database cannot be read.
        """
        key = PlanKey(kind, self._shipped.profile_of(place))
        known = self._register.place(place) if self._register else None
        grid = known.grid if known else ()
        with explained(), self._database.transaction() as connection:
            own = _versions(connection, self._gateway, key)
            given = plans_at(connection, self._gateway, kind, grid)
        found = chosen(key, own, given, grid, at_ms)
        return self._shipped.plan(*key) if found is None else found


def _versions(connection: psycopg.Connection, gateway: str, key: PlanKey) -> list[Version]:
    kind = names.KINDS.get(key.kind, "")
    plans = [
        plan
        for plan in own_plans_of(connection, gateway)
        if (plan.kind, plan.profile) == (kind, key.profile)
    ]
    return [_version(plan, first=plan is plans[0]) for plan in plans]


def _version(plan: OwnPlan, *, first: bool) -> Version:
    # Of versions before the first that was told, nothing is known but that there were some.
    from_ms = 0 if first and plan.version > 1 else plan.from_ms
    return Version(Plan(plan.steps, plan.version), from_ms, "")
