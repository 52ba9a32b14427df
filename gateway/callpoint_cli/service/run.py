"""``callpoint run``: the gateway, in the foreground."""

import sys
from pathlib import Path

import click

from callpoint_cli.errors import USAGE, fail
from callpoint_cli.foreground import run_until_told
from callpoint_cli.options import config_file
from callpoint_gateway.centres.protocol_table import PROTOCOLS
from callpoint_gateway.centres.routing import check as check_routes
from callpoint_gateway.configuration import config as configuration
from callpoint_gateway.configuration import register as registers
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.host.clock import Clock, SystemClock
from callpoint_gateway.host.log_lines import Format
from callpoint_gateway.reload import Reload
from callpoint_gateway.service import serve

# How long one thread may hold Python's lock while another waits for it. An event needs the lock
# some twenty times, and each time waits for the thread that prepares readings: with Python's
# default of 5 ms it waits for whole batches. Less than this costs more in switching than it gains.
SWITCH_S = 0.0002


def _load(path: Path) -> tuple[configuration.Config, registers.Register]:
    config = configuration.load(path, PROTOCOLS)
    register = registers.load(Path(config.gateway.register))
    check_routes(config, register, path)
    config.arming.check(register.partitions)
    return config, register


def load(path: Path) -> tuple[configuration.Config, registers.Register]:
    """Return configuration and register; end the command with the line that is wrong."""
    try:
        return _load(path)
    except ConfigError as error:
        fail(error.why, USAGE)


def start(path: Path, log_format: Format | None, clock: Clock) -> None:
    """Run the gateway of a configuration until it is told to stop, or end the command."""
    try:
        reload = Reload(lambda: _load(path))
    except ConfigError as error:
        fail(error.why, USAGE)
    config = reload.config
    sys.setswitchinterval(SWITCH_S)
    run_until_told(
        "the gateway",
        lambda: reload.run(lambda config, register: serve(config, register, clock, reload)),
        log_level=config.gateway.log_level,
        log_format=log_format or config.gateway.log_format,
        hung_up=reload.hang_up,
    )


@click.command()
@config_file
@click.option(
    "--log-format",
    type=click.Choice(["logfmt", "json"]),
    help="Format of the log, instead of the configuration's.",
)
def run(path: Path, log_format: Format | None) -> None:
    """Run the gateway until it is told to stop (SIGTERM or Ctrl-C).

    If the broker or a centre is away, the gateway waits for it and logs that. SIGHUP or
    'callpoint reload' has it read configuration and register again.

    Example: callpoint run -c gateway.toml
    """
    start(path, log_format, SystemClock())
