"""What people keep with the console beside their accounts, all in its one file."""

from typing import NamedTuple

from callpoint_console.alarm_points.allowance import Allowance
from callpoint_console.alarm_points.codes import PointCodes
from callpoint_console.commissioning.store import CommissioningStore
from callpoint_console.database import Database, state_dir_of
from callpoint_console.given_book import GivenBook
from callpoint_console.plan_book import PlanBook
from callpoint_console.storeys.store import StoreyStore
from callpoint_console.work.keeper import Work
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import Clock
from callpoint_people.notifications import Notifications


class Stores(NamedTuple):
    """Everything that is kept. Writes go through ``database.in_thread``.

    ``allowance`` limits how often strangers open public pages.
    """

    database: Database
    plans: PlanBook
    work: Work
    storeys: StoreyStore
    codes: PointCodes
    commissioning: CommissioningStore
    allowance: Allowance
    settings: ConsoleSettings


def stores_of(
    database: Database,
    register: Register,
    clock: Clock,
    settings: ConsoleSettings,
    outside: Notifications | None = None,
) -> Stores:
    """Return what is kept in an open database with ``schema.SUBJECTS``. DatabaseFault.

    ``outside``: what tells people of work orders.
    """
    return Stores(
        database=database,
        plans=PlanBook(database, register, clock, GivenBook(state_dir_of(database.file))),
        work=Work(database, clock, outside),
        storeys=StoreyStore(database, clock),
        codes=PointCodes(database, register, clock),
        commissioning=CommissioningStore(database, clock),
        allowance=Allowance(clock),
        settings=settings,
    )
