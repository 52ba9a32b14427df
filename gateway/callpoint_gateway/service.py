"""The running gateway: builds every part, and stops them in the order that loses nothing.

Sources stop first (nothing new is accepted), then the consumers, then the journals, which
commit what was submitted. A source that had no answer by then sends again at the next start.
"""

import asyncio
import fcntl
import logging
import os
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from callpoint_gateway.acknowledge import Acknowledgements
from callpoint_gateway.carriers import opener
from callpoint_gateway.centre import CentreSender
from callpoint_gateway.clock import Clock, SystemClock
from callpoint_gateway.config import Coap, Config
from callpoint_gateway.disk import DiskRoom
from callpoint_gateway.entries import FaultBody, NewEntry, Type
from callpoint_gateway.export import Export
from callpoint_gateway.images import Images
from callpoint_gateway.ingest import Ingest
from callpoint_gateway.journal import Journal
from callpoint_gateway.journal_file import JournalError
from callpoint_gateway.mqtt_source import MqttSession, Take
from callpoint_gateway.register import Register
from callpoint_gateway.supervision import Supervision
from callpoint_gateway.timeseries.sink import TimeSeriesSink
from callpoint_protocol import names

if TYPE_CHECKING:
    from callpoint_gateway.coap_source import CoapSource

TELEMETRY_LINGER_S = 1.0
ALIVE_S = 1.0

log = logging.getLogger(__name__)


class ServiceError(Exception):
    """The gateway cannot run; the text says why and what to do."""


def _claim(state_dir: Path) -> int:
    """Make the state directory and hold its lock; two gateways would send everything twice."""
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        lock = os.open(state_dir / "gateway.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ServiceError(
            f"state directory {state_dir}: {error.strerror}; make it writable or set "
            "state_dir in [gateway]"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise ServiceError(
            f"state directory {state_dir} is in use by another gateway; stop it first"
        ) from error
    return lock


class _Link:
    """Turns the broker's comings and goings into log lines and journal entries, once each."""

    def __init__(self, name: str, alarms: Journal) -> None:
        self._name = name
        self._alarms = alarms
        self._up: bool | None = None

    def changed(self, up: bool, reason: str) -> None:
        if up == self._up:
            return
        first, self._up = self._up is None, up
        log.log(logging.INFO if up else logging.WARNING, "broker (%s): %s", self._name, reason)
        if not (first and up):
            body = FaultBody(f"broker/{self._name}", not up, reason)
            self._alarms.submit([NewEntry(Type.FAULT, body)])


async def _listen(coap: Coap, ingest: Ingest, answers: Acknowledgements) -> "CoapSource":
    # Only who uses this source pays for the memory of its library.
    from callpoint_gateway.coap_source import CoapSource

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


class _Part(Protocol):
    @property
    def running(self) -> bool: ...


async def _all_alive(parts: Sequence[_Part]) -> None:
    """Raise when a thread has died: a gateway that runs half is worse than one that restarts."""
    while True:
        await asyncio.sleep(ALIVE_S)
        for part in parts:
            if not part.running:
                raise ServiceError(f"{type(part).__name__} has died; see the log above")


async def _first_end(work: list[Coroutine[None, None, None]]) -> None:
    """Run all until one ends, which none does unless it fails, or until cancelled."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def serve(
    config: Config,
    register: Register,
    clock: Clock | None = None,
) -> None:
    """Run until cancelled. ServiceError when it cannot start, or when a part has died."""
    clock = clock or SystemClock()
    site, state_dir = config.gateway.site, Path(config.gateway.state_dir)
    async with AsyncExitStack() as stack:
        stack.callback(os.close, _claim(state_dir))
        after_journals = stack.enter_context(ExitStack())
        try:
            alarms = Journal(state_dir / "alarms.db", clock, chained=True)
            stack.callback(alarms.close)
            telemetry = Journal(
                state_dir / "telemetry.db",
                clock,
                chained=False,
                linger_s=TELEMETRY_LINGER_S,
                max_bytes=config.gateway.telemetry_mb * 1024 * 1024,
                lost=lambda loss: alarms.submit([NewEntry(Type.LOSS, loss)]),
            )
            stack.callback(telemetry.close)
        except JournalError as error:
            raise ServiceError(str(error)) from error

        room = DiskRoom(state_dir, alarms, telemetry)
        parts: list[_Part] = [alarms, telemetry]
        sessions: list[MqttSession] = []

        def publish(topic: str, body: bytes) -> bool:
            return sessions[0].publish(topic, body)

        answers = Acknowledgements(site, alarms, publish)
        after_journals.callback(answers.close)
        supervision = Supervision(
            site, register, alarms, clock, lambda: all(one.listening for one in sessions[:2])
        )
        ingest = Ingest(site, register, alarms, telemetry, clock, answers, supervision.heard)
        events = [f"{names.ROOT}/+/+/{channel}" for channel in (names.EVENT, names.STATUS)]
        wanted: list[tuple[str, list[str], Take]] = [
            ("events", events, ingest.take),
            ("telemetry", [f"{names.ROOT}/+/+/{names.TELEMETRY}"], ingest.take),
        ]
        if config.firmware is not None:
            # A session of its own: hundreds of requests for parts must delay no event.
            folder, key = Path(config.firmware.packages_dir), config.firmware.key
            images = Images(folder, key, site, register, lambda *one: sessions[2].publish(*one))
            wanted.append(("updates", [f"{names.ROOT}/{site}/+/{names.GET}"], images.take))
        for name, subscriptions, take in wanted:
            sessions.append(
                MqttSession(
                    config.broker,
                    f"callpoint-{site}-{name}",
                    subscriptions,
                    take,
                    _Link(name, alarms).changed,
                )
            )
        if config.timeseries is not None:
            export = Export(
                TimeSeriesSink(config.timeseries),
                alarms,
                telemetry,
                register,
                config.timeseries.batch,
            )
            export.start()
            stack.callback(export.stop)
            parts.append(export)

        senders: list[CentreSender] = []
        for centre in config.centre:
            sender = CentreSender(
                centre, opener(centre, clock), alarms, register, clock, answers.centre
            )
            stack.push_async_callback(sender.close)
            await sender.prepare()
            senders.append(sender)

        if config.coap is not None:
            source = await _listen(config.coap, ingest, answers)
            stack.push_async_callback(source.close)

        log.info("site %s: %d centres, state in %s", site, len(senders), state_dir)
        for session in sessions:
            session.start()
            stack.callback(session.stop)
        await _first_end(
            [sender.run() for sender in senders]
            + [room.run(), supervision.run(), _all_alive([*parts, *sessions])]
        )
