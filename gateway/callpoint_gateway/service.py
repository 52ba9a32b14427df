"""The running gateway: builds all parts, and stops them in the order that loses no message.

Sources stop first (no new message is accepted), then the consumers, then the journals, which
commit all submitted writes. A device or broker without an acknowledgement by then sends its
message again at the next start.
"""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Any

from callpoint_gateway.alarms.assembly import open_desk
from callpoint_gateway.alarms.requests import register_requests as answer_by_desk
from callpoint_gateway.arming.assembly import open_arming
from callpoint_gateway.arming.requests import register_requests as answer_by_guard
from callpoint_gateway.broker.assembly import broker_work, open_renewals
from callpoint_gateway.centres.assembly import open_centres
from callpoint_gateway.centres.questions import AnswerDuty, ListLinks
from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.configuration.site import open_site
from callpoint_gateway.control.assembly import answering
from callpoint_gateway.control.readers import Readers
from callpoint_gateway.control.socket import Control
from callpoint_gateway.enrolment.assembly import renewal_work
from callpoint_gateway.health.assembly import open_status_page
from callpoint_gateway.health.life_signs import LifeSigns
from callpoint_gateway.health.parts import GatewayParts
from callpoint_gateway.host import collector
from callpoint_gateway.host.clock import Clock, SystemClock
from callpoint_gateway.host.notify import Notify
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.ingest.assembly import open_acknowledgements, open_ingest, open_orders
from callpoint_gateway.ingest.orders import Orders
from callpoint_gateway.journal.questions import SalvageJournal
from callpoint_gateway.journal.recovery import Salvage
from callpoint_gateway.reload import Reload
from callpoint_gateway.sinks.assembly import open_sinks
from callpoint_gateway.sources.assembly import build_sources
from callpoint_gateway.sources.downlink import Downlink
from callpoint_gateway.supervision.assembly import open_supervision
from callpoint_gateway.supervision.requests import register_requests as answer_by_supervision
from callpoint_gateway.upstream.assembly import open_upstream
from callpoint_gateway.upstream.household.passing import Households

log = logging.getLogger(__name__)


async def serve(
    config: Config,
    register: Register,
    clock: Clock | None = None,
    reload: Reload | None = None,
) -> None:
    """Run the gateway until cancelled. ServiceError: it cannot start, or a part has died.

    A person may ask ``reload`` to read the files again; it then cancels this and runs it anew.
    """
    async with AsyncExitStack() as stack:
        site = stack.enter_context(open_site(config, register, clock or SystemClock()))

        downlink = Downlink()
        acknowledgements = open_acknowledgements(site, downlink.publish)
        supervision = open_supervision(site, downlink.listening)
        faults, inhibits, devices = supervision.faults, supervision.inhibits, supervision.devices
        desk = await open_desk(site, acknowledgements, downlink)
        orders = open_orders(site, downlink.publish_once, downlink.publish_to_broker)
        renewals = open_renewals(site, faults, downlink.publish_once)
        ingest = await open_ingest(
            site,
            acknowledgements,
            devices.heard,
            inhibits.covers,
            desk.mark,
            orders,
            supervision.misconduct.seen,
            renewals.used if renewals else lambda device, mark: None,
        )
        sources = build_sources(site, ingest, acknowledgements, faults.supervise, downlink)
        arming = await open_arming(site, supervision, desk)
        broker = broker_work(site, sources, arming.sessions, faults, renewals)
        feeds = stack.enter_context(open_sinks(site, faults))
        centres = await stack.enter_async_context(
            open_centres(site, acknowledgements, supervision, desk)
        )
        site.journals.store_brought_back()
        stack.callback(desk.save)
        faults.end_removed()

        parts = GatewayParts(site, ingest, sources, arming, centres, feeds, desk, supervision)
        control = _control(parts, orders, reload)
        await stack.enter_async_context(answering(control))
        await stack.enter_async_context(open_status_page(config.status, parts))
        collector.settle()
        log.info("site %s: %d centres, state in %s", site.id, len(config.centre), site.state_dir)
        await stack.enter_async_context(sources.started())
        stack.enter_context(arming.started())
        notify = Notify()
        stack.callback(lambda: notify.ending(for_good=reload is None or not reload.pending))
        if reload is not None:
            reload.started()

        upstream = stack.enter_context(open_upstream(site, faults, control))
        readers = Readers(site.state_dir, config.control)
        signs = LifeSigns(parts, notify)
        watching = [signs.run(), readers.run()]
        line = [*upstream, *renewal_work(site, faults)]
        await _first_end([*_work(parts), *broker, *line, orders.run(), *watching])


def _work(parts: GatewayParts) -> Sequence[Coroutine[Any, Any, None]]:
    """Return what the parts do, each until it is cancelled."""
    return [
        *parts.centres.work(),
        parts.desk.run(),
        parts.arming.guard.run(),
        *parts.supervision.work(),
        parts.all_alive(),
    ]


def _control(parts: GatewayParts, orders: Orders, reload: Reload | None) -> Control:
    """Return the control socket with an answer for every question."""
    site = parts.site
    control = Control(site.state_dir, site.config.control)
    control.register(SalvageJournal, Salvage(site.state_dir, site.journals.alarms).answer)
    control.register(AnswerDuty, parts.centres.duty.answer)
    control.register(ListLinks, lambda _, __: parts.centres.links())
    answer_by_supervision(control, parts.supervision, site.clock)
    orders.register_questions(control)
    answer_by_desk(control, parts.desk, site.register)
    answer_by_guard(control, parts.arming.guard)
    Households().register_questions(control)
    if reload is not None:
        reload.answer(control)
    return control


async def _first_end(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Run all coroutines until cancelled or until one fails; none ends otherwise."""
    tasks = [asyncio.create_task(part) for part in work]
    first: asyncio.Task[None] | None = None
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        first = done.pop()
        first.result()
    finally:
        await end_all(task for task in tasks if task is not first)
