"""What people keep with the console beside their accounts, all in its one file."""

from typing import Final, NamedTuple

from callpoint_console.accounts.schema import SUBJECTS as ACCOUNTS
from callpoint_console.database import Database
from callpoint_console.plan_book import PLANS, PlanBook
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import Clock

#: Every subject of the console's file.
SUBJECTS: Final = (*ACCOUNTS, PLANS)


class Stores(NamedTuple):
    """Everything that is kept. Writes go through ``database.in_thread``."""

    database: Database
    plans: PlanBook


def stores_of(database: Database, register: Register, clock: Clock) -> Stores:
    """Return what is kept in an open database with ``SUBJECTS``. DatabaseFault."""
    return Stores(database, PlanBook(database, register, clock))
