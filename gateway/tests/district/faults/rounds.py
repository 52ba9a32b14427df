"""Plays rounds of faults under load; after each nothing may be lost, doubled or out of order."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final, NamedTuple

import psycopg

from ..folded import check_tables, kept_hashes, rows_of
from ..played_gateway import until
from . import kinds, power
from .parts import LoadedDistrict
from .promises import Promises

#: So long everything may take to arrive after the faults, in seconds.
QUIET_S: Final = 120.0
FAULTS: Final = kinds.KINDS | power.KINDS


class Round(NamedTuple):
    """A round that was good."""

    number: int
    faults: Sequence[str]
    entries: int  # that all gateways have
    seconds: float
    quiet_s: float  # from the end of the load until all of it was there


async def play(district: LoadedDistrict, plan: Iterable[Sequence[str]]) -> AsyncIterator[Round]:
    """Play rounds, each with these kinds of faults, and yield it when it was good.

    AssertionError: a promise was broken. TimeoutError: not everything arrived in ``QUIET_S``.
    """
    promises = Promises()
    for number, faults in enumerate(plan, 1):
        try:
            done = await _round(district, promises, number, faults)
        except BaseException as error:
            error.add_note(f"round {number}: {', '.join(faults)}")
            raise
        yield done


async def _round(
    district: LoadedDistrict, promises: Promises, number: int, faults: Sequence[str]
) -> Round:
    began_s = time.monotonic()
    for gateway in district.gateways:
        gateway.load()
    for fault in faults:
        await _more(district)
        await FAULTS[fault](district, promises)
    await _more(district)
    for gateway in district.gateways:
        await gateway.rest()
    quiet_s = time.monotonic()
    try:
        async with asyncio.timeout(QUIET_S):
            await _quiet(district)
    except TimeoutError as error:
        error.add_note(await asyncio.to_thread(_standing, district))
        raise
    now_s = time.monotonic()
    entries = await asyncio.to_thread(_check, district, promises)
    return Round(number, faults, entries, now_s - began_s, now_s - quiet_s)


async def _more(district: LoadedDistrict) -> None:
    """Wait until gateways have stored more, and some of it is perhaps on its way."""
    heads = [gateway.chain.head() for gateway in district.gateways]
    wanted = district.chance.randint(1, 60)
    await until(
        lambda: any(
            gateway.chain.head() > head + wanted
            for gateway, head in zip(district.gateways, heads, strict=True)
        )
    )


async def _quiet(district: LoadedDistrict) -> None:
    """Wait until the district has what the gateways have, and they know it."""
    while True:
        if all(gateway.all_receipted() for gateway in district.gateways):
            heads = {gateway.name: gateway.chain.head() for gateway in district.gateways}
            if await asyncio.to_thread(_positions, district) == heads:
                return
        await asyncio.sleep(0.05)


def _positions(district: LoadedDistrict) -> dict[str, int]:
    assert district.database is not None
    try:
        with district.database.transaction() as connection:
            found = connection.execute("SELECT gateway, position FROM gateways").fetchall()
    except psycopg.Error:
        return {}
    return dict(found)


def _standing(district: LoadedDistrict) -> str:
    """Return what everything waits for."""
    assert district.database is not None
    kept = _positions(district)
    lines = [
        f"{each.name}: up {each.reports.is_up}, head {each.chain.head()}, sent "
        f"{each.delivery.sent}, receipted {each.receipted}, kept {kept.get(each.name)}"
        for each in district.gateways
    ]
    with district.database.transaction() as connection:
        found = connection.execute(
            "SELECT state, wait_event, now() - xact_start, query FROM pg_stat_activity "
            "WHERE datname = current_database() AND xact_start IS NOT NULL"
        )
        lines += [" ".join(map(str, row))[:300] for row in found]
    return "\n".join(lines)


def _check(district: LoadedDistrict, promises: Promises) -> int:
    assert district.database is not None
    entries = 0
    for gateway in district.gateways:
        rows = rows_of(gateway.file)
        entries += len(rows)
        check_tables(district.database, gateway.name, rows)
    promises.check(
        {each.name: kept_hashes(district.database, each.name) for each in district.gateways}
    )
    return entries


def printed(round: Round) -> str:
    """Return a round as a line."""
    return (
        f"round {round.number}: {', '.join(round.faults)}: {round.entries} entries, "
        f"{round.seconds:.1f} s, quiet after {round.quiet_s:.1f} s"
    )
