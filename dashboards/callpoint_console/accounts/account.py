"""An account, and the rules for its login name."""

import re
from enum import StrEnum
from typing import Final

import msgspec

from callpoint_console.accounts.roles import SECOND_FACTOR, Grant
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.control.asker import ACCOUNT

# It is the operator's id in the journal.
_LOGIN: Final = re.compile(ACCOUNT)


class Kind(StrEnum):
    """Who signs in: a person, or a screen on a wall, which only shows."""

    PERSON = "person"
    SCREEN = "screen"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account as everybody may see it: no password, no secret.

    ``must_change``: the password is another's idea. ``factor``: a second factor is set up.
    """

    id: int
    login: str
    kind: Kind
    language: str
    grants: tuple[Grant, ...]
    made_ms: int
    disabled: bool
    must_change: bool
    factor: bool

    def has(self, *roles: str) -> bool:
        """Say whether the account has one of these roles anywhere."""
        return any(role in roles for role, _ in self.grants)

    @property
    def needs_factor(self) -> bool:
        """Whether a role of the account demands a second factor."""
        return any(grant.role in SECOND_FACTOR for grant in self.grants)


def link(settings: ConsoleSettings, token: str, kind: Kind) -> str:
    """Return the address of a one-time link for an account of a kind."""
    return f"{settings.url}/{'welcome' if kind is Kind.PERSON else 'screen'}/{token}"


def login_name(text: str) -> str | None:
    """Return a login name in its only spelling; None: it can be none."""
    login = text.strip().lower()
    return login if _LOGIN.fullmatch(login) else None
