"""The running gateway: builds every part, and stops them in the order that loses nothing.

Sources stop first (nothing new is accepted), then the consumers, then the journals, which
commit what was submitted. A source that had no answer by then sends again at the next start.
"""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from callpoint_gateway.alarms.desk import Desk
from callpoint_gateway.alarms.requests import register_requests
from callpoint_gateway.arming.guard import Guard, Others
from callpoint_gateway.arming.panel import OFFLINE, Panels
from callpoint_gateway.arming.panel_topics import availability, commands
from callpoint_gateway.arming.requests import register_requests as register_arming
from callpoint_gateway.broker.check import BrokerCheck
from callpoint_gateway.centres.gbt26875_duty import DutyChecks
from callpoint_gateway.centres.gbt26875_facts import Facts
from callpoint_gateway.centres.protocol_registry import opener
from callpoint_gateway.centres.sender import CentreSender
from callpoint_gateway.configuration.config import Centre, Coap, Config, Status
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.control.socket import Control
from callpoint_gateway.health.life_signs import LifeSigns
from callpoint_gateway.health.running import Part, Running, ServiceError
from callpoint_gateway.health.status_page import StatusPage
from callpoint_gateway.host.clock import Clock, SystemClock
from callpoint_gateway.host.clock_sync import synchronised
from callpoint_gateway.host.notify import Notify
from callpoint_gateway.host.part_report import PartReport
from callpoint_gateway.host.state_lock import StateDirInUse, hold
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.ingest.acknowledgements import Acknowledgements
from callpoint_gateway.ingest.ingest import Ingest
from callpoint_gateway.ingest.orders import Orders
from callpoint_gateway.ingest.updates import Images
from callpoint_gateway.journal.disk_reserve import SOURCE as DISK
from callpoint_gateway.journal.disk_reserve import DiskRoom
from callpoint_gateway.journal.reader import JournalError
from callpoint_gateway.journal.recovery import Salvage, damage_noted, open_alarms, open_telemetry
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.reload import Reload
from callpoint_gateway.sinks.from_config import feeds_of
from callpoint_gateway.sources.mqtt import MqttSession, Take
from callpoint_gateway.supervision.clock_watch import ClockWatch
from callpoint_gateway.supervision.devices import Supervision
from callpoint_gateway.supervision.faults import Faults
from callpoint_gateway.supervision.inhibits import Inhibits
from callpoint_protocol import names

if TYPE_CHECKING:
    from callpoint_gateway.sources.coap import CoapSource
    from callpoint_gateway.sources.paho_session import PahoSession
    from callpoint_gateway.sources.serial_line import SerialSource

ALIVE_S = 1.0
JOURNAL_S = 5.0

log = logging.getLogger(__name__)


async def _listen(coap: Coap, ingest: Ingest, answers: Acknowledgements) -> "CoapSource":
    # Only who uses this source pays for the memory of its library.
    from callpoint_gateway.sources.coap import CoapSource

    source = CoapSource(ingest, answers, coap.keys)
    try:
        await source.start(coap.listen, coap.port)
    except OSError as error:
        where = f"{coap.listen}:{coap.port}"
        raise ServiceError(
            f"CoAP cannot listen on {where}: {error.strerror or error}; free the port or "
            "correct [coap]"
        ) from error
    return source


def _serial_lines(config: Config, ingest: Ingest, faults: Faults) -> "list[SerialSource]":
    if not config.serial:
        return []
    # As above: only who uses it pays for it.
    from callpoint_gateway.sources.serial_line import SerialSource

    return [
        SerialSource(
            line, ingest, faults.supervise(f"serial/{line.name}", config.supervision.serial_s)
        )
        for line in config.serial
    ]


def _sessions(config: Config, ingest: Ingest, faults: Faults) -> list[MqttSession]:
    """Return the sessions with the broker that store what comes: events and telemetry."""
    site = config.gateway.site
    sessions: list[MqttSession] = []
    events = [f"{names.ROOT}/+/+/{channel}" for channel in (names.EVENT, names.STATUS)]
    wanted: list[tuple[str, list[str], Take]] = [
        ("events", events, ingest.take),
        ("telemetry", [f"{names.ROOT}/+/+/{names.TELEMETRY}"], ingest.take),
    ]
    for name, subscriptions, take in wanted:
        report = faults.supervise(f"broker/{name}", config.supervision.broker_s)
        client_id = f"callpoint-{site}-{name}"
        sessions.append(MqttSession(config.broker, client_id, subscriptions, take, report))
    return sessions


def _updates(config: Config, register: Register, faults: Faults) -> "PahoSession | None":
    """Return the session over which devices get updates; None when there are none."""
    if config.firmware is None:
        return None
    # Only who uses it pays for the memory of its library.
    from callpoint_gateway.sources.paho_session import PahoSession

    site = config.gateway.site
    folder, key = Path(config.firmware.packages_dir), config.firmware.key
    images = Images(folder, key, site, register, lambda *one: updates.publish(*one))
    # A session of its own: hundreds of requests for parts must delay no event.
    updates = PahoSession(
        config.broker,
        f"callpoint-{site}-updates",
        [f"{names.ROOT}/{site}/+/{names.GET}"],
        images.take,
        faults.supervise("broker/updates", config.supervision.broker_s),
    )
    return updates


class _ToPanels:
    """Tells the panels as well when their session has come up. A ``PartReport``."""

    def __init__(self, report: PartReport, panels: Panels) -> None:
        self._report, self._panels = report, panels
        self.down = report.down

    def up(self, reason: str) -> None:
        self._report.up(reason)
        self._panels.connected()


def _panels(
    config: Config, guard: Guard, clock: Clock, faults: Faults
) -> "tuple[Panels, PahoSession]":
    """Return the alarm panels over MQTT and the session that they have."""
    # As above: only who uses it pays for it.
    from callpoint_gateway.sources.paho_session import PahoSession

    site = config.gateway.site
    panels = Panels(site, guard, config.arming, clock)
    report = faults.supervise("broker/panels", config.supervision.broker_s)
    session = PahoSession(
        config.broker,
        f"callpoint-{site}-panels",
        [commands(site)],
        panels.take,
        _ToPanels(report, panels),
        (availability(site), OFFLINE),
    )
    panels.publish = session.publish
    guard.told = panels.show
    return panels, session


async def _sender(
    stack: AsyncExitStack,
    centre: Centre,
    config: Config,
    alarms: Journal,
    register: Register,
    clock: Clock,
    answers: Acknowledgements,
    faults: Faults,
    facts: Facts | None,
) -> CentreSender:
    """Return the sender to one centre, which knows where it begins."""
    sender = CentreSender(
        centre,
        opener(centre, clock, facts),
        alarms,
        register,
        clock,
        answers.centre,
        site=config.gateway.site,
        zone=ZoneInfo(config.gateway.time_zone),
    )
    faults.declare(f"centre/{centre.name}", centre.away_after_s)
    stack.push_async_callback(sender.close)
    await sender.prepare()
    return sender


async def _all_alive(running: Running) -> None:
    """Raise when a thread has died: a gateway that runs half is worse than one that restarts."""
    while True:
        await asyncio.sleep(ALIVE_S)
        if dead := running.dead():
            raise ServiceError(f"{', '.join(dead)} has died; see the log above")


async def _tell_status(settings: Status, running: Running) -> StatusPage:
    # Only who asks for it pays for the memory of its library.
    from callpoint_gateway.health.metrics import Metrics

    metrics = Metrics(running)
    page = StatusPage(
        {"/health": metrics.health, "/ready": metrics.ready, "/metrics": metrics.page}
    )
    try:
        await page.start(settings.listen, settings.port)
    except OSError as error:
        where = f"{settings.listen}:{settings.port}"
        raise ServiceError(
            f"the status page cannot listen on {where}: {error.strerror or error}; free the "
            "port or correct [status]"
        ) from error
    return page


async def _journals(faults: Faults, *journals: Journal) -> None:
    """Supervise that the journals can be written; told when they can be again, of necessity."""
    reports = [faults.supervise(f"journal/{one.path.stem}", JOURNAL_S) for one in journals]
    while True:
        for journal, report in zip(journals, reports, strict=True):
            if (fault := journal.fault) is None:
                report.up("can be written")
            else:
                report.down(fault, journal.remedy)
        await asyncio.sleep(ALIVE_S)


def _states(clock: Clock, faults: Faults, supervision: Supervision) -> dict[str, Any]:
    """Return everything that is supervised, with the seconds since it is as it is."""
    now = clock.monotonic_ms()
    return {
        "supervised": [
            {
                "source": one.source,
                "after_s": one.after_s,
                "state": one.state.value,
                "for_s": max(0, now - one.since_ms) // 1000 if one.since_ms else None,
                "reason": one.reason,
                "remedy": one.remedy,
            }
            for one in (*faults.states(), *supervision.states())
        ]
    }


async def _first_end(work: list[Coroutine[None, None, None]]) -> None:
    """Run all until one ends, which none does unless it fails, or until cancelled."""
    tasks = [asyncio.create_task(one) for one in work]
    first: asyncio.Task[None] | None = None
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        first = done.pop()
        first.result()
    finally:
        await end_all(task for task in tasks if task is not first)


async def serve(
    config: Config,
    register: Register,
    clock: Clock | None = None,
    reload: Reload | None = None,
) -> None:
    """Run until cancelled. ServiceError when it cannot start, or when a part has died.

    ``reload`` may be asked for; it then cancels this and runs it again.
    """
    clock = clock or SystemClock()
    site, state_dir = config.gateway.site, Path(config.gateway.state_dir)
    async with AsyncExitStack() as stack:
        try:
            stack.enter_context(hold(state_dir))
            stack.enter_context(damage_noted(state_dir))
            after_journals = stack.enter_context(ExitStack())
            alarms, brought_back = open_alarms(state_dir, clock)
            stack.callback(alarms.close)
            telemetry = open_telemetry(
                state_dir,
                clock,
                alarms,
                config.gateway.telemetry_mb,
                config.gateway.telemetry_days,
            )
            stack.callback(telemetry.close)
        except (JournalError, StateDirInUse) as error:
            raise ServiceError(str(error)) from error

        room = DiskRoom(state_dir, alarms, telemetry)
        parts: list[Part] = [alarms, telemetry]
        sessions: list[MqttSession] = []
        paho_sessions: list[PahoSession] = []
        lines: list[SerialSource] = []

        def publish(topic: str, body: bytes) -> bool:
            # A line over which the device was heard takes the answer as well.
            sent = [line.publish(topic, body) for line in lines]
            return (bool(sessions) and sessions[0].publish(topic, body)) or any(sent)

        faults = Faults(alarms, clock)
        faults.declare(DISK, 0)
        answers = Acknowledgements(site, alarms, publish)
        after_journals.callback(answers.close)

        def publish_once(topic: str, body: bytes) -> bool:
            sent = [line.publish(topic, body) for line in lines]
            return sessions[0].publish_once(topic, body) or any(sent)

        orders = Orders(site, register, clock, publish_once)

        def listening(source: str | None) -> bool:
            for line in lines:
                if line.name == source:
                    return line.listening
            # Over CoAP comes no heartbeat: such a device is waited for over MQTT as well.
            return all(one.listening for one in sessions)

        clock_watch = ClockWatch(
            alarms,
            telemetry,
            clock,
            synchronised,
            faults.supervise("clock", config.supervision.clock_s),
            faults.supervise("clock/step", 0),
        )
        inhibits = Inhibits(register, alarms, clock)
        after_journals.callback(inhibits.close)
        supervision = Supervision(
            site,
            register,
            alarms,
            clock,
            listening,
            config.supervision,
            inhibits.worked_on,
            inhibits.covers,
        )
        desk = Desk(site, alarms, register, config.alarms, clock, answers.operator, publish)
        after_journals.callback(desk.close)
        await desk.prepare()
        ingest = Ingest(
            site,
            register,
            alarms,
            telemetry,
            clock,
            answers,
            supervision.heard,
            inhibits.covers,
            desk.mark,
            orders,
        )
        sessions += _sessions(config, ingest, faults)
        if (updates := _updates(config, register, faults)) is not None:
            paho_sessions.append(updates)
        others = Others(supervision.silent, inhibits.covers, desk.mark, lambda: desk.ages)
        guard = Guard(site, register, config.arming, alarms, clock, others)
        after_journals.callback(guard.close)
        await guard.prepare()
        panels = None
        if config.arming.mqtt:
            panels, panel_session = _panels(config, guard, clock, faults)
            paho_sessions.append(panel_session)
        broker_check = BrokerCheck(config.broker, site, sessions, alarms, faults)
        feeds = feeds_of(config, register, alarms, telemetry, clock, faults)
        for feed in feeds:
            feed.start()
            stack.callback(feed.stop)
            parts.append(feed)

        fire = [one.name for one in config.centre if one.protocol == "gbt26875"]
        duty = DutyChecks(fire, faults, clock)
        facts = None
        if fire:
            facts = Facts(
                register,
                alarms,
                telemetry,
                ZoneInfo(config.gateway.time_zone),
                supervision.silent,
                inhibits.shields,
                lambda: desk.exercise is not None,
                duty,
            )
            after_journals.callback(facts.close)
        senders = [
            await _sender(stack, centre, config, alarms, register, clock, answers, faults, facts)
            for centre in config.centre
        ]
        if brought_back:
            alarms.submit(brought_back)
        source = None
        if config.coap is not None:
            source = await _listen(config.coap, ingest, answers)
            stack.push_async_callback(source.close)

        stack.callback(desk.save)
        lines += _serial_lines(config, ingest, faults)
        for line in lines:
            after_journals.callback(line.close)
            line.start()
            stack.callback(line.stop)

        faults.end_removed()
        control = Control(state_dir)
        control.register("inhibit", inhibits.begin)
        control.register("inhibit end", inhibits.end)
        control.register("inhibit list", inhibits.listed)
        control.register("supervision", lambda asked: _states(clock, faults, supervision))
        control.register("journal salvage", Salvage(state_dir, alarms).answer)
        control.register("duty", duty.answer)
        orders.register_questions(control)
        register_requests(control, desk, register)
        register_arming(control, guard)
        if reload is not None:
            reload.answer(control)
        try:
            await control.start()
        except OSError as error:
            raise ServiceError(
                f"no socket can be made in {state_dir}: {error.strerror}; set state_dir in "
                "[gateway] to a folder on a Linux file system"
            ) from error
        stack.push_async_callback(control.close)

        running = Running(
            site,
            clock,
            alarms,
            telemetry,
            ingest,
            [*sessions, *paho_sessions],
            source,
            lines,
            senders,
            feeds,
            desk,
            faults,
            supervision,
            [*parts, *sessions, *paho_sessions, *lines],
        )
        if config.status is not None:
            page = await _tell_status(config.status, running)
            stack.push_async_callback(page.close)
        notify = Notify()
        stack.callback(lambda: notify.ending(for_good=reload is None or not reload.pending))

        log.info("site %s: %d centres, state in %s", site, len(senders), state_dir)
        for session in sessions:
            session.start()
            stack.callback(session.stop)
        for paho_session in paho_sessions:
            paho_session.start()
            stack.callback(paho_session.stop)
        if panels is not None:
            stack.callback(panels.leave)
        if reload is not None:
            reload.started()
        await _first_end(
            [sender.run() for sender in senders]
            + [
                desk.run(),
                guard.run(),
                room.run(),
                supervision.run(),
                faults.run(),
                inhibits.run(),
                clock_watch.run(),
                broker_check.run(),
                duty.run(),
                _journals(faults, alarms, telemetry),
            ]
            + [LifeSigns(running, notify).run(), _all_alive(running)]
        )
