"""Journals of a test, and the parcels of what is in them."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.chain import Chain
from callpoint_gateway.journal.entries import NewEntry
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.upstream import Parcel
from callpoint_gateway.upstream.parcels import pack

from .played_gateway import panic


def written(file: Path, entries: Sequence[NewEntry]) -> None:
    """Write entries into a journal, which is made when it is not there."""
    file.parent.mkdir(exist_ok=True)
    journal = Journal(file, SystemClock(), chained=True)
    asyncio.run(journal.store(list(entries)))
    journal.close()


def pressed(file: Path, *devices: str) -> None:
    """Write that buttons were pressed."""
    written(file, [panic(1, device) for device in devices])


def parcels(file: Path, epoch: str, after: int, each: int = 256) -> list[Parcel]:
    """Return all entries behind a position as parcels of so many."""
    chain = Chain(file)
    told = []
    while rows := chain.after(after, each):
        told.append(pack(rows, epoch, chain))
        after = told[-1].last
    chain.close()
    return told
