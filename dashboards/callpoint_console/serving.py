"""Serves the console over HTTP until it is told to stop."""

import asyncio
import ctypes
import gc
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

import uvicorn
from starlette.applications import Starlette

from callpoint_console.connections import HEAD_BYTES, BoundedConnection, open_files
from callpoint_console.reloading import Reloading
from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.host.blocking import use_threads
from callpoint_gateway.host.notify import Notify
from callpoint_gateway.host.unexpected import end_all

END_S: Final = 3
_ALIVE_TICKS: Final = 50
_TRIM_TICKS: Final = 600
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Shown(Protocol):
    """What is served: pages with streams that stay open."""

    def end_streams(self) -> None:
        """End the streams of open pages."""

    def refresh(self) -> None:
        """Tell open pages that something beside the site has changed."""


class _Server(uvicorn.Server):
    """A server that ends the streams of open pages before it waits for them."""

    def __init__(self, config: uvicorn.Config, console: Shown, ready: Callable[[], None]) -> None:
        """``ready`` is called when the first request can come."""
        super().__init__(config)
        self._console = console
        self._ready = ready
        self._systemd = Notify()
        self.told_to_stop = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()
            self._systemd.tell("READY=1")

    async def on_tick(self, counter: int) -> bool:
        # uvicorn calls it ten times a second.
        if self._systemd.watchdog_s and counter % _ALIVE_TICKS == 0:
            self._systemd.tell("WATCHDOG=1")
        if counter % _TRIM_TICKS == 0:
            _give_back()
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own raises the signal again at the end, which would make a stop a failure.
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in _SIGNALS:
                loop.remove_signal_handler(number)

    def handle_exit(self, sig: int, frame: object) -> None:
        self.told_to_stop = True
        self._systemd.ending(for_good=True)
        self._console.end_streams()
        super().handle_exit(sig, None)

    def end_round(self) -> None:
        """End without telling anybody: the next round begins with the same socket."""
        self._console.end_streams()
        self.should_exit = True


def listener(host: str, port: int) -> socket.socket:
    """Return a socket that listens. OSError: the address cannot be used."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=128)


async def serve(
    app: Starlette,
    console: Shown,
    listening: socket.socket,
    ready: Callable[[], None],
    *,
    settings: ConsoleSettings,
    reloading: Reloading[Any] | None = None,
) -> bool:
    """Serve until SIGTERM or SIGINT, or until ``reloading`` has loaded something.

    True: nobody has told it to stop. ``ready`` is called when the first request can come.
    ``listening`` stays open.
    """
    use_threads(asyncio.get_running_loop())
    open_files()
    gc.collect()
    config = uvicorn.Config(
        app,
        http=BoundedConnection,
        h11_max_incomplete_event_size=HEAD_BYTES,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=END_S,
        ssl_certfile=settings.certificate_file,
        ssl_keyfile=settings.key_file,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies,
    )
    server = _Server(config, console, ready)
    watching = None
    if reloading is not None:
        tell = console.refresh
        watching = asyncio.create_task(reloading.run(tell, server.end_round))
    try:
        # Whoever comes between two rounds waits in the socket's own queue.
        await server.serve([listening.dup()])
    finally:
        if watching is not None:
            await end_all([watching])
    return not server.told_to_stop


def _give_back() -> None:
    """Give back the memory that a start, a first page or a password took and needs no longer.

    The C library would keep it. Only glibc has malloc_trim(3); elsewhere nothing happens.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
