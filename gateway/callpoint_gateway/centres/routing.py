"""Which centre is told of what: by kind, by place, and by the time of day at the site.

An entry's time is the one with which it was recorded, so that a restart decides as before. A
gateway whose clock was never set cannot know what time it is: then every route counts as open.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path as FilePath
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.centres.readings import mistakes
from callpoint_gateway.configuration.centres import DAYS, Centre, Route
from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.levels import NORMAL as NORMAL_LEVEL
from callpoint_gateway.configuration.places import covers, means, nearest
from callpoint_gateway.configuration.register import Place, Register
from callpoint_gateway.configuration.toml_file import refuse
from callpoint_gateway.journal.backlog import NORMAL, URGENT
from callpoint_gateway.journal.entries import Entry, EventBody, ReportBody
from callpoint_gateway.journal.event_meaning import withheld
from callpoint_gateway.protocols.report import NOT_REPORTED, OPENINGS
from callpoint_gateway.words.said import Said, of, said
from callpoint_protocol import names

DAY_MIN: Final = 24 * 60
WEEK_MIN: Final = 7 * DAY_MIN
# A change of the code that decides what is told is a change of the rule as well.
_VERSION: Final = 2

#: ``at(position, place)``: the response level there when the entry was stored.
LevelAt = Callable[[int, Place | None], int]


def week_minute(recorded_ms: int, zone: ZoneInfo) -> int | None:
    """Return the minute of the week, from Monday 00:00 at the site; None without a set clock."""
    if recorded_ms < names.MIN_TIME_MS:
        return None
    moment = datetime.fromtimestamp(recorded_ms / 1000, zone)
    return moment.weekday() * DAY_MIN + moment.hour * 60 + moment.minute


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def windows(route: Route) -> list[tuple[int, int]]:
    """Return begin and length, in minutes of the week; one that crosses midnight belongs to
    the day on which it began."""
    begin, length = 0, DAY_MIN
    if route.hours is not None:
        first, _, last = route.hours.partition("-")
        begin = _minute(first)
        length = (_minute(last) - begin) % DAY_MIN or DAY_MIN
    return [(DAYS.index(day) * DAY_MIN + begin, length) for day in route.days]


def is_open(route: Route, minute: int | None) -> bool:
    """Say whether the route holds at this minute of the week."""
    if minute is None:
        return True
    return any((minute - begin) % WEEK_MIN < length for begin, length in windows(route))


class Routing:
    """What one centre is told of."""

    def __init__(
        self,
        centre: Centre,
        register: Register,
        zone: ZoneInfo,
        level_at: LevelAt = lambda position, place: NORMAL_LEVEL,
    ) -> None:
        """``zone`` is the site's, for routes with hours. ``level_at``: see ``Levels.at``."""
        self._name = centre.name
        self._register = register
        self._zone = zone
        codes = {name: kind for kind, name in names.KINDS.items()}
        self._routes = [(route, {codes[kind] for kind in route.kinds}) for route in centre.routes]
        self._openings = centre.openings
        self._cancellations = PROTOCOLS[centre.protocol].tells_cancellations
        self._level_at = level_at
        self._levelled = any(route.levels for route in centre.routes)
        self._timed = any(route.hours or len(route.days) < len(DAYS) for route in centre.routes)
        routes = [msgspec.to_builtins(route) for route in centre.routes]
        rule = (_VERSION, str(zone), routes, self._openings, self._cancellations)
        self.rule = zlib.crc32(msgspec.json.encode(rule), register.fingerprint)

    def part_of(self, entry: Entry) -> str | None:
        """Return URGENT or NORMAL, None for an entry that is not for this centre."""
        body = entry.body
        if isinstance(body, ReportBody) and body.state == names.NOTICE and not self._hears(body):
            return None
        if isinstance(body, ReportBody):
            addressed = body.centre == self._name or (
                not body.centre and self._takes(body.kind, None, entry)
            )
            return NORMAL if addressed else None
        if not isinstance(body, EventBody) or entry.device is None:
            return None
        if body.inhibited or withheld(body) or (body.kind, body.state) in NOT_REPORTED:
            return None
        opening = body.kind == names.DOOR and body.state == names.NOTICE
        if opening and not self._register.reports_opening(entry.device, body.zone):
            return None
        place = self._register.place_of(entry.device, body.zone)
        if not self._takes(body.kind, place, entry):
            return None
        return URGENT if body.kind in names.LIFE_KINDS else NORMAL

    def _hears(self, body: ReportBody) -> bool:
        """Say whether this centre is told of arming, or of what else happens to a partition."""
        return self._openings if body.detail in OPENINGS else self._cancellations

    def _takes(self, kind: int, place: Place | None, entry: Entry) -> bool:
        minute = week_minute(entry.recorded_ms, self._zone) if self._timed else None
        level = self._level_at(entry.position, place) if self._levelled else NORMAL_LEVEL
        return any(
            kind in kinds
            and covers(route, place)
            and is_open(route, minute)
            and (not route.levels or level in route.levels)
            for route, kinds in self._routes
        )


def check(config: Config, register: Register, path: FilePath) -> None:
    """Refuse a place that no route reaches at some time, and a route to no place at all.

    What a centre could not tell apart is refused as well. ConfigError names the gap. Without any
    centre there is nothing to check.
    """
    for number, centre in enumerate(config.centre):
        for mistake in mistakes(centre, PROTOCOLS[centre.protocol], register):
            raise refuse(path, ("centre", number), mistake)
    places = register.sensed_places()
    for number, centre in enumerate(config.centre):
        for index, route in enumerate(centre.routes):
            here = ("centre", number, *(("route", index) if centre.route else ()), "places")
            for wanted in route.places:
                if any(means(wanted, place) for place in places):
                    continue
                like = nearest(wanted, places)
                what = said("route.nowhere", place=wanted)
                if like:
                    what = said("route.near", place=wanted, near=like)
                raise refuse(path, here, of("places", what))
    if config.centre:
        # A route of a response level holds in addition to the others.
        routes = [route for centre in config.centre for route in centre.routes if not route.levels]
        for gap in gaps(routes, places):
            raise refuse(path, ("centre",), gap)


def gaps(routes: Sequence[Route], places: Sequence[Place]) -> Iterator[Said]:
    """Yield one line for each kind that nobody is told of at some place or time."""
    edges = {
        edge
        for route in routes
        for begin, length in windows(route)
        for edge in (begin, begin + length)
    }
    minutes = sorted({edge % WEEK_MIN for edge in edges} | {0})
    # Thousands of places are reached by few sets of routes.
    lacking: dict[tuple[int, ...], list[tuple[str, str]]] = {}
    for place in places:
        here = tuple(number for number, route in enumerate(routes) if covers(route, place))
        if here not in lacking:
            lacking[here] = list(_not_taken([routes[number] for number in here], minutes))
        for kind, when in lacking[here]:
            if when:
                yield said("route.gap_from", kind=kind, place=str(place), when=when)
            else:
                yield said("route.gap", kind=kind, place=str(place))


def _not_taken(routes: Sequence[Route], minutes: Sequence[int]) -> Iterator[tuple[str, str]]:
    """Yield each kind that no route takes at some of these minutes, and the first of them."""
    for kind in names.KINDS.values():
        taking = [route for route in routes if kind in route.kinds]
        for minute in minutes:
            if not any(is_open(route, minute) for route in taking):
                yield kind, _day_time(minute) if taking else ""
                break


def _day_time(minute: int) -> str:
    day, left = divmod(minute, DAY_MIN)
    return f"{DAYS[day]} {left // 60:02d}:{left % 60:02d}"
