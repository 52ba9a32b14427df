"""A start or a reload with thousands of devices: few queries, and none of them in the loop."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from callpoint_gateway.alarms.assembly import open_desk
from callpoint_gateway.configuration.config import Broker, Config, GatewaySettings
from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.configuration.site import Site, open_site
from callpoint_gateway.ingest.acknowledgements import Acknowledgements
from callpoint_gateway.ingest.assembly import open_ingest
from callpoint_gateway.ingest.ingest import Ingest, Message
from callpoint_gateway.ingest.orders import Orders
from callpoint_gateway.journal import reader
from callpoint_gateway.journal.entries import (
    EventBody,
    Mark,
    NewEntry,
    Quality,
    StatusBody,
    TelemetryBody,
    Type,
)
from callpoint_gateway.sources.downlink import Downlink
from callpoint_gateway.supervision.devices import Supervision
from callpoint_protocol import messages, names, topics

from ..conftest import ManualClock

SITE = "estate"
DEVICES = 400
FEW = 40
BOOT = 0x10002
REGISTER = Register(
    [Place(id="home")], [Device(id=f"b{number:04d}", place="home") for number in range(DEVICES)]
)


class Queries:
    """Which statements SQLite ran, and in which thread."""

    def __init__(self) -> None:
        self.ran: list[tuple[int, str]] = []

    def note(self, statement: str) -> None:
        self.ran.append((threading.get_ident(), statement))

    def here(self) -> list[str]:
        """Those that read entries in the thread that asks: the loop's."""
        me = threading.get_ident()
        return [query for ident, query in self.ran if ident == me and "FROM entries" in query]


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> Queries:
    made = Queries()
    real = reader.open_file

    def traced(path: Path, *, read_only: bool, vfs: str | None = None) -> sqlite3.Connection:
        connection = real(path, read_only=read_only, vfs=vfs)
        connection.set_trace_callback(made.note)
        return connection

    monkeypatch.setattr(reader, "open_file", traced)
    return made


@pytest.fixture
def site(tmp_path: Path, clock: ManualClock) -> Iterator[Site]:
    gateway = GatewaySettings(site=SITE, state_dir=str(tmp_path), register="register.toml")
    with open_site(Config(gateway=gateway, broker=Broker()), REGISTER, clock) as site:
        door = EventBody(SITE, names.DOOR, names.NOTICE, 1, names.OPEN, 1, 0, 1, Quality.AGE)
        for device in REGISTER.device_ids():
            online = StatusBody(SITE, names.ONLINE, BOOT, "", 0)
            readings = TelemetryBody(SITE, {}, 1)
            site.journals.alarms.submit(
                [
                    NewEntry(Type.STATUS, online, device),
                    NewEntry(Type.EVENT, door, device, BOOT - 1, 3),
                ]
            )
            site.journals.telemetry.submit(
                [NewEntry(Type.TELEMETRY, readings, device, BOOT - 1, 4)]
            )
        asyncio.run(_on_disk(site))
        yield site


async def _on_disk(site: Site) -> None:
    await site.journals.alarms.store([])
    await site.journals.telemetry.store([])


async def ingest_of(site: Site) -> Ingest:
    def published(topic: str, body: bytes) -> bool:
        return True

    answers = Acknowledgements(SITE, site.journals.alarms, published)
    site.journals.when_closed(answers.close)
    return await open_ingest(
        site,
        answers,
        lambda device, source: None,
        lambda device, body, age_ms: 0,
        lambda device, body: Mark.REAL,
        Orders(SITE, REGISTER, site.clock, published),
        lambda device, sort, what: None,
        lambda device, mark: None,
    )


def test_ingest_asks_the_journals_in_few_queries_and_in_a_thread(
    site: Site, queries: Queries
) -> None:
    async def go() -> Ingest:
        ingest = await ingest_of(site)
        assert queries.here() == []
        return ingest

    ingest = asyncio.run(go())
    assert 0 < len(queries.ran) < FEW
    # It knows of each device what it sent last: its boot by its status, its last reading.
    for device in REGISTER.device_ids():
        earlier = messages.encode_status(names.ONLINE, BOOT - 1)
        ingest.take("mqtt", [Message(topics.topic(SITE, device, names.STATUS), earlier)], _nothing)
        reading = messages.encode_telemetry(BOOT - 1, 4, {})
        told = Message(topics.topic(SITE, device, names.TELEMETRY), reading)
        ingest.take("coap", [told], _nothing)
    assert ingest.counted["mqtt", "old_boot"] == DEVICES
    assert ingest.counted["coap", "old_boot"] == DEVICES


def _nothing() -> None:
    """Nobody waits."""


def test_the_desk_reads_in_a_thread(site: Site, queries: Queries) -> None:
    async def go() -> None:
        answers = Acknowledgements(SITE, site.journals.alarms, lambda topic, body: True)
        site.journals.when_closed(answers.close)
        (await open_desk(site, answers, Downlink())).save()
        await _on_disk(site)
        queries.ran.clear()
        await open_desk(site, answers, Downlink())
        assert len(queries.here()) < FEW
        assert len(queries.ran) < FEW

    asyncio.run(go())


def test_supervision_reads_all_events_only_at_the_first_start(
    site: Site, queries: Queries
) -> None:
    def supervision() -> Supervision:
        return Supervision(
            SITE,
            REGISTER,
            site.journals.alarms,
            site.clock,
            lambda source: True,
            site.config.supervision,
        )

    supervision()
    asyncio.run(_on_disk(site))
    queries.ran.clear()
    supervision()
    assert queries.here() == []
