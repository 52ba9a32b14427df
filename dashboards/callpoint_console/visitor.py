"""Who looks at a page: what they may see and do, and under which id it goes on record."""

from typing import Final, NamedTuple

from starlette.requests import Request

from callpoint_gateway.control.roles import EVERYBODY, Role


class Scope(NamedTuple):
    """What pages show and offer. Two visitors with the same scope see the same pages.

    ``grants``: each role with the place at and below which it counts, "" for the whole site.
    """

    grants: frozenset[tuple[Role, str]]

    @property
    def everywhere(self) -> bool:
        """Whether everything of the site is shown."""
        return any(not place for _, place in self.grants)

    def areas(self, roles: frozenset[Role] = EVERYBODY) -> frozenset[str]:
        """Return the places at which one of these roles counts."""
        return frozenset(place for role, place in self.grants if role in roles)


#: The scope of somebody who may see and do everything.
EVERYTHING: Final = Scope(frozenset((role, "") for role in Role))


class Visitor(NamedTuple):
    """Somebody who looks at a page.

    ``login``: an operator's id, never a person's name; "" where the console has no accounts.
    """

    login: str
    scope: Scope


#: Whoever has not signed in, where the console has accounts.
NOBODY: Final = Visitor("", Scope(frozenset()))
#: Whoever comes, where the console has no accounts.
ANYBODY: Final = Visitor("", EVERYTHING)


def visitor_of(request: Request) -> Visitor:
    """Return who has sent a request."""
    visitor = getattr(request.state, "visitor", None)
    return visitor if isinstance(visitor, Visitor) else ANYBODY
