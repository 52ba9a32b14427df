"""Builds what looks after the broker and the certificates of its clients."""

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from callpoint_gateway.broker.check import BrokerCheck
from callpoint_gateway.configuration.site import Site
from callpoint_gateway.sources.assembly import Sources
from callpoint_gateway.sources.session import Session
from callpoint_gateway.supervision.faults import Faults

if TYPE_CHECKING:
    from callpoint_gateway.broker.renewal import Renewals


def open_renewals(
    site: Site, faults: Faults, publish: Callable[[str, bytes], bool]
) -> "Renewals | None":
    """Return what renews certificates; None where the site's authority is not named.

    ``publish`` sends to a device that listens now, and keeps nothing.
    """
    config = site.config
    if config.renewal is None:
        return None
    # Imported here, so that only a site with an authority pays for the library's memory.
    from callpoint_gateway.broker.renewal import Renewals

    return Renewals(
        config.renewal,
        config.broker,
        site.id,
        site.register,
        site.clock,
        site.journals.alarms,
        faults,
        publish,
    )


def broker_work(
    site: Site,
    sources: Sources,
    panels: Sequence[Session],
    faults: Faults,
    renewals: "Renewals | None",
) -> Sequence[Coroutine[Any, Any, None]]:
    """Return what looks after the broker and the certificates, each until it is cancelled."""
    others = [one for one in sources.sessions if one not in sources.storing]
    check = BrokerCheck(
        site.config.broker,
        site.id,
        sources.storing,
        [*others, *panels],
        site.journals.alarms,
        faults,
    )
    return [check.run(), *([] if renewals is None else [renewals.run()])]
