"""Builds the sources: the sessions with the broker, CoAP and the serial lines."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from callpoint_gateway.configuration.config import Coap, Config
from callpoint_gateway.configuration.site import Site
from callpoint_gateway.host.part_report import PartReport
from callpoint_gateway.host.service_error import ServiceError
from callpoint_gateway.ingest.acknowledgements import Acknowledgements
from callpoint_gateway.ingest.ingest import Ingest
from callpoint_gateway.ingest.updates import UpdatePackages
from callpoint_gateway.sources.downlink import Downlink
from callpoint_gateway.sources.mqtt import MqttSession
from callpoint_gateway.sources.session import Session, Take
from callpoint_gateway.words.said import said, said_by
from callpoint_protocol import names

if TYPE_CHECKING:
    from callpoint_gateway.sources.coap import CoapSource
    from callpoint_gateway.sources.paho_session import PahoSession
    from callpoint_gateway.sources.serial_line import SerialSource

# Readings wait so long for further ones: taken one by one they would keep Python's lock from the
# thread that handles events.
READINGS_GATHER_S = 0.01

# ``supervise(source, after_s)`` returns the report of a source, a fault after ``after_s`` down.
Supervise = Callable[[str, float], PartReport]


@dataclass(frozen=True)
class Sources:
    """All sources of the configuration. ``updates``: the session that asks for firmware."""

    config: Config
    events: MqttSession
    telemetry: MqttSession
    updates: "PahoSession | None"
    coap: "CoapSource | None"
    lines: "Sequence[SerialSource]"

    @property
    def storing(self) -> list[MqttSession]:
        """The sessions with the broker that store messages before they acknowledge them."""
        return [self.events, self.telemetry]

    @property
    def sessions(self) -> list[Session]:
        """All sessions with the broker."""
        updates = [] if self.updates is None else [self.updates]
        return [*self.storing, *updates]

    @asynccontextmanager
    async def started(self) -> AsyncIterator[None]:
        """Accept messages until the end. ServiceError: a port cannot be opened."""
        async with AsyncExitStack() as stack:
            if self.coap is not None and self.config.coap is not None:
                await _listen(self.coap, self.config.coap)
                stack.push_async_callback(self.coap.close)
            for line in self.lines:
                line.start()
                stack.callback(line.stop)
            for session in self.sessions:
                session.start()
                stack.callback(session.stop)
            yield


def build_sources(
    site: Site,
    ingest: Ingest,
    acknowledgements: Acknowledgements,
    supervise: Supervise,
    downlink: Downlink,
) -> Sources:
    """Return the sources that the configuration names, and tell ``downlink`` of each."""
    config = site.config
    events = [f"{names.ROOT}/+/+/{channel}" for channel in (names.EVENT, names.STATUS)]
    readings = [f"{names.ROOT}/+/+/{names.TELEMETRY}"]
    sources = Sources(
        config=config,
        events=_storing_session(config, "events", events, ingest.take, supervise),
        telemetry=_storing_session(
            config, "telemetry", readings, ingest.take, supervise, READINGS_GATHER_S
        ),
        updates=_updates(site, supervise),
        coap=_coap(config, ingest, acknowledgements),
        lines=_serial_lines(config, ingest, supervise),
    )
    downlink.use_broker(sources.events, sources.telemetry)
    for line in sources.lines:
        downlink.use_line(line)
        site.journals.when_closed(line.close)
    return sources


def _storing_session(
    config: Config,
    name: str,
    subscriptions: Sequence[str],
    take: Take,
    supervise: Supervise,
    gather_s: float = 0.0,
) -> MqttSession:
    """Return the session ``name`` with the broker, supervised as ``broker/<name>``.

    ``gather_s``: messages may wait so many seconds for further ones.
    """
    report = supervise(f"broker/{name}", config.supervision.broker_s)
    client_id = f"callpoint-{config.gateway.site}-{name}"
    return MqttSession(config.broker, client_id, subscriptions, take, report, gather_s=gather_s)


def _updates(site: Site, supervise: Supervise) -> "PahoSession | None":
    config = site.config
    if config.firmware is None:
        return None
    # Imported here, so that only a site with updates pays for the library's memory.
    from callpoint_gateway.sources.paho_session import PahoSession

    packages = UpdatePackages(
        Path(config.firmware.packages_dir), config.firmware.key, site.id, site.register
    )
    # A session of its own: hundreds of requests for parts must delay no event.
    session = PahoSession(
        config.broker,
        f"callpoint-{site.id}-updates",
        [f"{names.ROOT}/{site.id}/+/{names.GET}"],
        packages.take,
        supervise("broker/updates", config.supervision.broker_s),
    )
    packages.publish_over(session.publish)
    return session


def _coap(
    config: Config, ingest: Ingest, acknowledgements: Acknowledgements
) -> "CoapSource | None":
    if config.coap is None:
        return None
    # Imported here, so that only a site with CoAP pays for the library's memory.
    from callpoint_gateway.sources.coap import CoapSource

    return CoapSource(ingest, acknowledgements, config.coap.keys)


async def _listen(source: "CoapSource", coap: Coap) -> None:
    try:
        await source.start(coap.listen, coap.port)
    except OSError as error:
        where = f"{coap.listen}:{coap.port}"
        raise ServiceError(said("service.coap", where=where, why=said_by(error))) from error


def _serial_lines(config: Config, ingest: Ingest, supervise: Supervise) -> "list[SerialSource]":
    if not config.serial:
        return []
    # Imported here, so that only a site with serial lines pays for the library's memory.
    from callpoint_gateway.sources.serial_line import SerialSource

    serial_s = config.supervision.serial_s
    return [
        SerialSource(line, ingest, supervise(f"serial/{line.name}", serial_s))
        for line in config.serial
    ]
