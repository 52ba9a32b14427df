"""Decides which board gets which identity, for all ports of a batch."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from callpoint_gateway.words.said import said
from callpoint_technician.chips import CHIPS, MIB
from callpoint_technician.flash.batch import Batch, Board, Stage
from callpoint_technician.flash.frames import Found
from callpoint_technician.flash.identity import Identity
from callpoint_technician.flash.trouble import Layer, Trouble
from callpoint_technician.image.parts import FlashPart

Images = Mapping[str, Sequence[FlashPart]]
"""By chip: what every board of it gets. The part ``identity`` has no data."""


class Desk:
    """The images and identities of a batch. Any thread may call it."""

    def __init__(
        self,
        batch: Batch,
        images: Images,
        identities: Sequence[Identity],
        head: Callable[[], int] = lambda: 0,
    ) -> None:
        """``head`` returns the last position of the gateway's journal."""
        self.batch = batch
        self._images = images
        self._identities = {each.device: each for each in identities}
        self._head = head
        self._lock = threading.Lock()
        #: Boards whose devices have another identity now; they are written again.
        self.renewed = [board for board in batch.boards() if self._has_another(board)]
        for board in self.renewed:
            batch.again(board.device)
        # An identity whose device was heard is deleted from this machine.
        finished = [each.device for each in batch.boards() if each.stage >= Stage.WRITTEN]
        #: The devices of the batch.
        self.devices = list(dict.fromkeys([*self._identities, *finished]))
        # Address and port of the boards that are being written.
        self._under_way: dict[str, str] = {}

    def _has_another(self, board: Board) -> bool:
        """Say whether an import has changed the identity since a board was written."""
        identity = self._identities.get(board.device)
        if identity is None or board.stage < Stage.WRITTEN:
            return False
        return identity.digest != board.digest

    @property
    def identities(self) -> list[Identity]:
        """The identities that are to be written."""
        return list(self._identities.values())

    def parts(self, found: Found) -> Sequence[FlashPart]:
        """Return what a board gets, without its identity; Trouble if it can have nothing."""
        chip = CHIPS.get(found.chip)
        if chip is None or found.chip not in self._images:
            wanted = ", ".join(CHIPS[name].title for name in self._images)
            title = chip.title if chip else found.chip
            raise Trouble(Layer.WRONG_CHIP, said("flash.wrong_chip", found=title, wanted=wanted))
        parts = self._images[found.chip]
        needed = max(chip.least_flash, *(part.offset + part.reserve for part in parts))
        if found.flash_bytes < needed:
            why = said("flash.too_small", found=found.flash_bytes // MIB, needed=-(-needed // MIB))
            raise Trouble(Layer.FLASH_SIZE, why)
        return parts

    @contextmanager
    def at(self, port: str, mac: str) -> Iterator[None]:
        """Keep a board for a port; Trouble if another port has a board with this address."""
        with self._lock:
            other = self._under_way.setdefault(mac, port)
        if other != port:
            raise Trouble(Layer.SAME_MAC, said("flash.same_mac_now", mac=mac, port=other))
        try:
            yield
        finally:
            with self._lock:
                del self._under_way[mac]

    def claim(self, found: Found) -> tuple[Board, bool]:
        """Return the board with the identity that is bound to it, and whether it is new.

        Trouble: there is no identity for it, or the journal cannot be written.
        """
        known = self.batch.of_mac(found.mac)
        if known is None:
            suitable = [
                each.device for each in self._identities.values() if each.chip == found.chip
            ]
            title = CHIPS[found.chip].title
            if not suitable:
                raise Trouble(Layer.NO_IDENTITY, said("flash.none_for", chip=title))
            bound = self.batch.bind(found.mac, suitable)
            if bound is None:
                why = said("flash.none_left", count=len(suitable), chip=title)
                raise Trouble(Layer.NO_IDENTITY, why)
            return bound, True
        if known.device not in self._identities and known.stage < Stage.WRITTEN:
            raise Trouble(Layer.NO_IDENTITY, said("flash.not_in_plan", device=known.device))
        return known, False

    def identity(self, board: Board) -> Identity:
        """Return the identity that is bound to a board."""
        return self._identities[board.device]

    def written(self, board: Board) -> None:
        """Note that a board has its identity."""
        self.batch.written(board.mac, self._head())
