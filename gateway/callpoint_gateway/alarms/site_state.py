"""The state of a site: a fold of the alarms journal, without a clock or a file.

It holds the alarms (``Cases``), the standing conditions of sensors, the faults, the devices that
lost their connection, the partitions, the inhibits and the response levels. Pages, programs and
the fire centre's answers read it here or in the ``Situation`` that is made of it. It depends on
the entries so far alone.
"""

from collections.abc import Callable
from typing import Final

from callpoint_gateway.alarms.case import Case
from callpoint_gateway.alarms.fold import TYPES as CASE_TYPES
from callpoint_gateway.alarms.fold import Cases
from callpoint_gateway.journal.entries import (
    ArmingBody,
    Entry,
    FaultBody,
    InhibitBody,
    InhibitOverBody,
    LevelBody,
    LevelOverBody,
    StatusBody,
    Type,
)
from callpoint_protocol import names

TYPES: Final = (*CASE_TYPES, Type.STATUS, Type.FAULT, Type.ARMING, Type.INHIBIT, Type.LEVEL)


class SiteState:
    """The state of one site. It needs every entry of ``TYPES``, in order, by ``take``."""

    def __init__(self, closed: Callable[[Case], None] | None = None) -> None:
        """Begin without any entry. ``closed``: see ``Cases``."""
        self.cases = Cases(closed)
        self.sensors = self.cases.sensors
        self.faults: dict[str, Entry] = {}  # by source; the entry with which each began
        self.lost: dict[str, Entry] = {}  # by device: its last status was its last will
        self.partitions: dict[str, Entry] = {}
        self.inhibits: dict[int, Entry] = {}  # by position
        self.levels: dict[int, Entry] = {}  # by position

    @property
    def position(self) -> int:
        """The position of the last entry that was taken."""
        return self.cases.position

    def take(self, entry: Entry) -> None:
        """Take the next entry."""
        self.cases.take(entry)
        self.take_rare(entry)

    def take_rare(self, entry: Entry) -> None:
        """Take an entry of a rare type. Snapshots leave them out: the journal indexes them."""
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
            case LevelBody():
                self.levels[entry.position] = entry
            case LevelOverBody():
                self.levels.pop(entry.about or 0, None)
