"""The site: configuration, register, journals and clock, which every room of the gateway gets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.assembly import Journals, open_journals


@dataclass(frozen=True)
class Site:
    """One site: its configuration and its register, its open journals, and the clock."""

    config: Config
    register: Register
    journals: Journals
    clock: Clock

    @property
    def id(self) -> str:
        """The site's id, as in topics and entries."""
        return self.config.gateway.site

    @property
    def state_dir(self) -> Path:
        """The state directory."""
        return self.journals.state_dir

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return self.config.gateway.zone


@contextmanager
def open_site(config: Config, register: Register, clock: Clock) -> Iterator[Site]:
    """Yield the site with its journals open, under the lock of the state directory.

    ServiceError: another gateway has the state directory, or a journal cannot be opened.
    """
    gateway = config.gateway
    with open_journals(
        Path(gateway.state_dir), clock, gateway.telemetry_mb, gateway.telemetry_days
    ) as journals:
        yield Site(config, register, journals, clock)
