"""A connection to the engine (NATS) that is tried once: who needs it again decides when.

nats-py's own traps, read and measured: it goes on for two minutes with a server that refuses, even
if it may not reconnect; its buffer of what is not sent yet is bounded and raises; a publish to a
forbidden subject looks like a time-out; it speaks in clear to a server that asks for no TLS,
whatever it was given, unless the handshake comes first.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import nats
from nats.aio.client import Client

#: How long one server may take, in seconds.
CONNECT_S: Final = 5.0


async def connected(
    servers: Sequence[str],
    tls: ssl.SSLContext | None,
    *,
    within_s: float = CONNECT_S,
    refused: Callable[[Exception], Awaitable[None]] | None = None,
    **options: Any,
) -> Client:
    """Return a connection to the first server that takes it; it does not come back by itself.

    ``within_s``: how long each server may take. ``refused`` gets what the engine refuses later.
    ``options``: further ones of ``nats.connect``. OSError, nats.errors.Error: none takes it.
    """
    told: list[Exception] = []

    async def failed(error: Exception) -> None:
        told.append(error)
        if made.is_set() and refused is not None:
            await refused(error)

    made = asyncio.Event()
    try:
        async with asyncio.timeout(within_s * len(servers)):
            client = await nats.connect(
                list(servers),
                tls=tls,
                tls_handshake_first=tls is not None,
                allow_reconnect=False,
                connect_timeout=within_s,
                max_reconnect_attempts=1,
                reconnect_time_wait=0.2,
                ping_interval=10,
                max_outstanding_pings=2,
                error_cb=failed,
                **options,
            )
    except nats.errors.NoServersError as error:
        raise (told[-1] if told else error) from error
    made.set()
    return client
