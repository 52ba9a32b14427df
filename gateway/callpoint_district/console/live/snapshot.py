"""The district at one moment: every open alarm, every site, what is wrong with each."""

from collections.abc import Mapping
from functools import cached_property
from typing import Final, NamedTuple

import msgspec

from callpoint_console.site_map import Spot, common
from callpoint_gateway.alarms.situation import Alarm

#: With so many entries that are not kept here yet, a gateway is behind; fewer are on their way.
BEHIND: Final = 256

#: The number of the part of a grid that is a community, from the city down.
COMMUNITY: Final = 4

#: Gateway, epoch and position of an alarm.
Key = tuple[str, str, int]


def revision_in(digest: str) -> str:
    """Return what rows of alarms show of the digest of a register."""
    return digest[:8]


class DeskTurn(NamedTuple):
    """The desk that has an alarm now. ``turn`` above 1: those before it did not take it."""

    turn: int
    area: Spot
    level: str
    desk: str
    centre: str
    responders: tuple[str, ...]


class SiteAlarm(msgspec.Struct, frozen=True):
    """An open alarm of a site, as the site's own pages have it.

    ``spot``: the grid of its place, as far as that is known, and ``place`` its id. ``copied``: a
    copy has told it ahead of its turn. ``forgotten``: the gateway does not have it any more.
    ``id`` tells it from all others on a page. ``at_ms``: the moment (Unix ms) of its age and of
    the times left; a later snapshot has the same alarm while nothing else of it changes.
    ``revision``: of the register, by which its card is made.
    """

    gateway: str
    epoch: str
    alarm: Alarm
    spot: Spot
    place: str
    copied: bool = False
    forgotten: bool = False
    desk: DeskTurn | None = None
    id: str = ""
    at_ms: int = 0
    revision: str = ""

    @property
    def order(self) -> tuple[int, int, str, int]:
        """The most urgent first, then the oldest."""
        return self.alarm.priority, self.alarm.opened_ms, self.gateway, self.alarm.alarm

    @property
    def lasting(self) -> "SiteAlarm":
        """The alarm without its age and the times left; missed deadlines stay missed."""
        return msgspec.structs.replace(self, alarm=self.alarm.timeless, at_ms=0)


class Site(msgspec.Struct, frozen=True):
    """A gateway and its site; times are Unix ms.

    ``site``: the id of the site. ``spots``: the grid of each of its buildings. ``speaks``: the
    version of the protocol, 0 if it is not known. ``behind``: the entries that its journal had
    when it was last heard, and that are not kept here; 0 below ``BEHIND``. ``silent_ms``: since
    when it is not heard, None while it is. Gateways with the same ``finding`` fell silent
    together. ``retired_ms``: since when it is out of service, None if it is in service.
    """

    gateway: str
    site: str
    spots: tuple[Spot, ...]
    latitude: float | None
    longitude: float | None
    program: str
    speaks: int
    position: int
    behind: int
    heard_ms: int
    faults: tuple[str, ...]
    silent_ms: int | None
    finding: int | None
    retired_ms: int | None = None

    @property
    def lasting(self) -> "Site":
        """The site without what changes while all is well."""
        heard_ms = self.heard_ms if self.silent_ms is not None else 0
        return msgspec.structs.replace(self, position=0, heard_ms=heard_ms)

    @property
    def name(self) -> str:
        """What people call the site: the community in which it lies, else its id."""
        return self.top[:COMMUNITY][-1] if len(self.top) >= COMMUNITY else self.site

    @property
    def top(self) -> Spot:
        """The part of the grid in which the whole site lies."""
        return common(self.spots)


class DistrictSnapshot(msgspec.Struct, frozen=True, dict=True):
    """The district at ``at_ms``. ``alarms`` are in the order in which people look at them.

    ``sites`` by gateway, in the order of their names. ``levels``: the areas that are put to a
    response level. ``whole``: the database is read; without, this is what was read before.
    """

    at_ms: int
    alarms: tuple[SiteAlarm, ...]
    sites: Mapping[str, Site]
    levels: tuple[tuple[Spot, int], ...] = ()
    whole: bool = True

    @cached_property
    def silent(self) -> tuple[Site, ...]:
        """The sites that are not heard, the longest first."""
        found = [site for site in self.sites.values() if site.silent_ms is not None]
        return tuple(sorted(found, key=lambda site: (site.silent_ms or 0, site.gateway)))
