"""What the sections of a page are made of: a snapshot, the site's places, a language, a scope."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from callpoint_console.live.snapshot import Snapshot
from callpoint_console.site_map import SiteMap
from callpoint_console.visitor import Scope
from callpoint_console.words.page_words import PageWords


class Context(NamedTuple):
    """What one view of the site is made of."""

    snapshot: Snapshot
    site: SiteMap
    zone: ZoneInfo
    words: PageWords
    scope: Scope

    @property
    def now_ms(self) -> int:
        """The moment of the snapshot, Unix ms."""
        return self.snapshot.situation.at_ms

    def clock(self, time_ms: int) -> str:
        """Return a moment as a time of day in the site's time zone; with the date if not today."""
        moment = datetime.fromtimestamp(time_ms / 1000, self.zone)
        today = datetime.fromtimestamp(self.now_ms / 1000, self.zone).date()
        return moment.strftime("%H:%M:%S" if moment.date() == today else "%Y-%m-%d %H:%M")

    def sees(self, device: str) -> bool:
        """Say whether the scope covers the place of a device; also of an unknown one, if all."""
        sensed = self.site.devices.get(device)
        return self.scope.sees(sensed.place if sensed else "")
