"""The roles of accounts, for the whole site or for a part of its place tree."""

from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

from callpoint_gateway.configuration.places import means
from callpoint_gateway.configuration.register import Place
from callpoint_gateway.control.roles import Role

#: Who signs in with a second factor.
SECOND_FACTOR: Final = frozenset({Role.OPERATOR, Role.SUPERVISOR, Role.ADMIN})


class Grant(NamedTuple):
    """A role at a place of the register and everything within it; "" is the whole site."""

    role: Role
    place: str = ""

    def __str__(self) -> str:
        return f"{self.role}@{self.place}" if self.place else str(self.role)


class GrantMistake(ValueError):
    """A text is no grant, which is ``role`` or ``role@place``."""


def grant(text: str) -> Grant:
    """Return the grant that ``operator`` or ``operator@b3`` means. GrantMistake: it is none."""
    role, at, place = text.partition("@")
    if role not in set(Role) or (at and not place):
        raise GrantMistake(text)
    return Grant(Role(role), place)


class Places(Protocol):
    """The places that grants are for."""

    def __contains__(self, area: object) -> bool:
        """Say whether there is such a place. It may have to wait for a database."""

    def roles(self, grants: Iterable[Grant], place: str | None = None) -> frozenset[Role]:
        """Return the roles that count at a place ("": everywhere); None: anywhere."""


class PlaceTree:
    """Says which places lie within which, by the parts of their addresses."""

    def __init__(self, places: Iterable[Place]) -> None:
        """Take the places of a register."""
        self._places = {place.id: place for place in places}

    def __contains__(self, area: object) -> bool:
        return isinstance(area, str) and bool(self._meant(area))

    def within(self, place: str, around: str) -> bool:
        """Say whether a place lies at or within another; everything lies within "".

        Both are ids of the register, or the beginning of the text by which places are shown.
        """
        if not around or place == around:
            return True
        inner = self._meant(place)
        return bool(inner) and all(self._around(around, place) for place in inner)

    def _around(self, area: str, place: Place) -> bool:
        outer = self._places.get(area)
        if outer is None:
            return means(area, place)
        # A place without an address is around nothing but itself.
        parts = _parts(outer)
        return place.id == area or (bool(parts) and _parts(place)[: len(parts)] == parts)

    def _meant(self, area: str) -> list[Place]:
        if area in self._places:
            return [self._places[area]]
        return [place for place in self._places.values() if area and means(area, place)]

    def roles(self, grants: Iterable[Grant], place: str | None = None) -> frozenset[Role]:
        """Return the roles that count at a place ("": the whole site); None: anywhere."""
        return frozenset(
            grant.role for grant in grants if place is None or self.within(place, grant.place)
        )


def _parts(place: Place) -> tuple[str, ...]:
    """Return the parts of an address down to the smallest that is given; "" for each left out."""
    parts = (
        place.city,
        place.district,
        place.street,
        place.community,
        place.building,
        place.unit,
        place.room,
    )
    return parts[: max((n for n, part in enumerate(parts, 1) if part), default=0)]
