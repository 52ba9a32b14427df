"""Work that one process of a district does at a time, however many of them run.

The database says who: a lock belongs to a connection, so it is free again when its process or its
machine is gone or frozen. Work that is done twice for a moment, since a connection can break
unseen, must do no harm.
"""

import asyncio
import logging
import zlib
from collections.abc import Awaitable, Callable
from typing import Final

import psycopg

from callpoint_district.sessions import ALIVE, FROZEN_S, watched
from callpoint_gateway.host.printable import one_line
from callpoint_gateway.host.unexpected import cancel_all

LOOK_S: Final = 1.0
PAUSE_S: Final = 2.0
# The first of the two numbers of a lock; the second is the work's. Any that no other program uses.
_LOCKS: Final = 0x63616C6C

log = logging.getLogger(__name__)


async def alone(
    address: str, name: str, work: Callable[[], Awaitable[None]], frozen_s: float = FROZEN_S
) -> None:
    """Do some work whenever no other process does it, and begin again after each failure.

    Until cancelled. ``address``: the database, as libpq reads it. ``frozen_s``: another process
    takes the work over from one that is frozen for so long; it must be longer than ``LOOK_S``.
    """
    while True:
        try:
            await _once(address, name, work, frozen_s)
        except (psycopg.Error, OSError) as error:
            log.warning("%s: %s", name, one_line(error))
        except Exception:  # a mistake in one work ends no other
            log.exception("%s failed", name)
        await asyncio.sleep(PAUSE_S)


async def _once(
    address: str, name: str, work: Callable[[], Awaitable[None]], frozen_s: float
) -> None:
    async with await psycopg.AsyncConnection.connect(
        address, autocommit=True, **ALIVE
    ) as connection:
        await connection.execute(watched(frozen_s))
        number = zlib.crc32(name.encode()) & 0x7FFFFFFF
        await connection.execute("SELECT pg_advisory_lock(%s, %s)", (_LOCKS, number))
        log.info("%s: done by this process", name)
        doing = asyncio.ensure_future(work())
        try:
            while True:
                done, _ = await asyncio.wait([doing], timeout=LOOK_S)
                if done:
                    doing.result()
                    return
                await connection.execute("SELECT 1")
        finally:
            await cancel_all([doing])
