"""``callpoint setup``: makes this machine the gateway of a site."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import click

from callpoint_cli.errors import BAD, USAGE, fail
from callpoint_cli.language import language, texts
from callpoint_cli.service.run import load
from callpoint_cli.setup import broker_part, site_files, units
from callpoint_cli.setup.answers import Answers, from_file
from callpoint_cli.setup.open_points import open_points
from callpoint_cli.setup.places import (
    BROKER,
    CONSOLE,
    GATEWAY,
    NOTIFIER,
    USER,
    Places,
    check_machine,
)
from callpoint_cli.setup.questions import ask
from callpoint_gateway.broker.authority import AuthorityError
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.words.said import of, said, said_by, verbatim


@click.command()
@click.option(
    "--answers",
    "file",
    type=click.Path(path_type=Path, readable=False),
    help="File with the answers (TOML), instead of questions.",
)
@click.option(
    "--again", is_flag=True, help="Make the broker's certificate anew if it lacks a name."
)
def setup(file: Path | None, again: bool) -> None:
    """Set this machine up as the gateway of a site.

    It leaves a running broker, gateway and console with a first account. It may be run again: it
    shows what there is, changes only what is asked, and never writes over a key. It ends with a
    list of what is still open.

    Example: callpoint setup --answers answers.toml
    """
    answers = _from(file) if file is not None else None
    check_machine()
    places = Places()
    now = present(places)
    if answers is None:
        answers = ask(now)
    site = _site(answers, now, places, file)
    names = answers.names or _missing("names", now.names, file)
    changed = _written(answers, site, names, places, again)
    config, register = load(places.configuration)
    first = _first_account(answers.account, places)
    _start(config.notify.enabled, changed, first)
    words = texts()
    if first is not None and config.console.public_url is None:
        click.echo(words("setup.console_here", port=config.console.port))
    click.echo(words("setup.open"))
    points = open_points(config, register, answers, places, first=first is not None)
    for number, point in enumerate(points, 1):
        click.echo(f"{number}. {words.told(point)}")


def _from(file: Path) -> Answers:
    try:
        return from_file(file)
    except ConfigError as error:
        fail(error.why, USAGE)


def present(places: Places) -> Answers:
    """Return what this machine has, as answers; end the command if its files cannot be read."""
    try:
        site = broker_part.site_of(places)
        names = broker_part.names_of(places)
        text = places.configuration.read_text(encoding="utf-8")
        found: dict[str, Any] = tomllib.loads(text)
    except FileNotFoundError:
        return Answers(site=site, names=names)
    except AuthorityError as error:
        fail(error.why, USAGE)
    except (OSError, ValueError) as error:
        fail(of(str(places.configuration), said_by(error)), USAGE)
    gateway = found.get("gateway", {})
    return Answers(
        site=site or gateway.get("site"),
        names=names,
        language=gateway.get("language"),
        time_zone=gateway.get("time_zone"),
        public_url=found.get("console", {}).get("public_url"),
    )


def _site(answers: Answers, now: Answers, places: Places, file: Path | None) -> str:
    site: str = answers.site or _missing("site", now.site, file)
    if now.site is not None and now.site != site:
        fail(said("setup.other_site", found=now.site, site=site), USAGE)
    return site


def _missing(key: str, present: Any, file: Path | None) -> Any:
    """Return what the machine has for an answer that was not given; end the command without."""
    if not present:
        fail(said("setup.missing", file=str(file), key=key), USAGE)
    return present


def _written(
    answers: Answers, site: str, names: list[str], places: Places, again: bool
) -> set[str]:
    """Write every file of the site, and return the units that must start anew."""
    changed: set[str] = set()
    try:
        if broker_part.set_up(places, site, names, again=again):
            changed.add(BROKER)
        if places.configuration.exists():
            text = places.configuration.read_text(encoding="utf-8")
        else:
            text = site_files.new_configuration(site, broker_part.GATEWAY_PORT, places)
        text = site_files.changed(text, site_files.values(answers))
        _tell(places.register, site_files.write_register(places.register))
        if _tell(places.configuration, site_files.write(places.configuration, text)):
            changed |= {GATEWAY, CONSOLE, NOTIFIER}
        if units.write_certificate(answers, places):
            changed.add(CONSOLE)
    except AuthorityError as error:
        fail(said("setup.no_certificate_for", why=error.why), USAGE)
    except ValueError as error:
        fail(said_by(error), USAGE)
    _tell(places.broker / "mosquitto.conf", BROKER in changed)
    return changed


def _tell(file: Path, written: bool) -> bool:
    words = texts()
    click.echo(words("setup.written", file=file) if written else words("setup.kept", file=file))
    return written


def _first_account(login: str, places: Places) -> str | None:
    """Make the console's first account, and return what there is to say; None: it has some."""
    if json.loads(_callpoint(places, "user", "list", "--json")):
        return None
    return _callpoint(places, "--lang", language(), "user", "add", login, "--role", "admin")


def _callpoint(places: Places, *words: str) -> str:
    """Run a command as the service's own user, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-I", "-m", "callpoint_cli.main", *words, "-c", places.configuration],
        user=USER,
        group=USER,
        extra_groups=[],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        fail(verbatim(done.stderr.strip()), BAD)
    return done.stdout.strip()


def _start(notifies: bool, changed: set[str], first: str | None) -> None:
    """Enable and start the units, and tell how to sign in."""
    words = texts()
    wanted = [BROKER, GATEWAY, CONSOLE, *([NOTIFIER] if notifies else [])]
    units.enable(wanted)
    if units.systemd_runs():
        units.start(wanted, changed)
        for unit in wanted:
            click.echo(words("setup.running", unit=unit))
    else:
        click.echo(words("setup.no_systemd", units=" ".join(wanted)))
    if first is not None:
        click.echo(first)
