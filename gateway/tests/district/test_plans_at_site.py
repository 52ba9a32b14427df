"""By which plan of an area a site works: the one that it has confirmed, from when until when."""

from callpoint_district.areas import plans
from callpoint_district.areas.plans_at_site import plans_at
from callpoint_district.areas.territory import Area
from callpoint_district.database import Database
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.roles import Role
from callpoint_protocol import names

from . import area_rows

LEADER = By("op-7", Role.SUPERVISOR, "district")
XIHU = ("Hangzhou", "Xihu")
GRID = (*XIHU, "Beishan")
Times = tuple[int, int | None]


def step(number: int) -> PlanStep:
    """Return a step."""
    return PlanStep(f"s{number}", "Go there", "前往现场")


class Site:
    """A site in the area, and what it has of the area's plan."""

    def __init__(self, database: Database) -> None:
        self._database = database
        area_rows.gateway(database, "g1", *GRID)

    def give(self, number: int, at_ms: int, area: Area = XIHU) -> str:
        """Give an area a plan; return its digest."""
        with self._database.transaction() as connection:
            given = plans.give(connection, area, "panic", None, [step(number)], LEADER, at_ms)
        return given.digest

    def remove(self, at_ms: int) -> None:
        """Take the area's plan back."""
        with self._database.transaction() as connection:
            plans.remove(connection, XIHU, "panic", None, LEADER, at_ms)

    def has(self, digest: str | None) -> None:
        """Note what the site says that it has."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO area_plans_at (area, kind, profile, gateway, sent_ms, digest) "
                "VALUES (%s, %s, '', 'g1', 1, %s) ON CONFLICT (gateway, area, kind, profile) "
                "DO UPDATE SET digest = excluded.digest",
                (list(XIHU), names.PANIC, digest),
            )

    def works_by(self) -> list[tuple[str, Times]]:
        """Return the steps by which it works, and from when until when."""
        with self._database.transaction() as connection:
            found = plans_at(connection, "g1", names.PANIC, GRID)
        return [(plan.steps[0].id, (plan.from_ms, plan.until_ms)) for plan in found]


def test_a_version_counts_when_the_site_has_it_and_until_it_has_another(
    database: Database,
) -> None:
    site = Site(database)
    first = site.give(1, 1000)
    assert site.works_by() == []
    site.has(first)
    assert site.works_by() == [("s1", (1000, None))]
    second = site.give(2, 2000)
    assert site.works_by() == [("s1", (1000, None))], "the gateway is away"
    site.has(second)
    assert site.works_by() == [("s1", (1000, 2000)), ("s2", (2000, None))]
    site.remove(3000)
    assert site.works_by()[-1] == ("s2", (2000, None)), "it has it still"
    site.has(None)
    assert site.works_by()[-1] == ("s2", (2000, 3000))
    site.give(1, 4000)
    site.has(first)
    assert site.works_by()[-2:] == [("s2", (2000, 3000)), ("s1", (4000, None))], "once more"
    with database.transaction() as connection:
        assert plans_at(connection, "g1", names.SMOKE, GRID) == []
        assert plans_at(connection, "g1", names.PANIC, ("Hangzhou", "Gongshu")) == []
        (everywhere,) = plans_at(connection, "g1", names.PANIC, GRID)[-1:]
    assert (everywhere.area, everywhere.covers(GRID, Profile.BANK)) == (XIHU, True)
