"""The parts of the running gateway, for whoever tells how it is."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from callpoint_gateway.alarms.desk import Desk
from callpoint_gateway.centres.sender import CentreSender
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.ingest.ingest import Ingest
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.sinks.feed import Feed
from callpoint_gateway.supervision.devices import Supervision
from callpoint_gateway.supervision.faults import Faults

if TYPE_CHECKING:
    from callpoint_gateway.sources.coap import CoapSource
    from callpoint_gateway.sources.serial_line import SerialSource


class ServiceError(Exception):
    """The gateway cannot run; the text says why and what to do."""


class Part(Protocol):
    """Something with a thread."""

    @property
    def running(self) -> bool:
        """The thread lives."""


class Session(Part, Protocol):
    """A session with the broker; ``name`` says what for."""

    @property
    def name(self) -> str:
        """What it is for."""

    @property
    def listening(self) -> bool:
        """The link stands."""


class Running(NamedTuple):
    """All parts, as the service has built them. ``threads`` are those that must live."""

    site: str
    clock: Clock
    alarms: Journal
    telemetry: Journal
    ingest: Ingest
    sessions: Sequence[Session]
    coap: "CoapSource | None"
    lines: "Sequence[SerialSource]"
    senders: Sequence[CentreSender]
    feeds: Sequence[Feed]
    desk: Desk
    faults: Faults
    supervision: Supervision
    threads: Sequence[Part]

    def dead(self) -> list[str]:
        """Return what has died; a gateway that runs half is worse than one that restarts."""
        return [type(part).__name__ for part in self.threads if not part.running]

    def waits_for(self) -> list[str]:
        """Return what must come before an event can arrive and be kept."""
        missing = [f"broker ({one.name})" for one in self.sessions[:2] if not one.listening]
        journals = (self.alarms, self.telemetry)
        return missing + [f"disk ({one.path.stem})" for one in journals if one.fault is not None]
