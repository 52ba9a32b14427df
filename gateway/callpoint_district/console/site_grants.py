"""What of the grants of a district's account counts at one site."""

from functools import lru_cache
from typing import Final

from callpoint_console.accounts.roles import Grant
from callpoint_district.console.places import gateway_of_place
from callpoint_gateway.configuration.places import means
from callpoint_gateway.configuration.register import Register

_REMEMBERED: Final = 256


class SiteGrants:
    """Turns grants for parts of the grid into grants at a site. Nothing is left: it is hidden."""

    def __init__(self, gateway: str, register: Register | None) -> None:
        """``register``: without it only a grant for everything or for this site counts."""
        self._gateway = gateway
        self._places = register.places() if register else []
        self.of = lru_cache(_REMEMBERED)(self._of)

    def _of(self, grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
        here = (self._here(grant) for grant in grants)
        return tuple(dict.fromkeys(grant for grant in here if grant is not None))

    def _here(self, grant: Grant) -> Grant | None:
        if not grant.place:
            return grant
        gateway = gateway_of_place(grant.place)
        if gateway is not None:
            return Grant(grant.role) if gateway == self._gateway else None
        within = [means(grant.place, place) for place in self._places]
        if within and all(within):
            return Grant(grant.role)
        return grant if any(within) else None
