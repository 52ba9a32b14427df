"""Opens the sinks that a configuration asks for, each with the feed that it is given."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from callpoint_gateway.configuration.site import Site
from callpoint_gateway.sinks.feed import Feed
from callpoint_gateway.sinks.timeseries import TimeSeriesSink
from callpoint_gateway.sinks.timeseries_points import Points
from callpoint_gateway.sinks.webhook import WebhookSink
from callpoint_gateway.supervision.faults import Faults

# The time series' cursor: each commit wears the card, and a point written again is the same point.
SAVE_MS: Final = 1000
# How many entries a webhook reads to find one that it wants.
WEBHOOK_READ: Final = 32


@contextmanager
def open_sinks(site: Site, faults: Faults) -> Iterator[list[Feed]]:
    """Yield a feed for each sink, which runs until the end."""
    with ExitStack() as stack:
        feeds = _feeds(site, faults)
        for feed in feeds:
            feed.start()
            stack.callback(feed.stop)
        yield feeds


def _feeds(site: Site, faults: Faults) -> list[Feed]:
    """Return them, not started. A sink without a cursor is given one."""
    config, clock = site.config, site.clock
    alarms, telemetry = site.journals.alarms, site.journals.telemetry
    feeds: list[Feed] = []
    if config.timeseries is not None:
        feeds.append(
            Feed(
                "timeseries",
                TimeSeriesSink(config.timeseries, Points(site.id, site.register)),
                (alarms, telemetry),
                alarms,
                clock,
                random.uniform,
                faults.supervise("timeseries", config.supervision.timeseries_s),
                refusals=faults.supervise("timeseries/refused", config.supervision.timeseries_s),
                batch=config.timeseries.batch,
                save_ms=SAVE_MS,
            )
        )
    for webhook in config.webhook:
        name = f"webhook/{webhook.name}"
        feeds.append(
            Feed(
                name,
                WebhookSink(webhook, site.id, site.register, clock),
                (alarms,),
                alarms,
                clock,
                random.uniform,
                faults.supervise(name, config.supervision.webhook_s),
                refusals=faults.supervise(f"{name}/refused", config.supervision.webhook_s),
                batch=WEBHOOK_READ,
                from_now=True,
            )
        )
    return feeds
