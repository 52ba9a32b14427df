"""The questions of the control socket about the journals."""

import msgspec

from callpoint_gateway.control.question import Question
from callpoint_gateway.control.roles import MACHINE


class Salvaged(msgspec.Struct, frozen=True):
    """How many events some centre had not accepted, and how many of them are now stored again."""

    undelivered: int
    brought_back: int


class SalvageJournal(Question[Salvaged], frozen=True, tag="journal salvage"):
    """Store the undelivered events of a damaged journal again. ``file``: its name in state_dir."""

    may = MACHINE
    file: str
