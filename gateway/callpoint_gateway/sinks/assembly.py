"""Builds the configured sinks, each with its feed."""

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

# The time series' cursor is stored at most once in this time: each commit wears the card, and a
# point that is written twice is the same point.
SAVE_MS: Final = 1000
# A webhook reads so many entries at a time to find one that its settings choose.
WEBHOOK_READ: Final = 32


@contextmanager
def open_sinks(site: Site, faults: Faults) -> Iterator[list[Feed]]:
    """Yield a running feed for each sink; all stop at the end."""
    with ExitStack() as stack:
        feeds = _feeds(site, faults)
        for feed in feeds:
            feed.start()
            stack.callback(feed.stop)
        yield feeds


def _feeds(site: Site, faults: Faults) -> list[Feed]:
    """Return the feeds, not started. Each stores a cursor if it has none."""
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
