"""What people keep with the console beside their accounts, all in its one file."""

from typing import NamedTuple

from callpoint_console.database import Database
from callpoint_console.plan_book import PlanBook
from callpoint_console.work.keeper import Work
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import Clock


class Stores(NamedTuple):
    """Everything that is kept. Writes go through ``database.in_thread``."""

    database: Database
    plans: PlanBook
    work: Work


def stores_of(database: Database, register: Register, clock: Clock) -> Stores:
    """Return what is kept in an open database with ``schema.SUBJECTS``. DatabaseFault."""
    return Stores(database, PlanBook(database, register, clock), Work(database, clock))
