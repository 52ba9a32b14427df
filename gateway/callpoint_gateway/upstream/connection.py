"""A connection to the engine (NATS) that is tried once: who needs it again decides when.

nats-py's own traps, read and measured: it goes on for two minutes with a server that refuses, even
if it may not reconnect; its buffer of what is not sent yet is bounded and raises; a publish to a
forbidden subject looks like a time-out; it speaks in clear to a server that asks for no TLS,
whatever it was given, unless the handshake comes first.
"""

import asyncio
import logging
import ssl
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Iterable,
    Sequence,
)
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoServersError

from callpoint_gateway.host.unexpected import first_of

#: How long one server may take, in seconds.
CONNECT_S: Final = 5.0
CLOSE_S: Final = 5.0

log = logging.getLogger(__name__)
# nats-py begins TLS below a reader that does not know of it, so asyncio warns of every connection
# that ends. Nothing is wrong then.
logging.getLogger("asyncio").addFilter(lambda record: "eof_received" not in str(record.msg))


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
    client = Client()
    settings: dict[str, Any] = {
        "tls": tls,
        "tls_handshake_first": tls is not None,
        "allow_reconnect": False,
        "connect_timeout": within_s,
        "max_reconnect_attempts": 1,
        "reconnect_time_wait": 0.2,
        "ping_interval": 10,
        "max_outstanding_pings": 2,
        "error_cb": failed,
    }
    try:
        async with asyncio.timeout(within_s * len(servers)):
            await client.connect(list(servers), **settings, **options)
    except BaseException as error:
        await _close(client)  # it leaves open what it has begun
        if isinstance(error, NoServersError) and told:
            raise told[-1] from error
        raise
    made.set()
    return client


async def _close(client: Client) -> None:
    # What this raises must not take the place of a cancellation: who waits for the end of a
    # cancelled task would wait for ever.
    with suppress(NatsError, OSError, TimeoutError):
        await asyncio.wait_for(client.close(), CLOSE_S)


class Connection:
    """A connection, and what is done over it until it is gone."""

    def __init__(self, client: Client, gone: asyncio.Future[None]) -> None:
        """``gone`` ends with the error by which the connection is of no use any more."""
        self.client = client
        self._gone = gone

    async def work(self, works: Iterable[Coroutine[Any, Any, None]]) -> None:
        """Do all of this until the first of it ends or the connection is gone; raise its error."""
        await first_of(works, self._gone)


@asynccontextmanager
async def connection(
    servers: Sequence[str],
    tls: ssl.SSLContext | None,
    *,
    until_refused: bool = False,
    spared: Collection[str] = (),
    **options: Any,
) -> AsyncIterator[Connection]:
    """Yield a connection as ``connected`` returns it, and close it.

    ``until_refused``: it is of no use any more as soon as the engine refuses something, except a
    message on a subject that ends so: an engine of an earlier version may not know it.
    """
    gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    # Who works raises its error, or nobody needs to know.
    gone.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    async def end(error: Exception) -> None:
        if not gone.done():
            gone.set_exception(error)

    async def refused_one(error: Exception) -> None:
        if any(f'.{end}"' in str(error) for end in spared):
            log.warning("the engine: %s", error)
        else:
            await end(error)

    async def lost() -> None:
        await end(ConnectionError("the engine closed the connection"))

    refused = refused_one if until_refused else None
    client = await connected(servers, tls, refused=refused, disconnected_cb=lost, **options)
    try:
        yield Connection(client, gone)
    finally:
        gone.cancel()
        await _close(client)
