"""The feeds that a configuration asks for."""

import random
from typing import Final

from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.sinks.feed import Feed
from callpoint_gateway.sinks.timeseries import TimeSeriesSink
from callpoint_gateway.sinks.timeseries_points import Points
from callpoint_gateway.sinks.webhook import WebhookSink
from callpoint_gateway.supervision.faults import Faults

# The time series' cursor: each commit wears the card, and a point written again is the same point.
SAVE_MS: Final = 1000
# How many entries a webhook reads to find one that it wants.
WEBHOOK_READ: Final = 32


def feeds_of(
    config: Config,
    register: Register,
    alarms: Journal,
    telemetry: Journal,
    clock: Clock,
    faults: Faults,
) -> list[Feed]:
    """Return them, not started. A sink without a cursor is given one."""
    feeds: list[Feed] = []
    site = config.gateway.site
    if config.timeseries is not None:
        feeds.append(
            Feed(
                "timeseries",
                TimeSeriesSink(config.timeseries, Points(site, register)),
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
                WebhookSink(webhook, site, register, clock),
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
