"""Opens the line to the district, if the configuration has one."""

import asyncio
import secrets
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from importlib.metadata import version
from typing import Any, Final

from callpoint_gateway.configuration import revision
from callpoint_gateway.configuration.site import Site
from callpoint_gateway.control.socket import Control
from callpoint_gateway.host.service_error import ServiceError
from callpoint_gateway.journal.chain import Chain
from callpoint_gateway.journal.entries import Cursor
from callpoint_gateway.protocols.upstream import LifeSign, upward
from callpoint_gateway.supervision.faults import Faults
from callpoint_gateway.upstream.given_plans import FILE as PLANS
from callpoint_gateway.upstream.given_plans import GivenPlansFile
from callpoint_gateway.upstream.plan_requests import register_requests
from callpoint_gateway.words.said import said

#: The name of the cursor. Its state has ``epoch`` as a number.
CURSOR: Final = "upstream"
#: The source of the fault that the district does not have the register.
REGISTER: Final = "upstream/register"
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
        from callpoint_gateway.upstream.life_signs import LifeSigns
        from callpoint_gateway.upstream.line import Line
        from callpoint_gateway.upstream.rates_sender import RatesSender
        from callpoint_gateway.upstream.register_sender import RegisterSender
    except ModuleNotFoundError as error:
        raise ServiceError(said("upstream.extra")) from error
    from callpoint_gateway.upstream.chain_line import ChainLine
    from callpoint_gateway.upstream.delivery import Delivery
    from callpoint_gateway.upstream.hourly_counts import counts_of

    alarms = site.journals.alarms
    with alarms.reader() as reader:
        cursor = reader.cursors().get(CURSOR)
    known = cursor is not None and "epoch" in cursor.state
    epoch = f"{cursor.state['epoch']:015x}" if cursor is not None and known else new_epoch()
    loop = asyncio.get_running_loop()

    async def save(epoch: str, position: int) -> None:
        await alarms.store([Cursor(CURSOR, position, {"epoch": int(epoch, 16)})])

    downward = Downward(control, settings.questions)
    program, name = version("callpoint"), settings.gateway

    async def answer(_: str, text: bytes) -> bytes:
        return await downward.answer(text)

    plans = GivenPlansFile(site.state_dir / PLANS, site.clock)
    register_requests(control, plans, site.register)
    chain = Chain(alarms.path)

    async def signs() -> list[tuple[str, LifeSign]]:
        return [(name, LifeSign(program=program, head=chain.head()))]

    try:
        position = cursor.position if cursor is not None else chain.first() - 1
        delivery = Delivery(chain, epoch, position)
        register = RegisterSender(
            partial(revision.lines, site.config, site.register),
            upward(settings.district, name, "register"),
            faults.supervise(REGISTER, settings.away_after_s),
            behind=lambda: delivery.receipted < chain.head(),
        )
        rates = RatesSender(
            partial(counts_of, alarms.path, site.journals.telemetry.path),
            upward(settings.district, name, "rates"),
            site.clock,
        )
        line = Line(
            settings,
            site.clock,
            faults.supervise(CURSOR, settings.away_after_s),
            answer=answer,
            program=program,
            works=[LifeSigns(settings.district, signs).work, register.run, rates.run],
        )
        line.add(ChainLine(name, chain, delivery, site.clock, save=save, new_epoch=new_epoch))

        def stored() -> None:
            with suppress(RuntimeError):  # the loop has ended, and so has the line
                loop.call_soon_threadsafe(line.wake, name)

        alarms.watch(stored)
        yield [line.run()]
    finally:
        chain.close()
