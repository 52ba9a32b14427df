"""The options of commands about people, and the store that they open."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import click
from rich.table import Table

from callpoint_cli.errors import BAD, USAGE, fail
from callpoint_cli.journals import Site, config_option, locate
from callpoint_cli.language import language
from callpoint_cli.options import DEFAULT_CONFIG
from callpoint_cli.output import print_table
from callpoint_cli.owner import as_owner
from callpoint_gateway.configuration import privacy
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.printable import printable
from callpoint_gateway.words.said import either
from callpoint_people.database import FOLDER
from callpoint_people.store import PeopleStore
from callpoint_people.words import PeopleError, say

who_option = click.option(
    "--as",
    "who",
    default="admin",
    show_default=True,
    help="Your role or operator's id, which is recorded with each look; never a name.",
)


class PeopleLine(NamedTuple):
    """The values of those options. ``path``: the configuration."""

    path: Path
    site: Site
    register: Register
    who: str
    lang: str

    @property
    def now(self) -> datetime:
        """The time at the site."""
        return datetime.fromtimestamp(SystemClock().wall_ms() / 1000, self.site.zone)

    def say(self, key: str, **values: object) -> str:
        """Return a text about people in the language of the command."""
        return printable(say(key, self.lang, **values))

    @contextmanager
    def people(self) -> Iterator[PeopleStore]:
        """Yield the store; end the command with the line of what is refused."""
        try:
            with as_owner(self.site.folder / FOLDER):
                store = PeopleStore(self.site.folder)
            with store as people:
                yield people
        except PeopleError as error:
            fail(either(error.text), BAD)

    def show(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table."""
        table = Table(box=None, pad_edge=False)
        for head in heads:
            table.add_column(self.say(head))
        for row in rows:
            table.add_row(*map(printable, row))
        print_table(table)


def about_people(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command, which gets their values as a ``PeopleLine``."""

    @config_option
    @who_option
    @wraps(command)
    def with_options(config_path: Path | None, who: str, **rest: Any) -> None:
        try:
            privacy.who(who, "--as")
        except privacy.Unsaid as error:
            fail(error.why, USAGE)
        site = locate(config_path, None)
        assert site.register is not None
        command(
            PeopleLine(config_path or DEFAULT_CONFIG, site, site.register, who, language()), **rest
        )

    return with_options
