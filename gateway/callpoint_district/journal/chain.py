"""Judges a parcel against what the district has of a gateway. No I/O of its own, no clock.

The rules:

1. A parcel fits if its rows follow the last entry without a gap, and the hash of that entry is
   the hash before them. Rows that the district has already are passed over.
2. A parcel that begins further on waits: another process may be committing what lies between.
3. A new epoch fits behind any entry that the district has of this gateway, known by its hash, or
   where a journal begins, with the hash before all others. The entries of the old epoch behind
   that one stay, as what a gateway has forgotten.
4. Everything else is broken. The gateway is told how far the district is, and finds out itself.
"""

from enum import Enum
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.protocols.upstream import GENESIS, Parcel, hash_of


class Known(msgspec.Struct, frozen=True):
    """The present epoch of a gateway, empty before the first, and its last entry."""

    epoch: str
    position: int
    hash: bytes


class History(Protocol):
    """What the district has of one gateway beside that."""

    def has_epoch(self, epoch: str) -> bool:
        """Say whether there is, or was, such an epoch."""

    def hash_at(self, epoch: str, position: int) -> bytes | None:
        """Return the hash of an entry in an epoch; None: there is no such entry."""

    def epoch_of(self, position: int, hash: bytes) -> str | None:
        """Return the epoch that keeps the entry at a position with this hash; None: none does."""


class Fit(Enum):
    """What a parcel is to the district."""

    NEXT = "next"  # its rows follow
    OLD = "old"  # the district has all of it
    AHEAD = "ahead"  # something lies between
    BROKEN = "broken"  # it does not fit


Number = Annotated[int, Meta(ge=-(2**62), le=2**62)]
# PostgreSQL has no text with a null character.
Text = Annotated[str, Meta(pattern="^[^\x00]*$", max_length=1000)]


class Columns(msgspec.Struct, frozen=True, array_like=True):
    """A row as it was hashed: the columns of ``entries`` at the gateway. ``body`` is JSON."""

    position: Number
    type: Text
    recorded_ms: Number
    boot_id: Text
    mono_ms: Number
    device: Text | None
    boot: Number | None
    seq: Number | None
    about: Number | None
    body: bytes


class KeptRow(msgspec.Struct, frozen=True):
    """A row to be kept, its columns, and the hash of everything up to it."""

    position: int
    row: bytes
    hash: bytes
    columns: Columns


_decode_columns = msgspec.json.Decoder(Columns).decode


def columns_of(row: bytes) -> Columns | None:
    """Return the columns of a row, None if it is no row of a journal."""
    try:
        return _decode_columns(row)
    except NOT_JSON:
        return None


class Judgement(msgspec.Struct, frozen=True):
    """What a parcel is; for ``NEXT`` the rows that follow.

    ``base``: a new epoch begins behind this position; None: the epoch goes on. ``parent``: the
    epoch that keeps the entry at ``base``; None: a journal begins there.
    """

    fit: Fit
    rows: list[KeptRow] = []
    base: int | None = None
    parent: str | None = None


_BROKEN = Judgement(Fit.BROKEN)


def judge(known: Known, parcel: Parcel, history: History) -> Judgement:
    """Judge a parcel."""
    rows = _hashed(parcel)
    if rows is None:
        return _BROKEN
    if parcel.epoch != known.epoch:
        return _begins(parcel, rows, history)
    if parcel.first > known.position + 1:
        return Judgement(Fit.AHEAD)
    if parcel.last <= known.position:
        same = history.hash_at(known.epoch, parcel.last) == rows[-1].hash
        return Judgement(Fit.OLD) if same else _BROKEN
    if _hash_before(known.position + 1, parcel, rows) != known.hash:
        return _BROKEN
    return Judgement(Fit.NEXT, [row for row in rows if row.position > known.position])


def _hash_before(position: int, parcel: Parcel, rows: list[KeptRow]) -> bytes:
    if position == parcel.first:
        return bytes.fromhex(parcel.previous)
    return rows[position - 1 - parcel.first].hash


def _hashed(parcel: Parcel) -> list[KeptRow] | None:
    """Return the rows with their hashes; None: there are none, or a row is at another position."""
    hash, rows = bytes.fromhex(parcel.previous), []
    for position, raw in enumerate(parcel.rows, parcel.first):
        row = bytes(raw)
        columns = columns_of(row)
        if columns is None or columns.position != position:
            return None
        hash = hash_of(hash, row)
        rows.append(KeptRow(position, row, hash, columns))
    return rows or None


def _begins(parcel: Parcel, rows: list[KeptRow], history: History) -> Judgement:
    """Judge the first parcel of an epoch that the district does not have as the present one."""
    if history.has_epoch(parcel.epoch):
        # What comes late, or from a copy of the gateway that has not noticed yet.
        same = history.hash_at(parcel.epoch, parcel.last) == rows[-1].hash
        return Judgement(Fit.OLD) if same else _BROKEN
    base = parcel.first - 1
    previous = bytes.fromhex(parcel.previous)
    parent = history.epoch_of(base, previous)
    # The next tier computes the hashes of a journal from its beginning again.
    if parent is None and not (parcel.begins and previous == GENESIS):
        return _BROKEN
    return Judgement(Fit.NEXT, rows, base, parent)
