"""Reads a site from its journals, for the commands that show it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from callpoint_cli.errors import MISSING, fail
from callpoint_cli.journals import Site
from callpoint_gateway.alarms.site_source import JournalSource, LiveModel
from callpoint_gateway.configuration.levels import AlarmSettingsByLevel
from callpoint_gateway.journal.reader import JournalError
from callpoint_gateway.words.said import said_by


def site_source(site: Site) -> JournalSource:
    """Return the site that a configuration or a folder of journals names."""
    settings = AlarmSettingsByLevel(site.alarms, site.levels)
    return JournalSource(site.folder, site.register, site.zone, settings, site.consumers)


@contextmanager
def site_model(site: Site) -> Iterator[LiveModel]:
    """Yield the model, read up to the last entry. It only reads, also while a gateway writes."""
    with ExitStack() as stack:
        try:
            model = stack.enter_context(site_source(site).live())
        except (JournalError, OSError) as error:
            fail(said_by(error), MISSING)
        yield model
