"""How far the gateways of an area are with what the district tells them."""

from collections.abc import Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from callpoint_console.views.moments import day
from callpoint_console.visitor import Scope
from callpoint_console.words.page_words import PageWords
from callpoint_district.areas.told import AtSite, SiteState
from callpoint_district.console.live.snapshot import Site
from callpoint_district.console.views.seeing import sees_site

#: Gateways that are named; the page counts the others.
MOST: Final = 20
_LAST: Final = {SiteState.WAITING: 1, SiteState.RETIRED: 2}


class ToldLine(msgspec.Struct, frozen=True):
    """A gateway that has not confirmed it, or is out of service, and why."""

    name: str
    text: str


class ToldSites(msgspec.Struct, frozen=True):
    """How many have confirmed it, of how many in service; ``others``: who has not."""

    confirmed: int
    sites: int
    others: tuple[ToldLine, ...]
    more: int


def told_sites(
    every: Sequence[AtSite],
    sites: Mapping[str, Site],
    scope: Scope,
    words: PageWords,
    zone: ZoneInfo,
) -> ToldSites:
    """Return who has confirmed something, of the sites that somebody sees.

    Those who refuse it come first, those out of service last.
    """
    found = [each for each in every if _seen(each, sites, scope)]
    others = [each for each in found if each.state is not SiteState.CONFIRMED]
    others.sort(key=lambda each: (_LAST.get(each.state, 0), each.gateway))
    return ToldSites(
        confirmed=len(found) - len(others),
        sites=sum(each.state is not SiteState.RETIRED for each in found),
        others=tuple(_line(each, sites, words, zone) for each in others[:MOST]),
        more=max(0, len(others) - MOST),
    )


def _seen(told: AtSite, sites: Mapping[str, Site], scope: Scope) -> bool:
    site = sites.get(told.gateway)
    return scope.everywhere if site is None else sees_site(site, scope)


def _line(each: AtSite, sites: Mapping[str, Site], words: PageWords, zone: ZoneInfo) -> ToldLine:
    site = sites.get(each.gateway)
    text = words(
        f"told_state.{each.state.value}",
        who=each.by,
        why=words.told(each.why),
        since=day(each.at_ms, zone),
    )
    return ToldLine(site.name if site else each.gateway, text)
