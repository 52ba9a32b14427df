"""The option ``--config`` of commands that need a configuration."""

from pathlib import Path
from typing import Final

import click

DEFAULT_CONFIG: Final = Path("/etc/callpoint/gateway.toml")

config_file = click.option(
    "-c",
    "--config",
    "path",
    type=click.Path(path_type=Path, readable=False),
    default=DEFAULT_CONFIG,
    show_default=True,
    help="Configuration file.",
)
