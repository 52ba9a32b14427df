"""The option ``--config`` of a district's commands, and what they load by it."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from callpoint_cli.errors import MISSING, USAGE, fail
from callpoint_district.settings import District, load
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.words.said import said

district_file = click.option(
    "-c",
    "--config",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="The district's configuration (TOML).",
)


def district_settings(path: Path) -> District:
    """Return what the file says, or end the command."""
    try:
        return load(path)
    except ConfigError as error:
        fail(error.why, USAGE)


def is_district(path: Path) -> bool:
    """Say whether a file is the configuration of a district, and not of a gateway."""
    try:
        return isinstance(tomllib.loads(path.read_text(encoding="utf-8")).get("district"), str)
    except (OSError, ValueError):
        return False


@contextmanager
def district_packages() -> Iterator[None]:
    """End the command if the extra is not installed; all other commands do without it."""
    try:
        yield
    except ImportError as missing:
        if (missing.name or "").startswith("callpoint"):
            raise
        fail(said("district.extra"), MISSING)
