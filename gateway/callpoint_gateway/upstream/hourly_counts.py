"""Counts what a site's journals have of one hour, for the rates that a district keeps.

Journals have no index by time, so the first entry of an hour is found by halving.
"""

from collections import Counter
from pathlib import Path
from typing import Final

from callpoint_gateway.journal.entries import DeliveryBody, EventBody, FaultBody, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_protocol import names

HOUR_MS: Final = 3_600_000
_BLOCK: Final = 1000
_COUNTED: Final = (Type.EVENT, Type.DELIVERY, Type.FAULT)


def counts_of(alarms: Path, telemetry: Path, hour_ms: int) -> dict[str, int]:
    """Return what was recorded from ``hour_ms`` (Unix ms) on for an hour, by what it is.

    ``event/<kind>/<state>``, ``delivery/accepted`` and ``delivery/refused`` (answers of centres),
    ``fault/<part>`` (faults that began) and ``reading`` (messages with readings).
    JournalError: a journal cannot be read.
    """
    counts: Counter[str] = Counter()
    with Reader(alarms) as reader:
        after, last = _before(reader, hour_ms), _before(reader, hour_ms + HOUR_MS)
        while after < last and (entries := reader.read(after, _BLOCK, _COUNTED)):
            counts.update(
                what
                for entry in entries
                if entry.position <= last and (what := _what(entry.body)) is not None
            )
            after = entries[-1].position
    with Reader(telemetry) as reader:
        counts["reading"] = _before(reader, hour_ms + HOUR_MS) - _before(reader, hour_ms)
    return dict(counts)


def _what(body: object) -> str | None:
    match body:
        case EventBody():
            kind = names.KINDS.get(body.kind, str(body.kind))
            return f"event/{kind}/{names.STATES.get(body.state, str(body.state))}"
        case DeliveryBody():
            return "delivery/accepted" if body.accepted else "delivery/refused"
        case FaultBody():
            return f"fault/{body.source.partition('/')[0]}" if body.active else None
    return None


def _before(reader: Reader, at_ms: int) -> int:
    """Return the position behind which entries were recorded at ``at_ms`` or later."""
    low, high = 0, reader.head()
    while low < high:
        middle = (low + high) // 2
        entries = reader.read(middle, 1)
        if entries and entries[0].recorded_ms < at_ms:
            low = entries[0].position
        else:
            high = middle
    return low
