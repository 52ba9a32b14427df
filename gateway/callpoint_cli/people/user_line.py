"""The options of ``callpoint user``, and the accounts that it opens."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from zoneinfo import ZoneInfo

import click
from rich.table import Table

from callpoint_cli.errors import BAD, MISSING, USAGE, fail
from callpoint_cli.journals import settings
from callpoint_cli.language import language
from callpoint_cli.options import config_file
from callpoint_cli.output import print_table
from callpoint_cli.owner import as_owner
from callpoint_cli.people.user_words import TEXTS
from callpoint_cli.service.district_file import district_packages, district_settings, is_district
from callpoint_console.accounts.account import Kind, link
from callpoint_console.accounts.looks import LookStore
from callpoint_console.accounts.roles import Grant, GrantMistake, Places, PlaceTree, grant
from callpoint_console.accounts.schema import SUBJECTS
from callpoint_console.accounts.store import AccountStore, LastAdmin, LoginTaken, NoAccount
from callpoint_console.database import Database, DatabaseFault, file_in
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.printable import printable
from callpoint_gateway.words.said import said_by, verbatim


class UserLine(NamedTuple):
    """The values of those options, and the opened accounts."""

    console: ConsoleSettings
    zone: ZoneInfo
    language: str | None
    places: Places
    store: AccountStore
    looks: LookStore

    def text(self, key: str, **values: object) -> str:
        """Return a sentence in the language of the command."""
        return printable(TEXTS[key].in_(language()).format(**values))

    def say(self, key: str, **values: object) -> None:
        """Print a sentence."""
        click.echo(self.text(key, **values))

    def refuse(self, exit_code: int, key: str, **values: object) -> NoReturn:
        """End the command with a sentence."""
        fail(verbatim(self.text(key, **values)), exit_code)

    def link(self, token: str, kind: Kind) -> str:
        """Return the address of a one-time link."""
        return link(self.console, token, kind)

    def grants(self, written: Iterable[str]) -> list[Grant]:
        """Return the roles that were typed; end the command if one is none."""
        try:
            found = [grant(text) for text in written]
        except GrantMistake as wrong:
            self.refuse(USAGE, "bad_role", text=wrong, roles=", ".join(Role))
        for _, place in found:
            if place and place not in self.places:
                at_site = isinstance(self.places, PlaceTree)
                self.refuse(USAGE, "bad_place" if at_site else "bad_area", place=place)
        return found

    def show(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table whose heads are keys of texts."""
        table = Table(box=None, pad_edge=False)
        for head in heads:
            table.add_column(self.text(head))
        for row in rows:
            table.add_row(*map(printable, row))
        print_table(table)


def about_users(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command, which gets their values as a ``UserLine``."""

    @config_file
    @wraps(command)
    def with_options(path: Path, **rest: Any) -> None:
        of = _of_district if is_district(path) else _of_site
        with of(path) as kept, _opened(kept.state_dir) as database:
            clock = SystemClock()
            store, looks = AccountStore(database, clock), LookStore(database, clock)
            line = UserLine(kept.console, kept.zone, kept.language, kept.places, store, looks)
            try:
                command(line, **rest)
            except LoginTaken as taken:
                line.refuse(BAD, "taken", login=taken)
            except NoAccount as gone:
                line.refuse(BAD, "gone", login=gone.args[0])
            except LastAdmin:
                line.refuse(BAD, "last_admin")

    return with_options


class _Kept(NamedTuple):
    """Where accounts are kept, and what their texts and roles go by."""

    state_dir: Path
    console: ConsoleSettings
    zone: ZoneInfo
    language: str | None
    places: Places


@contextmanager
def _of_site(path: Path) -> Iterator[_Kept]:
    config, register = settings(path)
    gateway, places = config.gateway, PlaceTree(register.places())
    yield _Kept(Path(gateway.state_dir), config.console, gateway.zone, gateway.language, places)


@contextmanager
def _of_district(path: Path) -> Iterator[_Kept]:
    with district_packages():
        from callpoint_district.console.places import GridPlaces
        from callpoint_district.database import Database as DistrictDatabase
        from callpoint_district.database import DatabaseError
    district = district_settings(path)
    database = DistrictDatabase(district.database)
    places = GridPlaces(database)
    try:
        yield _Kept(Path(district.state_dir), district.console, district.zone, None, places)
    except DatabaseError as error:
        fail(error.why, MISSING)
    finally:
        database.close()


@contextmanager
def _opened(state_dir: Path) -> Iterator[Database]:
    """Yield the console's database; end the command with one line if it cannot be used."""
    file = file_in(state_dir)
    try:
        with as_owner(file.parent):
            database = Database(file, SUBJECTS)
            try:
                yield database
            finally:
                database.close()
    except DatabaseFault as fault:
        fail(said_by(fault), MISSING)
