"""A process of a district: keeps what gateways send. Any number of them may run at once."""

import asyncio
import logging

from callpoint_district.database import Database, DatabaseError
from callpoint_district.keeping import Keeper
from callpoint_district.receiving import Receiver
from callpoint_district.settings import District
from callpoint_gateway.host.clock import SystemClock
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
    receiving = asyncio.ensure_future(Receiver(settings, Keeper(database, clock), clock).run())
    try:
        log.info("district %s: ready", settings.district)
        await asyncio.wait([receiving])
    finally:
        await end_all([receiving])
        database.close()
