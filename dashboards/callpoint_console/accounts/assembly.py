"""Joins what there is about accounts, for the console and for ``callpoint user``."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from callpoint_console.accounts.account import Account, Kind, link
from callpoint_console.accounts.credentials import Credentials
from callpoint_console.accounts.looks import LookStore
from callpoint_console.accounts.passwords import Passwords
from callpoint_console.accounts.roles import Grant, Places, PlaceTree
from callpoint_console.accounts.sessions import OnShift, SessionStore
from callpoint_console.accounts.sign_in import SignIn
from callpoint_console.accounts.store import AccountStore
from callpoint_console.database import Database
from callpoint_gateway.configuration.config import Config
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import Clock


def _all(grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
    return grants


@dataclass(frozen=True)
class Accounts:
    """Accounts, sessions and looks of one console; ``tree``: the places that roles are for.

    ``zone``: the site's time zone. ``here`` returns what of the grants of an account counts at
    these pages, where they are one site of several.
    """

    site: str
    settings: ConsoleSettings
    tree: Places
    zone: ZoneInfo
    database: Database
    store: AccountStore
    credentials: Credentials
    sessions: SessionStore
    sign_in: SignIn
    looks: LookStore
    here: Callable[[tuple[Grant, ...]], tuple[Grant, ...]] = _all

    def link(self, token: str, kind: Kind) -> str:
        """Return the address of a one-time link."""
        return link(self.settings, token, kind)

    def time(self, ms: int) -> str:
        """Return Unix ms as people of the site read them."""
        return f"{datetime.fromtimestamp(ms / 1000, self.zone):%Y-%m-%d %H:%M}"

    def account_here(self, account: Account) -> Account:
        """Return an account with those of its grants that count at these pages."""
        return msgspec.structs.replace(account, grants=self.here(account.grants))

    def role(self, account: Account, allowed: frozenset[Role], place: str | None) -> Role | None:
        """Return the first role of an account that is allowed at a place; None: it has none.

        ``place``: "" for what concerns the whole site, None for what is anywhere.
        """
        has = self.tree.roles(self.here(account.grants), place) & allowed
        return next((role for role in Role if role in has), None)


def accounts_of(
    database: Database,
    config: Config,
    register: Register,
    clock: Clock,
    on_shift: OnShift = lambda connection, account: False,
    passwords: Passwords | None = None,
) -> Accounts:
    """Return what there is about accounts in an open database with ``schema.SUBJECTS``."""
    tree, zone = PlaceTree(register.places()), config.gateway.zone
    return accounts_in(
        database,
        config.gateway.site,
        config.console,
        tree,
        zone,
        clock,
        on_shift=on_shift,
        passwords=passwords,
    )


def accounts_in(
    database: Database,
    site: str,
    settings: ConsoleSettings,
    tree: Places,
    zone: ZoneInfo,
    clock: Clock,
    *,
    on_shift: OnShift = lambda connection, account: False,
    passwords: Passwords | None = None,
) -> Accounts:
    """Return what there is about accounts, for whatever place it is."""
    sessions = SessionStore(database, settings, clock, on_shift)
    return Accounts(
        site=site,
        settings=settings,
        tree=tree,
        zone=zone,
        database=database,
        store=AccountStore(database, clock),
        credentials=Credentials(database, clock),
        sessions=sessions,
        sign_in=SignIn(database, sessions, passwords or Passwords(), clock),
        looks=LookStore(database, clock),
    )
