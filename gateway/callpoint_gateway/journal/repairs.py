"""Corrects times of entries when they are read, once the error of the wall clock is known."""

from collections.abc import Iterable

import msgspec

from callpoint_gateway.journal.entries import (
    Entry,
    EventBody,
    InhibitBody,
    Quality,
    TelemetryBody,
    TimeBody,
)


class Repairs:
    """The corrections that entries of type ``time`` hold for other entries."""

    def __init__(self) -> None:
        """Begin without corrections."""
        self._of_boot: dict[str, list[TimeBody]] = {}
        self.position = 0

    def learn(self, entries: Iterable[Entry]) -> None:
        """Take further entries of type ``time``."""
        for entry in entries:
            self.position = entry.position
            if isinstance(entry.body, TimeBody):
                self._of_boot.setdefault(entry.body.boot_id, []).append(entry.body)

    def apply(self, entry: Entry) -> Entry:
        """Return the entry with corrected times. A corrected entry is not corrected again."""
        for interval in self._of_boot.get(entry.boot_id, ()):
            skew_ms = entry.recorded_ms - entry.mono_ms
            # At the border of an interval the entry's own skew says on which side it is.
            within = interval.from_ms <= entry.mono_ms <= interval.to_ms
            if within and abs(skew_ms - interval.skew_ms) * 2 < abs(interval.off_ms):
                return _moved(entry, interval.off_ms)
        return entry


def _moved(entry: Entry, off_ms: int) -> Entry:
    replace = msgspec.structs.replace
    body = entry.body
    match body:
        case EventBody() if body.quality is not Quality.DEVICE:
            body = replace(body, occurred_ms=body.occurred_ms + off_ms)
        case TelemetryBody():
            body = replace(body, at_ms=body.at_ms + off_ms)
        case InhibitBody():
            body = replace(body, from_ms=body.from_ms + off_ms, until_ms=body.until_ms + off_ms)
    return replace(entry, recorded_ms=entry.recorded_ms + off_ms, body=body)
