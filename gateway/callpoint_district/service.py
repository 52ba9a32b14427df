"""A process of a district: keeps what gateways send. Any number of them may run at once."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, Final

from callpoint_district.alone import alone
from callpoint_district.areas import level_errands, plan_errands, rules
from callpoint_district.areas.desks import Desks
from callpoint_district.database import Database, DatabaseError, migrated
from callpoint_district.journal.keeping import Keeper
from callpoint_district.journal.receiving import Receiver
from callpoint_district.relay.relaying import relay
from callpoint_district.settings import District
from callpoint_district.sites import doubles, notes, rates, silence
from callpoint_district.sites.asking import AskingLine
from callpoint_district.sites.errands import Errands, Source
from callpoint_district.sites.hearing import Hearing
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.enrolment.renewal import UpstreamRenewal
from callpoint_gateway.host.clock import Clock, SystemClock
from callpoint_gateway.host.logged_report import LoggedReport
from callpoint_gateway.host.notify import Notify
from callpoint_gateway.host.service_error import ServiceError
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.words.said import Said

#: What is told to gateways until they answer.
SOURCES: Sequence[Source] = (notes.due, level_errands.due, plan_errands.due)

#: As in the unit, in seconds; where no systemd has a watchdog, nobody is told.
WATCHDOG_S: Final = 60.0

log = logging.getLogger(__name__)


async def serve(settings: District) -> None:
    """Receive until cancelled; wait for the database if it does not answer at the start.

    ServiceError: the database or ``areas`` cannot be used.
    """
    clock, systemd = SystemClock(), Notify()
    areas = _areas(settings)
    database = Database(settings.database)

    def waits(why: Said) -> None:
        log.warning("waits for the database: %s", why)
        systemd.tell("STATUS=waiting for the database")

    try:
        await migrated(database, waits)
    except DatabaseError as error:
        raise ServiceError(error.why) from error
    else:
        await _work(_works(settings, database, areas, clock), settings.district, systemd)
    finally:
        database.close()


async def _work(
    works: Sequence[Coroutine[Any, Any, None]], district: str, systemd: Notify
) -> None:
    tasks = [asyncio.ensure_future(work) for work in (*works, _signs_of_life(systemd))]
    try:
        log.info("district %s: ready", district)
        systemd.tell("READY=1", f"STATUS=district {district}")
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end_all(tasks)


async def _signs_of_life(systemd: Notify) -> None:
    """Feed systemd's watchdog as long as the event loop runs."""
    while True:
        systemd.tell("WATCHDOG=1")
        await asyncio.sleep((systemd.watchdog_s or WATCHDOG_S) / 3)


def _areas(settings: District) -> rules.Areas:
    try:
        return rules.load(Path(settings.areas)) if settings.areas else rules.Areas()
    except ConfigError as error:
        raise ServiceError(error.why) from error


def _works(
    settings: District, database: Database, areas: rules.Areas, clock: Clock
) -> list[Coroutine[Any, Any, None]]:
    """Return all that a process does; each goes on after its own failures, until cancelled."""

    async def errands() -> None:
        async with AskingLine(settings) as line:
            await Errands(database, line, clock, SOURCES).run()

    works = [
        Receiver(settings, Keeper(database, clock), clock).run(),
        Hearing(settings, database, clock).run(),
        silence.watch(database),
        silence.speak(settings),
        doubles.watch(database),
        rates.keep_months(settings, database, clock),
        alone(settings.database, "errands", errands),
    ]
    works += [
        UpstreamRenewal(line, clock, LoggedReport(f"the certificate for {line.district}")).run()
        for line in (settings, settings.upstream)
        if line is not None and line.certificate_file is not None
    ]
    if areas.area:
        works.append(alone(settings.database, "desks", Desks(database, areas, clock).run))
    city = settings.upstream
    if city is not None:
        works.append(alone(settings.database, "relay", lambda: relay(settings, city, clock)))
    return works
