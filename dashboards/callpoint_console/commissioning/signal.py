"""How strong a device hears its access point, and how strong is strong enough.

The pass mark is an aim of this project and of no standard. It leaves a margin for doors, people
and metal that were not there during the test; nobody has measured yet how much that needs.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

#: dBm: good from the first on, fair from the second on, poor below.
GOOD_DBM, FAIR_DBM = -70, -80
#: A test takes the readings of so long after it.
LASTS_MS: Final = 60_000


class Strength(StrEnum):
    """What a signal is good for; the values are the ends of the keys ``signal.…``."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


class Signal(msgspec.Struct, frozen=True):
    """The weakest, the mean and the strongest of some readings, in dBm, and how many they are."""

    low: int
    mean: int
    high: int
    count: int

    @property
    def strength(self) -> Strength:
        """What the mean is good for."""
        return strength(self.mean)


def strength(dbm: int) -> Strength:
    """Return what a received signal strength is good for."""
    if dbm >= GOOD_DBM:
        return Strength.GOOD
    return Strength.FAIR if dbm >= FAIR_DBM else Strength.POOR


def signal_of(dbm: Sequence[int]) -> Signal | None:
    """Return what readings in dBm say together; None: there is none."""
    if not dbm:
        return None
    return Signal(min(dbm), round(sum(dbm) / len(dbm)), max(dbm), len(dbm))
