"""What was last reported of each zone, so that a start can tell what moved without power.

It is put into the store after each event, at once: an event that the gateway has, but whose
position was not kept, would hide the change back. After a power cut in between the event is
raised again, which is the better fault. A put costs one program of 32 bytes for up to 12 zones
and an erase in about 120: a door that moves 100 times a day wears a sector out in centuries.
"""

from micropython import const

from callpoint_firmware.store import LEVELS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from callpoint_firmware.store import Store

# Bits of one zone.
ACTIVE = const(1)
FAULT = const(2)  # its fault contact is active, or the button is stuck
LOOP = const(0x1C)  # the class of its loop that is a trouble
LEFT = const(0x20)  # a door's troubles
FORCE = const(0x40)


class Positions:
    """Pairs of zone and bits; without a store they last until the power goes."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self._pairs = bytearray((store.get(LEVELS) if store else None) or b"")

    def _find(self, zone: int) -> int:
        for at in range(0, len(self._pairs) - 1, 2):
            if self._pairs[at] == zone:
                return at + 1
        return 0

    def get(self, zone: int) -> int:
        at = self._find(zone)
        return self._pairs[at] if at else 0

    def put(self, zone: int, mask: int, bits: int) -> None:
        """Change the bits of ``mask``."""
        at = self._find(zone)
        if not at:
            at = len(self._pairs) + 1
            self._pairs.extend(bytes((zone, 0)))
        new = self._pairs[at] & ~mask | bits
        if new == self._pairs[at]:
            return
        self._pairs[at] = new
        if self._store:
            try:
                self._store.put(LEVELS, bytes(self._pairs))
            except OSError:
                pass  # worn-out flash must not keep an event from being raised
