"""Opens the line to the district, if the configuration has one."""

import asyncio
import secrets
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from typing import Any, Final

from callpoint_gateway.configuration.site import Site
from callpoint_gateway.control.socket import Control
from callpoint_gateway.host.service_error import ServiceError
from callpoint_gateway.journal.chain import Chain
from callpoint_gateway.journal.entries import Cursor
from callpoint_gateway.supervision.faults import Faults
from callpoint_gateway.words.said import said

#: The name of the cursor. Its state has ``epoch`` as a number.
CURSOR: Final = "upstream"
_EPOCH_BITS: Final = 60


def new_epoch() -> str:
    """Return the name of an epoch that no other has: 15 hexadecimal digits."""
    return f"{secrets.randbits(_EPOCH_BITS):015x}"


@contextmanager
def open_upstream(
    site: Site, faults: Faults, control: Control
) -> Iterator[Sequence[Coroutine[Any, Any, None]]]:
    """Yield what the line does until it is cancelled; nothing without ``[upstream]``.

    ServiceError: the extra ``upstream`` is not installed.
    """
    settings = site.config.upstream
    if settings is None:
        yield []
        return
    try:
        # It costs a gateway without a district nothing.
        from callpoint_gateway.upstream.downward import Downward
        from callpoint_gateway.upstream.line import Line
    except ModuleNotFoundError as error:
        raise ServiceError(said("upstream.extra")) from error
    from callpoint_gateway.upstream.delivery import Delivery

    alarms = site.journals.alarms
    with alarms.reader() as reader:
        cursor = reader.cursors().get(CURSOR)
    known = cursor is not None and "epoch" in cursor.state
    epoch = f"{cursor.state['epoch']:015x}" if cursor is not None and known else new_epoch()
    loop = asyncio.get_running_loop()

    async def save(epoch: str, position: int) -> None:
        await alarms.store([Cursor(CURSOR, position, {"epoch": int(epoch, 16)})])

    chain = Chain(alarms.path)
    try:
        line = Line(
            settings,
            chain,
            Delivery(chain, epoch, cursor.position if cursor is not None else chain.first() - 1),
            site.clock,
            faults.supervise(CURSOR, settings.away_after_s),
            save=save,
            new_epoch=new_epoch,
            answer=Downward(control, settings.questions).answer,
            program=version("callpoint"),
        )

        def stored() -> None:
            with suppress(RuntimeError):  # the loop has ended, and so has the line
                loop.call_soon_threadsafe(line.wake)

        alarms.watch(stored)
        yield [line.run()]
    finally:
        chain.close()
