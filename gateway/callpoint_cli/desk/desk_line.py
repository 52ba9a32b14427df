"""The options of commands that ask a running gateway to do something, and their values."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import click

from callpoint_cli.asking import asked
from callpoint_cli.journals import config_option, locate, state_dir_option
from callpoint_gateway.control.question import AnswerT, Question
from callpoint_gateway.control.roles import Role

role_option = click.option(
    "--as",
    "role",
    type=click.Choice([role.value for role in Role]),
    callback=lambda _, __, name: None if name is None else Role(name),
    help="Act by this one of your roles only; it is recorded.",
)
note_option = click.option("--note", default="", help="One line, without names and numbers.")
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


class DeskLine(NamedTuple):
    """The values of those options: where the gateway is, by which role, how it is shown."""

    folder: Path
    role: Role | None
    note: str
    as_json: bool

    def put(self, question: Question[AnswerT]) -> AnswerT:
        """Return the gateway's answer; end the command if the gateway refuses."""
        return asked(self.folder, question, self.role)


def at_the_desk(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command, which gets their values as a ``DeskLine``."""

    @config_option
    @state_dir_option
    @role_option
    @note_option
    @json_option
    @wraps(command)
    def with_options(
        config_path: Path | None,
        state_dir: Path | None,
        role: Role | None,
        note: str,
        as_json: bool,
        **rest: Any,
    ) -> None:
        folder = locate(config_path, state_dir).folder
        command(DeskLine(folder, role, note, as_json), **rest)

    return with_options
