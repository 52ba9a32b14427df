"""The line of a site to its district: the alarms journal, and what goes beside it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from typing import Final

from callpoint_gateway.configuration.site import Site
from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.control.socket import Control
from callpoint_gateway.journal.chain import Chain
from callpoint_gateway.protocols.upstream import LifeSign, new_run, upward
from callpoint_gateway.supervision.faults import Faults
from callpoint_gateway.upstream.chain_line import ChainLine
from callpoint_gateway.upstream.cursor import CURSOR, DistrictCursor, new_epoch
from callpoint_gateway.upstream.delivery import Delivery
from callpoint_gateway.upstream.downward import Downward
from callpoint_gateway.upstream.hourly_counts import counts_of
from callpoint_gateway.upstream.life_signs import LifeSigns
from callpoint_gateway.upstream.line import Line, Work
from callpoint_gateway.upstream.present_register import PresentRegister
from callpoint_gateway.upstream.rates_sender import RatesSender
from callpoint_gateway.upstream.register_sender import RegisterSender

#: The source of the fault that the district does not have the register.
REGISTER: Final = "upstream/register"


def site_line(
    site: Site,
    settings: Upstream,
    faults: Faults,
    control: Control,
    chain: Chain,
    register: PresentRegister,
) -> Line:
    """Return the line, which each new entry wakes. ``chain``: of the site's alarms journal.

    ``register``: what the district is to have of the site.
    """
    cursor = DistrictCursor(site.journals.alarms, site.clock)
    epoch, position = cursor.load()
    delivery = Delivery(chain, epoch, chain.first() - 1 if position is None else position)
    downward = Downward(control, settings.questions)

    async def answer(_: str, text: bytes) -> bytes:
        return await downward.answer(text)

    line = Line(
        settings,
        site.clock,
        faults.supervise(CURSOR, settings.away_after_s),
        answer=answer,
        program=version("callpoint"),
        works=[*_beside(site, settings, faults, chain, delivery, register), cursor.run],
    )
    name = settings.gateway
    line.add(
        ChainLine(
            name,
            chain,
            delivery,
            site.clock,
            save=cursor.save,
            moved=cursor.moved,
            new_epoch=new_epoch,
        )
    )
    _wake_at_each_entry(site, line, name)
    return line


def _beside(
    site: Site,
    settings: Upstream,
    faults: Faults,
    chain: Chain,
    delivery: Delivery,
    present: PresentRegister,
) -> Sequence[Work]:
    """Return what is told beside the journal: life signs, the register, and counts."""
    name, run = settings.gateway, new_run()

    async def signs() -> list[tuple[str, LifeSign]]:
        return [(name, LifeSign(program=version("callpoint"), head=chain.head(), run=run))]

    register = RegisterSender(
        present.lines,
        upward(settings.district, name, "register"),
        faults.supervise(REGISTER, settings.away_after_s),
        behind=lambda: delivery.receipted < chain.head(),
        news=present.news,
    )
    rates = RatesSender(
        partial(counts_of, site.journals.alarms.path, site.journals.telemetry.path),
        upward(settings.district, name, "rates"),
        site.clock,
    )
    return [LifeSigns(settings.district, signs).work, register.run, rates.run]


def _wake_at_each_entry(site: Site, line: Line, name: str) -> None:
    loop = asyncio.get_running_loop()

    def stored() -> None:
        with suppress(RuntimeError):  # the loop has ended, and so has the line
            loop.call_soon_threadsafe(line.wake, name)

    site.journals.alarms.watch(stored)
