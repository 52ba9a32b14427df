"""The command line's way to the desk of a running gateway."""

from pathlib import Path
from typing import Any

import click

from callpoint_cli.errors import BAD, MISSING, fail
from callpoint_cli.watch_texts import LANGUAGES
from callpoint_gateway.control import Refused, Unanswered, ask

ORIGIN = "cli"

who_option = click.option(
    "--as",
    "who",
    default="operator",
    show_default=True,
    help="The role or operator's id on record; never a name.",
)
note_option = click.option("--note", default="", help="One line, without names and numbers.")
lang_option = click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


def put(state_dir: Path, name: str, **arguments: object) -> dict[str, Any]:
    """Ask the gateway; end the command with its refusal, or when none runs."""
    try:
        return ask(state_dir, name, **arguments)
    except Refused as error:
        fail(str(error), BAD)
    except Unanswered as error:
        fail(str(error), MISSING)
