"""Packs rows of a journal into parcels, and finds the urgent entries among those that wait."""

from collections.abc import Sequence

import msgspec

from callpoint_gateway.journal.chain import ChainRow
from callpoint_gateway.journal.entries import Type
from callpoint_gateway.journal.reader import GENESIS
from callpoint_gateway.protocols.upstream import PARCEL_BYTES, Parcel
from callpoint_gateway.upstream.source import ChainSource


def pack(rows: Sequence[ChainRow], epoch: str, source: ChainSource) -> Parcel:
    """Return a parcel of the first rows, at least one, as many as fit."""
    first = rows[0].position
    previous = source.hash_at(first - 1)
    taken: list[msgspec.Raw] = []
    size = 0
    for row in rows:
        size += len(row.row)
        if taken and size > PARCEL_BYTES:
            break
        taken.append(msgspec.Raw(row.row))
    return Parcel(
        epoch=epoch,
        first=first,
        previous=(previous or GENESIS).hex(),
        rows=taken,
        begins=first == source.first(),
    )


def is_urgent(row: ChainRow) -> bool:
    """Say whether a row is worth a copy ahead of its turn: an event, or what people did."""
    return msgspec.json.decode(row.row)[1] in (Type.EVENT, Type.ACTION)
