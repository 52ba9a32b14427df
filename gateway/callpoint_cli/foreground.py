"""Runs a service in the foreground: it logs to standard output, and ends when it is told to."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, Final

from callpoint_cli.errors import MISSING, fail
from callpoint_gateway.host.blocking import use_threads
from callpoint_gateway.host.log_lines import Format, Lines, LineWriter
from callpoint_gateway.host.service_error import ServiceError
from callpoint_gateway.host.unexpected import log_uncaught

UMASK: Final = 0o077  # as in the units: what a service writes is its own unless it says otherwise
CRASHED: Final = 1  # as Python ends after an exception; systemd then starts the service again

log = logging.getLogger(__name__)
Service = Coroutine[Any, Any, None]


def run_until_told(
    name: str,
    service: Callable[[], Service],
    *,
    log_level: str = "info",
    log_format: Format = "logfmt",
    hung_up: Callable[[], None] | None = None,
) -> None:
    """Run a service until SIGTERM or Ctrl-C, or end the command when the service fails.

    ``name``: as the log calls it, such as ``the gateway``. ``hung_up`` is called at each SIGHUP;
    a service without it has no reload, says so and goes on.
    """
    os.umask(UMASK)
    stream = LineWriter(sys.stdout)
    stream.setFormatter(Lines(log_format))
    logging.basicConfig(level=log_level.upper(), handlers=[stream])
    try:
        asyncio.run(_until_told(service(), hung_up))
    except ServiceError as error:
        fail(error.why, MISSING)
    except Exception:
        log.critical("%s has ended", name, exc_info=True)
        raise SystemExit(CRASHED) from None


async def _until_told(service: Service, hung_up: Callable[[], None] | None) -> None:
    loop = asyncio.get_running_loop()
    log_uncaught(loop)
    use_threads(loop)
    running = asyncio.ensure_future(service)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    loop.add_signal_handler(signal.SIGHUP, hung_up or _no_reload)
    try:
        await running
    except asyncio.CancelledError:
        log.info("stopped")


def _no_reload() -> None:
    log.warning("SIGHUP: files are read at the start only; restart to have them read again")
