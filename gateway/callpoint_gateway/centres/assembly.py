"""Opens every alarm centre of the configuration."""

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from callpoint_gateway.centres.gbt26875_duty import DutyChecks
from callpoint_gateway.centres.gbt26875_facts import Facts
from callpoint_gateway.centres.protocol_registry import opener
from callpoint_gateway.centres.sender import CentreSender
from callpoint_gateway.configuration.site import Site
from callpoint_gateway.ingest.acknowledgements import Acknowledgements
from callpoint_gateway.supervision.assembly import Supervisors


@dataclass(frozen=True)
class Centres:
    """A sender to each centre, and the questions of those that ask."""

    senders: Sequence[CentreSender]
    duty: DutyChecks

    def work(self) -> list[Coroutine[Any, Any, None]]:
        """Return what runs until cancelled."""
        return [*(sender.run() for sender in self.senders), self.duty.run()]


@asynccontextmanager
async def open_centres(
    site: Site,
    acknowledgements: Acknowledgements,
    supervision: Supervisors,
    exercising: Callable[[], bool],
) -> AsyncIterator[Centres]:
    """Yield all centres, each of which knows where it begins; at the end their paths close.

    ``exercising`` says whether a drill or a walk test runs.
    """
    config, journals, clock = site.config, site.journals, site.clock
    fire = [centre.name for centre in config.centre if centre.protocol == "gbt26875"]
    duty = DutyChecks(fire, supervision.faults, clock)
    facts = None
    if fire:
        facts = Facts(
            site.register,
            journals.alarms,
            journals.telemetry,
            site.zone,
            supervision.devices.silent,
            supervision.inhibits.shields,
            exercising,
            duty,
        )
        journals.when_closed(facts.close)
    async with AsyncExitStack() as stack:
        senders = []
        for centre in config.centre:
            sender = CentreSender(
                centre,
                opener(centre, clock, facts),
                journals.alarms,
                site.register,
                clock,
                acknowledgements.centre,
                site=site.id,
                zone=site.zone,
            )
            supervision.faults.declare(f"centre/{centre.name}", centre.away_after_s)
            stack.push_async_callback(sender.close)
            await sender.prepare()
            senders.append(sender)
        yield Centres(senders, duty)
