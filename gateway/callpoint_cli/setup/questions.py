"""Asks a person what ``callpoint setup`` needs; each answer is checked at once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from callpoint_cli.language import language, texts
from callpoint_cli.setup.answers import Answers

_ZONE_FILE = Path("/etc/timezone")


def ask(now: Answers) -> Answers:
    """Return the answers. ``now``: what this machine has; an empty answer keeps it."""
    words = texts()
    site = now.site
    if site is not None:
        click.echo(words("setup.has", site=site))
    else:
        site = _asked("site", None)
    names = _asked("names", " ".join(now.names or []) or None, str.split)
    chosen = _asked("language", now.language or language())
    zone = _asked("time_zone", now.time_zone or _machine_zone())
    url = _asked("public_url", now.public_url or "", alone=False) or None
    answers = Answers(site=site, names=names, language=chosen, time_zone=zone)
    if url is not None and url != now.public_url:
        answers = msgspec.structs.replace(answers, **_console(url))
    if now.site is None:
        answers = msgspec.structs.replace(answers, account=_asked("account", "admin"))
    return answers


def _console(url: str) -> dict[str, str]:
    """Ask for the certificate of an address until both files can be used."""
    while True:
        found = {
            "public_url": url,
            "certificate_file": _asked("certificate_file", None, alone=False),
            "key_file": _asked("key_file", None, alone=False),
        }
        mistakes = Answers(**found).mistakes()
        if not mistakes:
            return found
        click.echo(texts().told(mistakes[0]))
        url = _asked("public_url", url, alone=False)


def _asked(
    key: str,
    default: str | None,
    shape: Callable[[str], Any] = str.strip,
    *,
    alone: bool = True,
) -> Any:
    """Ask for one answer until it is right. ``alone``: it can be judged without the others."""

    def checked(text: str) -> Any:
        value = shape(text)
        if not alone:
            return value
        try:
            answers = msgspec.convert({key: value}, Answers)
        except msgspec.ValidationError as error:
            raise click.UsageError(str(error)) from None
        for mistake in answers.mistakes():
            raise click.UsageError(texts().told(mistake))
        return value

    question = texts()(f"setup.ask_{key}")
    return click.prompt(question, default=default, value_proc=checked)


def _machine_zone() -> str:
    """Return the machine's own time zone, UTC where it names none."""
    try:
        return _ZONE_FILE.read_text(encoding="utf-8").strip() or "UTC"
    except OSError:
        return "UTC"
