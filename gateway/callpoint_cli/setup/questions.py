"""Asks a person what ``callpoint setup`` needs; each answer is checked at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from callpoint_cli.language import language, texts
from callpoint_cli.setup.answers import Answers
from callpoint_gateway.words.decoding import decoding_mistake

_ZONE_FILE = Path("/etc/timezone")


def ask(now: Answers) -> Answers:
    """Return the answers. ``now``: what this machine has; an empty answer keeps it."""
    words = texts()
    site = now.site
    if site is not None:
        click.echo(words("setup.has", site=site))
    else:
        site = _asked(words("setup.ask_site"), "site", None)
    names = _asked(words("setup.ask_names"), "names", " ".join(now.names or []) or None, str.split)
    chosen = _asked(words("setup.ask_language"), "language", now.language or language())
    zone = _asked(words("setup.ask_time_zone"), "time_zone", now.time_zone or _machine_zone())
    url = click.prompt(words("setup.ask_public_url"), default=now.public_url or "") or None
    answers = Answers(site=site, names=names, language=chosen, time_zone=zone)
    if url is not None and url != now.public_url:
        answers = msgspec.structs.replace(answers, **_console(url))
    if now.site is None:
        account = _asked(words("setup.ask_account"), "account", "admin")
        answers = msgspec.structs.replace(answers, account=account)
    return answers


def _console(url: str) -> dict[str, Any]:
    """Ask for the certificate of an address until both files can be used."""
    words = texts()
    while True:
        found: dict[str, Any] = {
            "public_url": url,
            "certificate_file": click.prompt(words("setup.ask_certificate_file")),
            "key_file": click.prompt(words("setup.ask_key_file")),
        }
        mistakes = Answers(**found).mistakes()
        if not mistakes:
            return found
        click.echo(words.told(mistakes[0]))
        url = click.prompt(words("setup.ask_public_url"), default=url)


def _asked(
    question: str, key: str, default: str | None, shape: Callable[[str], Any] = str.strip
) -> Any:
    """Ask for one answer until it is right."""

    def checked(text: str) -> Any:
        value = shape(text)
        try:
            answers = msgspec.convert({key: value}, Answers)
        except msgspec.ValidationError as error:
            raise click.UsageError(texts().told(decoding_mistake(str(error)))) from None
        for mistake in answers.mistakes():
            raise click.UsageError(texts().told(mistake))
        return value

    return click.prompt(question, default=default, value_proc=checked)


def _machine_zone() -> str:
    """Return the machine's own time zone, UTC where it names none."""
    try:
        return _ZONE_FILE.read_text(encoding="utf-8").strip() or "UTC"
    except OSError:
        return "UTC"
