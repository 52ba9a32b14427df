"""What may be asked about the journals."""

import msgspec

from callpoint_gateway.control.question import Question


class Salvaged(msgspec.Struct, frozen=True):
    """How many events no centre had accepted, and how many of them were stored again now."""

    undelivered: int
    brought_back: int


class SalvageJournal(Question[Salvaged], frozen=True, tag="journal salvage"):
    """Bring back what is in a file of the state directory that was set aside."""

    file: str
