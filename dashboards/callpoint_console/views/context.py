"""What the sections of a page are made of: a snapshot, the site's places, a language, a scope."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from callpoint_console.live.gateway_state import GatewayState
from callpoint_console.live.snapshot import Snapshot
from callpoint_console.site_map import SiteMap
from callpoint_console.views.moments import clock, day
from callpoint_console.visitor import Scope
from callpoint_console.words.page_words import PageWords
from callpoint_console.work.keeper import NOTHING, WorkState
from callpoint_gateway.control.question import Question
from callpoint_gateway.control.roles import Role
from callpoint_gateway.words.said import Said


class Context(NamedTuple):
    """What one view of the site is made of.

    ``at``: what stands before the addresses of the pages, see ``Console``.
    ``elsewhere``: gateway and readings of the site are not here. ``trouble``: why the
    console does not use a changed configuration or register. ``revision``: see ``Console``.
    """

    snapshot: Snapshot
    site: SiteMap
    zone: ZoneInfo
    words: PageWords
    scope: Scope
    at: str
    elsewhere: bool
    work: WorkState = NOTHING
    gateway: GatewayState = GatewayState()
    trouble: Said | None = None
    revision: str = ""

    @property
    def now_ms(self) -> int:
        """The moment of the snapshot, Unix ms."""
        return self.snapshot.situation.at_ms

    def clock(self, time_ms: int) -> str:
        """Return a moment as a time of day in the site's time zone; with the date if not today."""
        return clock(time_ms, self.now_ms, self.zone)

    @property
    def retired(self) -> str:
        """The day since which the gateway is out of service, "" if it is in service."""
        retired_ms = self.snapshot.retired_ms
        return "" if retired_ms is None else day(retired_ms, self.zone)

    def sees(self, device: str) -> bool:
        """Say whether a device is shown; one that the register does not know only if all is."""
        return device in self.site.seen(self.scope) or self.scope.everywhere

    def shows(self, places: Iterable[str]) -> bool:
        """Say whether what is at some places (ids, texts of areas, "": the site) is shown."""
        areas = self.scope.areas()
        return all(self.site.in_areas(place, areas) for place in places)

    def has(self, roles: frozenset[Role], places: Iterable[str]) -> bool:
        """Say whether one of these roles counts at each of some places, "": the whole site."""
        areas = self.scope.areas(roles)
        return all(self.site.in_areas(place, areas) for place in places)

    def may(self, question: type[Question[Any]], place: str = "") -> bool:
        """Say whether a question may be asked about a place (its id), "" for the whole site."""
        return self.site.role(self.scope, question.may, place) is not None
