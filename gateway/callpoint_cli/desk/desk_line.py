"""The options of commands that ask a running gateway to do something, and their values."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

import click

from callpoint_cli.asking import asked
from callpoint_cli.journals import config_option, locate, state_dir_option
from callpoint_gateway.control.question import AnswerT, Question
from callpoint_gateway.words.text import LANGUAGES

ORIGIN = "cli"

who_option = click.option(
    "--as",
    "who",
    default="operator",
    show_default=True,
    help="Your role or operator's id, which is recorded; never a name.",
)
note_option = click.option("--note", default="", help="One line, without names and numbers.")
lang_option = click.option("--lang", type=click.Choice(LANGUAGES), default="en", show_default=True)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


class DeskLine(NamedTuple):
    """The values of those options: where the gateway is, who asks, how the answer is shown."""

    folder: Path
    who: str
    note: str
    lang: str
    as_json: bool

    def put(self, question: Question[AnswerT]) -> AnswerT:
        """Return the gateway's answer; end the command if the gateway refuses."""
        return asked(self.folder, question)


def at_the_desk(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command, which gets their values as a ``DeskLine``."""

    @config_option
    @state_dir_option
    @who_option
    @note_option
    @lang_option
    @json_option
    @wraps(command)
    def with_options(
        config_path: Path | None,
        state_dir: Path | None,
        who: str,
        note: str,
        lang: str,
        as_json: bool,
        **rest: Any,
    ) -> None:
        folder = locate(config_path, state_dir).folder
        command(DeskLine(folder, who, note, lang, as_json), **rest)

    return with_options
