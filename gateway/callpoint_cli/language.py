"""The language of a command: ``--lang``, else the configuration's, else the environment's.

It is decided before the command is parsed, so that help and mistakes are in it as well.
"""

import os
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from callpoint_cli.options import DEFAULT_CONFIG
from callpoint_gateway.words.language import chosen, language_of
from callpoint_gateway.words.text import LANGUAGES
from callpoint_gateway.words.words import Words

_KEY: Final = f"{__name__}.language"


class LanguageName(click.ParamType):  # type: ignore[type-arg]
    """A name of a language, also with its country, script or encoding."""

    name = "LANGUAGE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | None:
        """Return one of ``LANGUAGES``; fail for another language."""
        found = language_of(str(value))
        if found is None:
            self.fail(texts()("lang.unknown", value=value, valid=", ".join(LANGUAGES)))
        return found


def language_option() -> click.Option:
    """Return the option that every command has."""
    help_text = "Language of all texts: en or zh. [default: the configuration's, else LANG's]"
    return click.Option(
        ["--lang"], type=LanguageName(), metavar="LANGUAGE", expose_value=False, help=help_text
    )


def decide(context: click.Context, arguments: Sequence[str]) -> None:
    """Keep the language of a command line for all of its command."""
    asked = _last(arguments, "--lang")
    file = _last(arguments, "--config", "-c")
    context.meta[_KEY] = chosen(asked, _configured(Path(file or DEFAULT_CONFIG)), os.environ)


def language(context: click.Context | None = None) -> str:
    """Return the language of a command, or of the command that runs."""
    context = context or click.get_current_context(silent=True)
    kept: str | None = context.meta.get(_KEY) if context is not None else None
    return kept or chosen(None, None, os.environ)


def texts() -> Words:
    """Return the texts in the language of the command that runs."""
    return Words(language())


def _last(arguments: Sequence[str], *options: str) -> str | None:
    """Return the last value of an option, as click would take it; None: it is not there."""
    found = None
    for at, argument in enumerate(arguments):
        if argument == "--":
            break
        name, equals, value = argument.partition("=")
        if name in options and equals:
            found = value
        elif argument in options and at + 1 < len(arguments):
            found = arguments[at + 1]
    return found


def _configured(file: Path) -> str | None:
    """Return ``language`` of ``[gateway]``; None where there is none that can be read.

    What is wrong with the file is said by whoever needs it.
    """
    try:
        found = (
            tomllib.loads(file.read_text(encoding="utf-8-sig")).get("gateway", {}).get("language")
        )
    except (OSError, ValueError, AttributeError):
        return None
    return found if isinstance(found, str) else None
