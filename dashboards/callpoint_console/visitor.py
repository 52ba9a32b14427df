"""Who looks at a page: what they may see and do, and under which id it goes on record."""

from collections.abc import Collection
from typing import Any, Final, NamedTuple

from starlette.requests import Request

from callpoint_gateway.control.question import Question
from callpoint_gateway.control.roles import Role

_EVERY_ROLE: Final = "*"


class Scope(NamedTuple):
    """What pages show and offer. Two visitors with the same scope see the same pages.

    ``grants``: pairs of a role and a place, of which the role covers all that is below; the empty
    place is the whole site.
    """

    grants: frozenset[tuple[str, str]]

    def sees(self, place: str) -> bool:
        """Say whether what is at a place (its id) is shown."""
        return any(_covers(granted, place) for _, granted in self.grants)

    def may(self, question: type[Question[Any]], place: str = "") -> bool:
        """Say whether a question may be put to the gateway that concerns a place (its id)."""
        wanted: Collection[str] = getattr(question, "may", ())
        return any(
            (role == _EVERY_ROLE or role in wanted) and _covers(granted, place)
            for role, granted in self.grants
        )

    def role_for(self, question: type[Question[Any]], place: str = "") -> Role | None:
        """Return the role by which ``may`` allows a question; None where everything is allowed."""
        wanted: Collection[str] = getattr(question, "may", ())
        return next(
            (
                Role(role)
                for role, granted in sorted(self.grants)
                if role in wanted and _covers(granted, place)
            ),
            None,
        )


def _covers(granted: str, place: str) -> bool:
    return not granted or place == granted or place.startswith(f"{granted}/")


#: The scope of somebody who may see and do everything.
EVERYTHING: Final = Scope(frozenset({(_EVERY_ROLE, "")}))


class Visitor(NamedTuple):
    """Somebody who looks at a page; ``login`` is an operator's id, never a person's name."""

    login: str
    scope: Scope


#: Whoever comes, where the console has no accounts.
ANYBODY: Final = Visitor("operator", EVERYTHING)


def visitor_of(request: Request) -> Visitor:
    """Return who has sent a request."""
    visitor = getattr(request.state, "visitor", None)
    return visitor if isinstance(visitor, Visitor) else ANYBODY
