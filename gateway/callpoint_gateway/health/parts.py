"""The parts of a running gateway, as metrics and life signs read them."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from callpoint_gateway.alarms.desk import Desk
from callpoint_gateway.arming.assembly import Arming
from callpoint_gateway.centres.assembly import Centres
from callpoint_gateway.configuration.site import Site
from callpoint_gateway.host.service_error import ServiceError
from callpoint_gateway.ingest.ingest import Ingest
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.sinks.feed import Feed
from callpoint_gateway.sources.assembly import Sources
from callpoint_gateway.supervision.assembly import Supervisors
from callpoint_gateway.words.said import said

LOOK_S = 1.0


class Threaded(Protocol):
    """A part with a thread of its own."""

    @property
    def running(self) -> bool:
        """Whether the thread runs."""


class Session(Threaded, Protocol):
    """A session with the broker."""

    @property
    def name(self) -> str:
        """The purpose of the session, such as ``events``."""

    @property
    def listening(self) -> bool:
        """Whether the session is subscribed."""


def dead(threads: Iterable[Threaded]) -> list[str]:
    """Return the class names of the parts whose thread has ended."""
    return [type(part).__name__ for part in threads if not part.running]


@dataclass(frozen=True)
class GatewayParts:
    """All parts, as the service has built them."""

    site: Site
    ingest: Ingest
    sources: Sources
    arming: Arming
    centres: Centres
    feeds: Sequence[Feed]
    desk: Desk
    supervision: Supervisors

    @property
    def alarms(self) -> Journal:
        """The alarms journal."""
        return self.site.journals.alarms

    @property
    def journals(self) -> tuple[Journal, Journal]:
        """Both journals."""
        return self.alarms, self.site.journals.telemetry

    @property
    def sessions(self) -> list[Session]:
        """All sessions with the broker."""
        return [*self.sources.sessions, *self.arming.sessions]

    def dead(self) -> list[str]:
        """Return the parts that have died: half a gateway is worse than one that restarts."""
        return dead([*self.journals, *self.feeds, *self.sessions, *self.sources.lines])

    async def all_alive(self) -> None:
        """Look every second, until cancelled. ServiceError when a thread has died."""
        while True:
            await asyncio.sleep(LOOK_S)
            if died := self.dead():
                raise ServiceError(said("service.died", parts=", ".join(died)))

    def waits_for(self) -> list[str]:
        """Return what is still missing before an event can arrive and be stored."""
        sessions = (self.sources.events, self.sources.telemetry)
        return [
            *(f"broker ({session.name})" for session in sessions if not session.listening),
            *(f"disk ({journal.path.stem})" for journal in self.journals if journal.fault),
        ]
