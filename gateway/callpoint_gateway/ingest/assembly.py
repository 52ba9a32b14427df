"""Opens the way in, and the answers to devices."""

import asyncio
from collections.abc import Callable

from callpoint_gateway.configuration.site import Site
from callpoint_gateway.host.loopback import on_this_machine
from callpoint_gateway.ingest.acknowledgements import Acknowledgements, Publish
from callpoint_gateway.ingest.ingest import Ingest
from callpoint_gateway.ingest.kept_orders import KeptOrders
from callpoint_gateway.ingest.orders import Orders
from callpoint_gateway.journal.entries import EventBody, Mark
from callpoint_gateway.words.said import NOTHING, Said, said


def open_acknowledgements(site: Site, publish: Publish) -> Acknowledgements:
    """Return the answers. ``publish`` sends to a device now or not at all."""
    acknowledgements = Acknowledgements(site.id, site.journals.alarms, publish)
    site.journals.when_closed(acknowledgements.close)
    return acknowledgements


def open_orders(site: Site, publish_once: Publish, publish_to_broker: Publish) -> Orders:
    """Return the orders to devices, with those that were left to wait.

    ``publish_to_broker`` sends over no serial line, where a secret would go in clear.
    """
    broker = site.config.broker
    plain = broker.ca_file is None and not on_this_machine(broker.host)
    return Orders(
        site.id,
        site.register,
        site.clock,
        publish_once,
        publish_to_broker,
        KeptOrders(site.state_dir),
        said("order.in_clear") if plain else NOTHING,
    )


async def open_ingest(
    site: Site,
    acknowledgements: Acknowledgements,
    heard: Callable[[str, str], None],
    inhibited: Callable[[str, EventBody, int | None], int],
    mark: Callable[[str, EventBody], Mark],
    orders: Orders,
    blame: Callable[[str, str, Said], None],
    certificate_used: Callable[[str, int | None], None],
) -> Ingest:
    """Return what takes the messages of every source; the arguments as for ``Ingest``.

    It reads what each device sent last, of thousands for a tenth of a second: in a thread.
    """
    alarms, telemetry = site.journals.alarms, site.journals.telemetry
    return await asyncio.to_thread(
        Ingest,
        site.id,
        site.register,
        alarms,
        telemetry,
        site.clock,
        acknowledgements,
        heard,
        inhibited,
        mark,
        orders,
        blame,
        certificate_used,
    )
