"""Opens every alarm centre of the configuration."""

from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from callpoint_gateway.alarms.desk import Desk
from callpoint_gateway.centres.duty_checks import DutyChecks
from callpoint_gateway.centres.protocol import CentreServices, path_opener
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.centres.questions import LinkList, LinkView
from callpoint_gateway.centres.sender import CentreSender
from callpoint_gateway.configuration.site import Site
from callpoint_gateway.ingest.acknowledgements import Acknowledgements
from callpoint_gateway.supervision.assembly import Supervisors


@dataclass(frozen=True)
class Centres:
    """A sender to each centre, and the questions of those that ask."""

    senders: Sequence[CentreSender]
    duty: DutyChecks

    def links(self) -> LinkList:
        """Return how long ago each centre answered, over each of its paths."""
        return LinkList([LinkView(sender.name, sender.paths) for sender in self.senders])

    def work(self) -> list[Coroutine[Any, Any, None]]:
        """Return what runs until cancelled."""
        return [*(sender.run() for sender in self.senders), self.duty.run()]


@asynccontextmanager
async def open_centres(
    site: Site,
    acknowledgements: Acknowledgements,
    supervision: Supervisors,
    desk: Desk,
) -> AsyncIterator[Centres]:
    """Yield all centres, each of which knows where it begins; at the end their paths close."""
    centres = site.config.centre
    asking = [centre.name for centre in centres if PROTOCOLS[centre.protocol].asks_for_duty]
    duty = DutyChecks(asking, supervision.faults, site.clock)
    services = CentreServices(
        site,
        lambda: desk.model.state.sensors,
        supervision.devices.silent,
        supervision.inhibits.shields,
        lambda: bool(desk.exercises),
        duty,
    )
    # In the order of the centres: each protocol once.
    used = dict.fromkeys(centre.protocol for centre in centres)
    openers = {name: PROTOCOLS[name].carrier_opener(services) for name in used}
    async with AsyncExitStack() as stack:
        senders = []
        for centre in centres:
            sender = CentreSender(
                centre,
                path_opener(openers[centre.protocol], centre, site.clock),
                site.journals.alarms,
                site.register,
                site.clock,
                acknowledgements.centre,
                site=site.id,
                zone=site.zone,
                others=[other.name for other in centres if other is not centre],
                closed=desk.has_closed,
                level_at=supervision.levels.at,
            )
            supervision.faults.declare(f"centre/{centre.name}", centre.away_after_s)
            stack.push_async_callback(sender.close)
            await sender.prepare()
            senders.append(sender)
        yield Centres(senders, duty)
