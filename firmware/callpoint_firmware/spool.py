"""Event queue on a raw flash partition: what ``append`` returned survives a power cut.

Invariants:

1. An event is in flash when ``append`` returns. It stays until ``release`` names it, or until
   the spool is full and it gives way (see ``_give_way``), which is counted in ``lost``.
2. One program operation per event, none for a release. Each slot says how many slots back the
   oldest event lay that was not yet released when the slot was written. What was released since
   the last write comes back after a power cut (``note`` writes that down); the gateway knows it
   by (boot, seq). Where an event waits while many later ones are released, a WAITING slot says
   for one sector which of its slots still wait: never more than ``_most_back`` released events
   come back beside those since the last write, so that they take no place that others need.
3. A ring of sectors with rising serial numbers. A sector is erased when it is entered, never
   before, so what an interrupted erase left behind is erased again. Its first good slot is its
   header. The events of the oldest sector that are still needed are copied into it, then MOVED is
   written twice: the sector after it holds nothing needed any more. No new event is written
   before that. So a newest sector without MOVED and something behind it holds nothing but copies:
   it does not count, and is entered again. Something behind it proves that MOVED was written
   whole: a slot whose write was cut may read well once and badly the next time.
4. A slot is believed only if its CRC-32 is right; a torn one is skipped, never overwritten. The
   first slot after a start stays empty: a write that was cut may have left weak cells there.
5. At most ``capacity`` events wait, three quarters of the ring, so that copying always ends.
6. RAM: one bit for each slot, a byte for each sector, one slot's bytes. Reading order is writing
   order; an event that was copied is read after those that were not.
7. Every slot that is no event names the owner, a number made of the identity. A spool of another
   owner is made anew: its events are not this device's.

Slot, little endian: kind u8, state u4 + flags u4, zone u8, count u8, detail u16, back u16,
boot u32, seq u32, monotonic ms u48, wall seconds since 2000 u32, wall ms u16, crc u32. A WAITING
slot has how many sectors back in detail, how many slots in count, a bit for each from seq on.
The flash obeys the block protocol of MicroPython: ``readblocks(n, buf, off)``,
``writeblocks(n, buf, off)`` (programs, never erases), ``ioctl(4|5|6, n)``.
"""

import struct
from binascii import crc32
from collections import namedtuple

from callpoint_protocol.names import (
    ALARM,
    DEVICE,
    FAULT_SPOOL_LOSS,
    LIFE_KINDS,
    NOTICE,
    TESTED,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from callpoint_firmware.board import Flash

SLOT = 32
_FORMAT = "<BBBBHHIIIHIH"
_HEADER = 0xF1  # seq is the serial of the sector
_MOVED = 0xF2
_MARK = 0xF3  # at a start, and when what was released is written down
_WAITING = 0xF4
_MAP = 12  # where the bits of a WAITING slot begin
_MAP_BITS = 128
_EPOCH_MS = 946_684_800_000  # 2000-01-01 in Unix time
_MAX_SECTORS = 256  # back is 16 bits wide


# An event as it is raised, stored and sent; as small on the heap as the plain tuple of its values.
# ``at_ms`` is by the monotonic clock of that boot, ``wall_ms`` Unix ms or None.
Event = namedtuple("Event", "boot seq kind state zone detail count flags at_ms wall_ms")


def is_life_alarm(event: Event) -> bool:
    """Say whether lives may depend on an event: such an alarm waits for a centre."""
    return event.state == ALARM and event.kind in LIFE_KINDS


class Spool:
    """The events of this device that the gateway has not yet stored."""

    def __init__(self, flash: Flash, random_u16: Callable[[], int], owner: int = 0) -> None:
        """``owner``: 32 bits that tell this identity from others."""
        self._flash = flash
        self._sector_size = flash.ioctl(5, 0)
        self._sectors = flash.ioctl(4, 0)
        if not 4 <= self._sectors <= _MAX_SECTORS:
            raise ValueError("spool: 4 to %d sectors" % _MAX_SECTORS)
        self._slots_per_sector = self._sector_size // SLOT
        if self._slots_per_sector > _MAP_BITS:
            raise ValueError("spool: sectors of up to %d bytes" % (_MAP_BITS * SLOT))
        self._slots = self._slots_per_sector * self._sectors
        self._live = bytearray((self._slots + 7) // 8)
        # By sector: how many released events would wait again after a start, rather more.
        self._stale = bytearray(self._sectors)
        self._most_back = max(1, self._slots_per_sector // 8)
        self._owner = owner
        self._slot = bytearray(SLOT)
        self._view = memoryview(self._slot)
        self._read_back = bytearray(SLOT)
        self.capacity = (self._sectors - 1) * (self._slots_per_sector - 3) * 3 // 4
        self.depth = 0
        self.lost = 0
        self.seq = 0
        self.boot = 0
        self._oldest = 0  # position: serial of the sector * slots per sector + slot
        self._next = 0  # position of the next slot to write
        self._released = False  # something was, since the last write
        self._mount(random_u16)

    # Slots.

    def _sector_and_offset(self, position: int) -> tuple[int, int]:
        index = position % self._slots
        return index // self._slots_per_sector, index % self._slots_per_sector * SLOT

    def _read_slot(self, position: int) -> Any:
        """Read a slot: None if blank, False if torn, else its fields."""
        sector, offset = self._sector_and_offset(position)
        self._flash.readblocks(sector, self._slot, offset)
        crc = struct.unpack_from("<I", self._slot, SLOT - 4)[0]
        if crc32(self._view[: SLOT - 4]) & 0xFFFFFFFF == crc:
            return struct.unpack_from(_FORMAT, self._slot)
        for byte in self._slot:
            if byte != 0xFF:
                return False
        return None

    def _program(self) -> int:
        """Write the prepared slot; a slot that flash does not hold as written is passed by."""
        while True:
            struct.pack_into("<H", self._slot, 6, self._next - self._first())
            struct.pack_into("<I", self._slot, SLOT - 4, crc32(self._view[: SLOT - 4]))
            sector, offset = self._sector_and_offset(self._next)
            self._flash.writeblocks(sector, self._slot, offset)
            self._flash.readblocks(sector, self._read_back, offset)
            self._next += 1
            if self._read_back == self._slot:
                self._released = False
                return self._next - 1
            if self._next % self._slots_per_sector == 0:
                raise OSError(5)  # EIO: no slot left that holds what is written

    def _write_marker(self, kind: int, number: int) -> int:
        struct.pack_into(
            _FORMAT, self._slot, 0, kind, 0, 0, 0, 0, 0, self.boot, number, self._owner, 0, 0, 0
        )
        return self._program()

    def _is_live(self, position: int) -> int:
        index = position % self._slots
        return self._live[index >> 3] >> (index & 7) & 1

    def _set_live(self, position: int, live: bool) -> None:
        index = position % self._slots
        if live:
            self._live[index >> 3] |= 1 << (index & 7)
            self.depth += 1
        else:
            self._live[index >> 3] &= ~(1 << (index & 7)) & 0xFF
            self.depth -= 1
            self._stale[index // self._slots_per_sector] += 1

    def _first(self) -> int:
        """The position of the oldest waiting event, or the next slot if none waits."""
        while self._oldest < self._next and not self._is_live(self._oldest):
            self._oldest += 1
            if self._oldest % self._slots_per_sector == 0:
                self._stale[(self._oldest - 1) % self._slots // self._slots_per_sector] = 0
        return self._oldest

    # Starting.

    def _erase(self, sector: int) -> None:
        self._flash.ioctl(6, sector)

    def _header(self, sector: int) -> Any:
        """Return the fields of a sector's header, in its first slot that took what was written."""
        for slot in range(self._slots_per_sector):
            fields = self._read_slot(sector * self._slots_per_sector + slot)
            if fields is not False:
                return fields if fields and fields[0] == _HEADER else None
        return None

    def _serial(self, sector: int) -> int:
        fields = self._header(sector)
        return fields[7] if fields else -1

    def _newest(self) -> int:
        """Return the highest serial of a finished sector, -1 if there is none."""
        below = -1
        while True:
            newest = -1
            for sector in range(self._sectors):
                serial = self._serial(sector)
                if serial > newest and (below < 0 or serial < below):
                    newest = serial
            if newest < 0 or self._finished(newest % self._sectors):
                return newest
            below = newest

    def _finished(self, sector: int) -> bool:
        moved = False
        for slot in range(1, self._slots_per_sector):
            fields = self._read_slot(sector * self._slots_per_sector + slot)
            if moved and fields is not None:
                return True
            moved = moved or bool(fields and fields[0] == _MOVED)
        return False

    def _format(self, generation: int) -> None:
        for sector in range(self._sectors):
            self._erase(sector)
        self.boot = (generation or 1) << 16
        self._next = self._oldest = 0
        self._finish(0)

    def _mount(self, random_u16: Callable[[], int]) -> None:
        serial = self._newest()
        owner = self._header(serial % self._sectors)[8] if serial >= 0 else 0
        if serial < 0 or owner not in (0, self._owner):
            self._format(random_u16())
        else:
            self._recover(serial)
        self.boot += 1
        # More than fits comes back from flash that was damaged; copying needs room.
        most = max(self.capacity + 8, (self._sectors - 2) * (self._slots_per_sector - 3))
        while self.depth > most:
            if not self._give_way(LIFE_KINDS[0], ALARM):
                break
        if self._next % self._slots_per_sector:
            self._next += 1
        self._make_room()
        self._write_marker(_MARK, 0)

    def _recover(self, serial: int) -> None:
        start = serial * self._slots_per_sector
        self._next = start
        back = 0
        for position in range(start, start + self._slots_per_sector):
            fields = self._read_slot(position)
            if fields is None:
                continue
            self._next = position + 1
            if fields:
                back = position - fields[5]
                self.boot = max(self.boot, fields[6])
        # The sector after the newest holds nothing, so nothing is older than one lap less that.
        oldest = max(serial - self._sectors + 2, 0) * self._slots_per_sector
        self._oldest = max(back, oldest)
        for number in range(self._oldest // self._slots_per_sector, serial + 1):
            if self._serial(number % self._sectors) == number:
                self._recover_sector(number)
        self._stale = bytearray(self._sectors)

    def _recover_sector(self, number: int) -> None:
        """Find what waits in a sector, and what a WAITING slot in it says of those before it."""
        start = number * self._slots_per_sector
        for position in range(max(start, self._oldest), start + self._slots_per_sector):
            fields = self._read_slot(position)
            if fields and fields[0] < _HEADER:
                self._set_live(position, True)
            elif fields and fields[0] == _WAITING:
                start_of_those = (number - fields[4]) * self._slots_per_sector
                for slot in range(fields[3]):
                    waits = self._slot[_MAP + (slot >> 3)] >> (slot & 7) & 1
                    released = start_of_those + slot
                    if not waits and released >= self._oldest and self._is_live(released):
                        self._set_live(released, False)

    # Writing.

    def _make_room(self) -> None:
        """Enter the next sector when the newest is full, until a slot is free."""
        while self._next % self._slots_per_sector == 0:
            serial = self._next // self._slots_per_sector
            self._erase(serial % self._sectors)
            self._finish(serial)

    def _finish(self, serial: int) -> None:
        """Write what makes an erased sector count."""
        self._write_marker(_HEADER, serial)
        leaving = (serial + 1 - self._sectors) * self._slots_per_sector
        if leaving >= 0:
            self._move(leaving)
            self._stale[(serial + 1) % self._sectors] = 0
        self._write_marker(_MOVED, 0)
        self._write_marker(_MOVED, 0)

    # What comes back after a start.

    def _limit_back(self) -> None:
        """Write down which slots wait where too many released events would come back."""
        while self._next - self._first() - self.depth > self._most_back:
            self._make_room()
            if sum(self._stale) <= self._most_back:
                return
            worst = 0
            for sector in range(self._sectors):
                if self._stale[sector] > self._stale[worst]:
                    worst = sector
            newest = self._next // self._slots_per_sector
            self._write_waiting(newest - (newest - worst) % self._sectors)

    def _write_waiting(self, number: int) -> None:
        start = number * self._slots_per_sector
        count = min(self._slots_per_sector, self._next - start)
        back = self._next // self._slots_per_sector - number
        struct.pack_into("<BBBBHHI", self._slot, 0, _WAITING, 0, 0, count, back, 0, self.boot)
        for byte in range(_MAP, SLOT - 4):
            self._slot[byte] = 0
        for slot in range(count):
            if self._is_live(start + slot):
                self._slot[_MAP + (slot >> 3)] |= 1 << (slot & 7)
        self._program()
        self._stale[number % self._sectors] = 0

    def note(self) -> None:
        """Write down what was released since the last write: it does not come back."""
        if self._released:
            self._limit_back()
        if self._released:
            self._make_room()
            self._write_marker(_MARK, 0)

    def _move(self, start: int) -> None:
        for position in range(start + 1, start + self._slots_per_sector):
            if not self._is_live(position):
                continue
            if self._next % self._slots_per_sector >= self._slots_per_sector - 2:
                self._set_live(position, False)  # more damaged slots than the sector has to spare
                self.lost += 1
                continue
            if self._read_slot(position):
                copy = self._program()
                self._set_live(copy, True)
            self._set_live(position, False)

    def append(
        self,
        kind: int,
        state: int,
        zone: int,
        detail: int,
        count: int,
        flags: int,
        at_ms: int,
        wall_ms: int | None,
    ) -> Event | None:
        """Store an event and return it with its numbers, None if it had to give way itself."""
        while self.depth >= self.capacity:
            if not self._give_way(kind, state):
                self.lost += 1
                return None
        return self._store(kind, state, zone, detail, count, flags, at_ms, wall_ms)

    def append_loss(
        self, kind: int, state: int, detail: int, count: int, at_ms: int, wall_ms: int | None
    ) -> Event:
        """Store the report of a loss, for which nothing gives way (there is a slot in reserve)."""
        return self._store(kind, state, 0, detail, count, 0, at_ms, wall_ms)

    def _store(
        self,
        kind: int,
        state: int,
        zone: int,
        detail: int,
        count: int,
        flags: int,
        at_ms: int,
        wall_ms: int | None,
    ) -> Event:
        self._limit_back()
        self._make_room()
        seconds = wall = 0
        if wall_ms is not None and wall_ms > _EPOCH_MS:
            seconds, wall = divmod(wall_ms - _EPOCH_MS, 1000)
        fields = (kind, state | flags << 4, zone, count, detail, 0, self.boot, self.seq + 1)
        moment = (at_ms & 0xFFFFFFFF, at_ms >> 32, seconds, wall)
        struct.pack_into(_FORMAT, self._slot, 0, *(fields + moment))
        self._set_live(self._program(), True)
        self.seq += 1
        return Event(self.boot, self.seq, kind, state, zone, detail, count, flags, at_ms, wall_ms)

    # Giving way.

    @staticmethod
    def _weight(kind: int, state: int, detail: int = 0) -> int:
        if kind == DEVICE and detail == FAULT_SPOOL_LOSS:
            return 4  # one at a time waits; without it the loss itself would be lost
        if state in (NOTICE, TESTED):
            return 0
        if state != ALARM:
            return 1
        return 3 if kind in LIFE_KINDS else 2

    def _give_way(self, kind: int, state: int) -> bool:
        """Give up the oldest of the least important events, if none outweighs the new one."""
        least = self._weight(kind, state) + 1
        chosen = -1
        position = self.after(-1)
        while position >= 0:
            fields = self._read_slot(position)
            weight = self._weight(fields[0], fields[1] & 15, fields[4]) if fields else 0
            if weight < least:
                least = weight
                chosen = position
            position = self.after(position) if weight else -1
        if chosen < 0:
            return False
        self._set_live(chosen, False)
        self.lost += 1
        return True

    # Reading.

    def after(self, position: int) -> int:
        """Return the position of the next waiting event after ``position``, or -1."""
        position = max(position + 1, self._first())
        while position < self._next:
            if self._is_live(position):
                return position
            position += 1
        return -1

    def read(self, position: int) -> Event | None:
        """Return the event at a position, None if it does not wait any more."""
        if position + self._slots < self._next or not self._is_live(position):
            return None  # its place may hold an event of a later lap
        fields = self._read_slot(position)
        if not fields:  # its write was cut, and it read well once
            self._set_live(position, False)
            return None
        kind, state, zone, count, detail, _, boot, seq, low, high, seconds, ms = fields
        wall_ms = seconds * 1000 + ms + _EPOCH_MS if seconds else None
        at_ms = high << 32 | low
        return Event(boot, seq, kind, state & 15, zone, detail, count, state >> 4, at_ms, wall_ms)

    def waits(self, seq: int) -> bool:
        """Say whether an event of this boot still waits."""
        position = self.after(-1)
        while position >= 0:
            event = self.read(position)
            if event and event.boot == self.boot and event.seq == seq:
                return True
            position = self.after(position)
        return False

    def release(self, boot: int, last: int, count: int) -> int:
        """Forget the ``count`` events of ``boot`` that end with ``last``; return how many were."""
        released = 0
        position = self.after(-1)
        while position >= 0 and released < count:
            sector, offset = self._sector_and_offset(position)
            self._flash.readblocks(sector, self._slot, offset)
            found_boot, seq = struct.unpack_from("<II", self._slot, 8)
            if found_boot == boot and last - count < seq <= last:
                self._set_live(position, False)
                self._released = True
                released += 1
            position = self.after(position)
        return released
