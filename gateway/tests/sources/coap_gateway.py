"""What tests of the CoAP source share: a gateway with real journals behind the source."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.ingest.acknowledgements import Acknowledgements
from callpoint_gateway.ingest.ingest import Ingest
from callpoint_gateway.journal.entries import Entry, EventBody
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.sources.coap import CoapSource
from callpoint_protocol import messages, names
from callpoint_protocol.topics import topic
from callpoint_rig.ports import free_port

from ..conftest import ManualClock

SITE = "estate"
KEY = bytes(range(32))
EVENT = topic(SITE, "button", names.EVENT)
ACK = topic(SITE, "button", names.ACK)
REGISTER = Register(
    [Place(id="home")], [Device(id="button", place="home"), Device(id="door", place="home")]
)


class Gateway:
    """The source on real journals; what would go over MQTT is lost, as with a dead broker."""

    def __init__(self, folder: Path) -> None:
        clock = ManualClock()
        self.heard: list[tuple[str, str]] = []
        self.alarms = alarms = Journal(folder / "alarms.db", clock, chained=True)
        self.telemetry = telemetry = Journal(folder / "telemetry.db", clock, chained=False)
        self.port = free_port(socket.SOCK_DGRAM)
        self.answers = Acknowledgements(SITE, alarms, lambda name, body: False)
        self.ingest = Ingest(SITE, REGISTER, alarms, telemetry, clock, self.answers, self._hear)
        self.source = CoapSource(self.ingest, self.answers, {"button": KEY})

    def _hear(self, device: str, source: str) -> None:
        self.heard.append((device, source))

    def events(self) -> list[Entry]:
        with self.alarms.reader() as reader:
            return [entry for entry in reader.read(0, 1000) if isinstance(entry.body, EventBody)]

    def quarantined(self) -> list[str]:
        with self.alarms.reader() as reader:
            return [kept.reason for kept in reader.quarantined()]


@asynccontextmanager
async def open_gateway(folder: Path) -> AsyncIterator[Gateway]:
    gateway = Gateway(folder)
    try:
        await gateway.source.start("127.0.0.1", gateway.port)
        yield gateway
    finally:
        # In the service's order: the journal's thread uses the reader of the answers to the last.
        await gateway.source.close()
        gateway.alarms.close()
        gateway.telemetry.close()
        gateway.answers.close()


def encoded_event(seq: int, device: str = "button") -> bytes:
    return messages.encode_event(0x10001, seq, names.PANIC, names.ALARM, 1, 1, age_ms=5)
