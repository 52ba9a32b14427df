"""All that is known of a site now: a fold of the alarms journal, without a clock or a file.

It holds the alarms (``Cases``), what stands at the sensors, what is in fault, which devices have
lost their connection, how each partition is and what is held back. Whoever shows a site, on a
page, to a program or to a fire centre, reads it here or in the ``Situation`` that is made of it.
The state after an entry follows from the entries up to it alone.
"""

from typing import Final

from callpoint_gateway.alarms.fold import TYPES as CASE_TYPES
from callpoint_gateway.alarms.fold import Cases
from callpoint_gateway.journal.entries import (
    ArmingBody,
    Entry,
    FaultBody,
    InhibitBody,
    InhibitOverBody,
    StatusBody,
    Type,
)
from callpoint_protocol import names

TYPES: Final = (*CASE_TYPES, Type.STATUS, Type.FAULT, Type.ARMING, Type.INHIBIT)


class SiteState:
    """Feed it every entry of ``TYPES`` in order with ``take``."""

    def __init__(self) -> None:
        """Nothing has happened."""
        self.cases = Cases()
        self.sensors = self.cases.sensors
        self.faults: dict[str, Entry] = {}  # by source; the entry with which each began
        self.lost: dict[str, Entry] = {}  # devices whose last word was their last will
        self.partitions: dict[str, Entry] = {}
        self.inhibits: dict[int, Entry] = {}  # by position

    @property
    def position(self) -> int:
        """The position of the last entry that was taken."""
        return self.cases.position

    def take(self, entry: Entry) -> None:
        """Take the next entry."""
        self.cases.take(entry)
        self.take_rare(entry)

    def take_rare(self, entry: Entry) -> None:
        """Take what a snapshot does not hold, because the journal finds it quickly."""
        match entry.body:
            case FaultBody() as body:
                if not body.active:
                    self.faults.pop(body.source, None)
                else:
                    self.faults.setdefault(body.source, entry)
            case StatusBody() as body if entry.device is not None:
                if body.status == names.LOST:
                    self.lost[entry.device] = entry
                else:
                    self.lost.pop(entry.device, None)
            case ArmingBody() if entry.device is not None:
                self.partitions[entry.device] = entry
            case InhibitBody():
                self.inhibits[entry.position] = entry
            case InhibitOverBody():
                self.inhibits.pop(entry.about or 0, None)
