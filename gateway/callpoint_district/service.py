"""A process of a district: keeps what gateways send. Any number of them may run at once."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from callpoint_district.alone import alone
from callpoint_district.database import Database, DatabaseError
from callpoint_district.journal.keeping import Keeper
from callpoint_district.journal.receiving import Receiver
from callpoint_district.relay.relaying import relay
from callpoint_district.settings import District
from callpoint_district.sites import silence
from callpoint_district.sites.hearing import Hearing
from callpoint_gateway.host.clock import Clock, SystemClock
from callpoint_gateway.host.service_error import ServiceError
from callpoint_gateway.host.unexpected import end_all

log = logging.getLogger(__name__)


async def serve(settings: District) -> None:
    """Receive until cancelled. ServiceError: the database cannot be used at the start."""
    clock = SystemClock()
    database = Database(settings.database)
    try:
        database.migrate()
    except DatabaseError as error:
        database.close()
        raise ServiceError(error.why) from error
    tasks = [asyncio.ensure_future(work) for work in _works(settings, database, clock)]
    try:
        log.info("district %s: ready", settings.district)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end_all(tasks)
        database.close()


def _works(
    settings: District, database: Database, clock: Clock
) -> list[Coroutine[Any, Any, None]]:
    """Return all that a process does; each goes on after its own failures, until cancelled."""
    works = [
        Receiver(settings, Keeper(database, clock), clock).run(),
        Hearing(settings, database, clock).run(),
        silence.watch(settings, database, clock),
    ]
    city = settings.upstream
    if city is not None:
        works.append(
            alone(settings.database, "relay", lambda: relay(settings, city, clock)),
        )
    return works
