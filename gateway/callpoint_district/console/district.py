"""The console of one district: what its pages share."""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from callpoint_district.console.drawing import NO_MAP, Drawing, draw
from callpoint_district.console.geojson import load
from callpoint_district.console.open_sites import OpenSites
from callpoint_district.console.overview import Overview
from callpoint_district.database import Database
from callpoint_district.settings import District
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.words.said import Said


def drawing_of(settings: District) -> Drawing:
    """Return the map. ConfigError: it cannot be used, and why."""
    return NO_MAP if settings.map_file is None else draw(load(Path(settings.map_file)))


class DistrictConsole:
    """Everything that the pages of one district share. Use it in one event loop."""

    def __init__(
        self,
        settings: District,
        database: Database,
        clock: Clock,
        trouble: Callable[[], Said | None] = lambda: None,
    ) -> None:
        """``database`` has the schema. ConfigError: the map cannot be used, and why.

        ``trouble`` returns why a changed configuration is not used.
        """
        self.settings = settings
        self.database = database
        self.overview = Overview(
            settings.database,
            settings.district,
            self.zone,
            clock,
            drawing_of(settings),
            trouble,
        )
        self.sites = OpenSites(settings, database, clock)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the district's people."""
        return self.settings.zone

    def start(self) -> None:
        """Begin to follow the district."""
        self.overview.start()
        self.sites.start()

    async def close(self) -> None:
        """End everything that ``start`` began."""
        await self.overview.close()
        await self.sites.close()

    def end_streams(self) -> None:
        """End the streams of open pages."""
        self.overview.broadcaster.close()
        self.sites.end_streams()

    def refresh(self) -> None:
        """Tell open pages that something beside the sites has changed."""
        self.overview.broadcaster.refresh()
