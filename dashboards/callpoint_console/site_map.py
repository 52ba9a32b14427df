"""The places of a site as people walk them: the site, its buildings, and what is in each.

A spot is a place by its parts, the largest first: ``("Garden", "3", "301")``. It need not have an
entry in the register: the building above the flats has none.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple

from callpoint_console.accounts.roles import PlaceTree
from callpoint_console.visitor import Scope
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.control.roles import Role

Spot = tuple[str, ...]
_PIECES: Final = re.compile(r"([0-9]+)")


class Sensed(NamedTuple):
    """A device and where it hangs; ``place`` is the id of its place."""

    device: str
    spot: Spot
    place: str


class SiteMap:
    """The places and devices of a register, looked up by spot."""

    def __init__(self, register: Register | None, site: str) -> None:
        """``site``: what the site is called if its places do not say so."""
        self._register = register
        places = register.places() if register else []
        self._tree = PlaceTree(places)
        self._seen: dict[Scope, frozenset[str]] = {}
        self._in_areas: dict[tuple[str, frozenset[str]], bool] = {}
        self._spots = {place.id: _spot(place) for place in places}
        self._named = {
            area_text(spot[:size]): spot[:size]
            for spot in self._spots.values()
            for size in range(1, len(spot) + 1)
        }
        self.devices: dict[str, Sensed] = {}
        for name in register.device_ids() if register else []:
            place = register.place_of(name) if register else None
            if place is not None:
                self.devices[name] = Sensed(name, self._spots[place.id], place.id)
        self.top: Final = _top(self._spots.values())
        self.name = self.top[-1] if self.top else site
        self.buildings = self._buildings(places)

    def _buildings(self, places: Iterable[Place]) -> dict[Spot, list[str]]:
        """Return the devices of each building; a place without one stands for itself."""
        self._building_of: dict[Spot, Spot] = {}
        for place in places:
            self._building_of[self._spots[place.id]] = _building(place)
        found: dict[Spot, list[str]] = {building: [] for building in self._building_of.values()}
        for sensed in self.devices.values():
            found[self._building_of[sensed.spot]].append(sensed.device)
        return dict(sorted(found.items(), key=lambda item: _natural(item[0])))

    def spot_of(self, place: str) -> Spot:
        """Return the spot of a place's id; the id itself if the register has no such place."""
        return self._spots.get(place, (place,) if place else ())

    def whole_spots(self, places: Iterable[str]) -> list[Spot]:
        """Return the largest spots that some places (their ids) fill, sorted.

        All flats of a building are the building; a place that the register lacks is itself.
        """
        spots = {self.spot_of(place) for place in places}
        chosen = _parts_counted(spots)
        every = _parts_counted(set(self._spots.values()))
        found = (
            next(part for part in _parts(spot) if chosen[part] >= every[part]) for spot in spots
        )
        return sorted(set(found), key=_natural)

    def areas(self) -> list[str]:
        """Return the ``area_text`` of each part of the place tree, down to the buildings."""
        spots = {spot[:size] for spot in self.buildings for size in range(1, len(spot) + 1)}
        return [area_text(spot) for spot in sorted(spots, key=_natural)]

    def spot_named(self, area: str) -> Spot:
        """Return the spot of a place's id or of an ``area_text``; the text itself if none fits."""
        return self._named.get(area) or self.spot_of(area)

    def place_of(self, device: str) -> str:
        """Return the id of a device's place, "" if the register does not know the device."""
        sensed = self.devices.get(device)
        return sensed.place if sensed else ""

    def in_areas(self, place: str, areas: frozenset[str]) -> bool:
        """Say whether a place (its id) is in one of some areas.

        An area is "" (everything), the id of a place, or the beginning of the text by which
        places are shown; see ``configuration.places``.
        """
        if "" in areas:
            return True
        key = place, areas
        if key not in self._in_areas:
            self._in_areas[key] = any(self._tree.within(place, area) for area in areas)
        return self._in_areas[key]

    def seen(self, scope: Scope) -> Collection[str]:
        """Return the devices that somebody with this scope sees."""
        if scope.everywhere:
            return self.devices.keys()
        if scope not in self._seen:
            areas = scope.areas()
            self._seen[scope] = frozenset(
                name for name, each in self.devices.items() if self.in_areas(each.place, areas)
            )
        return self._seen[scope]

    def role(self, scope: Scope, roles: frozenset[Role], place: str) -> Role | None:
        """Return the role, of those that are enough, that somebody has at a place (its id).

        ``place``: "" for the whole site. None: none of them.
        """
        for role in Role:
            if role in roles and self.in_areas(place, scope.areas(frozenset({role}))):
                return role
        return None

    def building_of(self, device: str) -> Spot | None:
        """Return the building of a device; None if the register does not know the device."""
        sensed = self.devices.get(device)
        return self._building_of[sensed.spot] if sensed else None

    def device(self, name: str) -> Device | None:
        """Return a device of the register, None if it has no such device."""
        return self._register.device(name) if self._register else None

    def profile_of(self, place: str) -> Profile:
        """Return what a place (its id) is used as."""
        known = self.place(place)
        return known.profile if known else Profile.ESTATE

    def place(self, place: str) -> Place | None:
        """Return a place of the register by its id, None if there is none."""
        return self._register.place(place) if self._register else None

    def guard_of(self, device: str, zone: int) -> str | None:
        """Return the partition that guards a zone, None if none does."""
        return self._register.guard_of(device, zone) if self._register else None

    def below(self, spot: Spot) -> list[Spot]:
        """Return the parts of a spot: each next larger part that any place in it has."""
        size = len(spot)
        parts = {each[: size + 1] for each in self._spots.values() if _within(each, spot)}
        return sorted((part for part in parts if len(part) > size), key=_natural)

    def devices_in(self, spot: Spot) -> list[Sensed]:
        """Return the devices at a spot and in all its parts."""
        inside = [sensed for sensed in self.devices.values() if _within(sensed.spot, spot)]
        return sorted(inside, key=lambda sensed: (_natural(sensed.spot), sensed.device))

    def has(self, spot: Spot) -> bool:
        """Say whether any place is at a spot or in it."""
        return not spot or any(_within(each, spot) for each in self._spots.values())

    def short(self, spot: Spot) -> str:
        """Return a spot as people on the site say it, without what all places have in common."""
        own = spot[len(self.top) :] if spot[: len(self.top)] == self.top else spot
        return " / ".join(own or spot[-1:])

    def search(self, text: str, limit: int) -> tuple[list[Spot], list[Sensed]]:
        """Return the spots and the devices whose name contains every word of ``text``."""
        words = text.casefold().split()
        if not words:
            return [], []

        def fits(named: str) -> bool:
            return all(word in named.casefold() for word in words)

        spots = {spot[: size + 1] for spot in self._spots.values() for size in range(len(spot))}
        found = sorted((spot for spot in spots if fits(" ".join(spot))), key=_natural)
        devices = [
            sensed
            for sensed in self.devices.values()
            if fits(f"{sensed.device} {' '.join(sensed.spot)}")
        ]
        return found[:limit], devices[:limit]


def area_text(spot: Spot) -> str:
    """Return a spot as the text by which configuration and levels name it."""
    return " / ".join(spot)


def _parts(spot: Spot) -> Iterator[Spot]:
    """Yield what a spot is in, the largest first, and the spot itself."""
    return (spot[:size] for size in range(1, len(spot) + 1))


def _parts_counted(spots: Iterable[Spot]) -> Counter[Spot]:
    return Counter(part for spot in spots for part in _parts(spot))


def _spot(place: Place) -> Spot:
    return place.grid or (place.id,)


def _building(place: Place) -> Spot:
    inside = sum(1 for part in (place.unit, place.room) if part)
    spot = _spot(place)
    return spot[: len(spot) - inside] or spot


def _within(spot: Spot, outer: Spot) -> bool:
    return spot[: len(outer)] == outer


def _top(spots: Iterable[Spot]) -> Spot:
    """Return the parts that all spots begin with, and never the whole of one."""
    every = list(spots)
    shortest = min(map(len, every), default=1)
    return common(every)[: shortest - 1]


def common(spots: Iterable[Spot]) -> Spot:
    """Return the parts with which all spots begin."""
    every = set(spots)
    if not every:
        return ()
    first, last = min(every), max(every)
    same = (n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    return first[: next(same, min(len(first), len(last)))]


def natural(text: str) -> list[tuple[int, str]]:
    """Return a key by which room 3 comes before room 10."""
    return [(int(piece), "") if piece.isdecimal() else (0, piece) for piece in _PIECES.split(text)]


def _natural(spot: Spot) -> list[list[tuple[int, str]]]:
    return [natural(part) for part in spot]
