"""Builds the model of a site from its journals, for the commands that show it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from callpoint_cli.journals import Site, open_reader
from callpoint_gateway.alarms.model import Model
from callpoint_gateway.configuration.levels import AlarmSettingsByLevel
from callpoint_gateway.host.clock import SystemClock


@contextmanager
def site_model(site: Site) -> Iterator[Model]:
    """Yield the model, read up to the last entry. It only reads, also while a gateway writes."""
    with ExitStack() as stack:
        alarms = stack.enter_context(open_reader(site.folder / "alarms.db"))
        readings = None
        if (site.folder / "telemetry.db").exists():
            readings = stack.enter_context(open_reader(site.folder / "telemetry.db"))
        clock = SystemClock()
        model = Model(
            alarms,
            clock,
            AlarmSettingsByLevel(site.alarms, site.levels),
            site.register,
            readings,
            site.consumers,
        )
        model.start()
        yield model
