"""The console of one district: what its pages share."""

from zoneinfo import ZoneInfo

from callpoint_district.database import Database
from callpoint_district.settings import District


class DistrictConsole:
    """Everything that the pages of one district share. Use it in one event loop."""

    def __init__(self, settings: District, database: Database) -> None:
        """``database`` has the schema."""
        self.settings = settings
        self.database = database

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the district's people."""
        return self.settings.zone

    def start(self) -> None:
        """Begin to follow the district."""

    def close(self) -> None:
        """End everything that ``start`` began."""

    def end_streams(self) -> None:
        """End the streams of open pages."""

    def refresh(self) -> None:
        """Tell open pages that something beside the sites has changed."""
