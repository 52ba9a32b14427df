"""The option ``--config`` of commands that need a configuration."""

from pathlib import Path

import click

config_file = click.option(
    "-c",
    "--config",
    "path",
    type=click.Path(path_type=Path, readable=False),
    default=Path("/etc/callpoint/gateway.toml"),
    show_default=True,
    help="Configuration file.",
)
