"""Who asks at a district, and how a command of theirs asks a gateway or the database."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from callpoint_cli.errors import BAD, MISSING, USAGE, fail
from callpoint_cli.service.district_file import (
    district_file,
    district_packages,
    district_settings,
)
from callpoint_district.settings import District
from callpoint_gateway.configuration import privacy
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.question import AnswerT, Question, QuestionRefused
from callpoint_gateway.control.roles import Role

if TYPE_CHECKING:
    from callpoint_district.database import Database

#: What entries have as the origin of what is asked here.
ORIGIN: Final = "district"

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def for_a_person(command: Callable[..., None]) -> Callable[..., None]:
    """Add ``--account``, ``--as`` and ``-c``; the command gets them as ``settings`` and ``by``."""

    @click.option("--account", required=True, help="The operator's id at the district; no name.")
    @click.option(
        "--as",
        "role",
        type=click.Choice([role.value for role in Role]),
        required=True,
        help="The operator's role.",
    )
    @district_file
    @wraps(command)
    def with_person(account: str, role: str, path: Path, **rest: Any) -> None:
        try:
            by = By(privacy.who(account, "--account"), Role(role), ORIGIN)
        except privacy.Unsaid as error:
            fail(error.why, USAGE)
        command(settings=district_settings(path), by=by, **rest)

    return with_person


@contextmanager
def database_of(settings: District) -> Iterator["Database"]:
    """Yield the district's database; end the command if it cannot be used, or refuses."""
    with district_packages():
        from callpoint_district.database import Database, DatabaseError, usable
    database = Database(settings.database)
    try:
        database.migrate()
        with usable():
            yield database
    except DatabaseError as error:
        fail(error.why, MISSING)
    except QuestionRefused as error:
        fail(error.why, BAD)
    finally:
        database.close()


def asked_at(settings: District, gateway: str, question: Question[AnswerT], by: By) -> AnswerT:
    """Return a gateway's answer; end the command if it refuses or does not answer."""
    with district_packages():
        from callpoint_district.sites.asking import AskingLine

    async def asked() -> AnswerT:
        async with AskingLine(settings) as line:
            return await line.ask(gateway, question, by)

    try:
        return asyncio.run(asked())
    except QuestionRefused as error:
        fail(error.why, BAD)
