"""Packs rows of a journal into parcels, and finds the urgent entries among those that wait."""

from collections.abc import Sequence

import msgspec

from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.journal.chain import ChainRow
from callpoint_gateway.journal.entries import EventBody, Type
from callpoint_gateway.journal.event_meaning import raises
from callpoint_gateway.journal.reader import GENESIS
from callpoint_gateway.protocols.upstream import PARCEL_BYTES, Parcel
from callpoint_gateway.upstream.source import ChainSource

# The columns of a row as it is hashed (``journal.chain``): the second is its type, the last its
# body.
_columns = msgspec.json.Decoder(
    tuple[int, str, int, str, int, str | None, int | None, int | None, int | None, bytes]
).decode


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
    """Say whether a row is worth a copy ahead of its turn: an alarm, or what people did.

    What a later version wrote and this one cannot read is not.
    """
    try:
        columns = _columns(row.row)
        type, body = columns[1], columns[9]
        if type == Type.EVENT:
            return raises(msgspec.json.decode(body, type=EventBody))
    except NOT_JSON:
        return False
    return type == Type.ACTION
