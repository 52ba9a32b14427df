"""A few small values in raw flash: what ``put`` returned from survives a power cut.

Invariants:

1. A record is one program operation of whole 32-byte slots: mark, key, length, value, CRC-32. One
   that is torn is passed by; the value before it stays in force.
2. Two sectors take turns. A full one is left by erasing the other, writing the latest record of
   each key there, then its header with a higher serial. Until the header is whole, the full
   sector, untouched, is the one that counts. The header is written in the first slot and again
   behind the records; a start that finds only one of them writes another, because a slot whose
   write was cut may read well once and badly the next time.
3. A record never begins in flash that is not blank, and is believed only after reading it back.
4. A write that was cut may read well once and badly the next time, or the other way round. So a
   start makes firm what it believes: it writes the last record again, and zeros over what is torn
   behind it and over the first slot that seems blank. What ``get`` has returned stays.
5. The values belong to an owner, a number made of the identity; another owner begins with none.

The flash obeys the block protocol of MicroPython, as for ``spool``.
"""

import struct
from binascii import crc32

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from callpoint_firmware.board import Flash

# Who keeps what.
CONFIGURATION = const(1)
TRIAL = const(2)
WIFI = const(3)  # length of the SSID u8, SSID, password
UPDATE = const(4)
SEQUENCE = const(5)
LEVELS = const(6)
STARTS = const(7)
COMMAND = const(8)
OWNER = const(9)
OTHER_WIFI = const(11)  # state u8, end u32 (Unix s, 0: none), then as WIFI; see ``wifi_change``
CERTIFICATE = const(10)  # DER: it has taken the place of the identity's

MAX_VALUE = const(500)
_SLOT = const(32)
_FRAME = const(8)  # mark u8, key u8, length u16, then the value, then crc u32
_RECORD = const(0xA5)
_HEADER = const(0x5A)
_BLANK = b"\xff" * 32
_VOID = bytes(32)


class Store:
    """Values by key, 1 to 255, in a partition of at least two sectors of its own."""

    def __init__(self, flash: Flash) -> None:
        if flash.ioctl(4, 0) < 2:
            raise ValueError("store: at least 2 sectors")
        self._flash = flash
        self._sector_size = flash.ioctl(5, 0)
        self._slot = bytearray(_SLOT)
        self._found: dict[int, int] = {}  # key: offset of its latest record
        self._sector, self._serial = 0, 0
        headers = 0
        for sector in range(2):
            serial, found = self._headers(sector)
            if serial > self._serial:
                self._sector, self._serial, headers = sector, serial, found
        self._next = _SLOT
        if not self._serial:
            self._flash.ioctl(6, self._sector)
            self._write_headers(1)
            return
        self._make_firm(*self._scan())
        if headers < 2 and not self._write_header():
            self._change_sector()

    def get(self, key: int) -> bytes | None:
        """Return the bytes last put under ``key``, or None."""
        at = self._found.get(key)
        return None if at is None else self._record(self._sector, at)[4:-4]

    def put(self, key: int, value: bytes) -> None:
        """Keep ``value`` (bytes); nothing is written if it is kept already."""
        if not 0 < key < 256 or len(value) > MAX_VALUE:
            raise ValueError("store: key 1 to 255, value up to %d bytes" % MAX_VALUE)
        if self.get(key) == value:
            return
        size = self._padded(len(value))
        if self._next + size > self._sector_size:
            self._change_sector()
        if not self._write(key, value):
            self._change_sector()
            if not self._write(key, value):
                raise OSError(28)  # ENOSPC: the other keys fill the sector

    def keep_for(self, owner: bytes) -> None:
        """Forget everything if it was kept for another ``owner``; what nobody owns is taken."""
        known = self.get(OWNER)
        if known is not None and known != owner:
            self._found = {}
            self._change_sector()
        self.put(OWNER, owner)

    # Records.

    @staticmethod
    def _padded(length: int) -> int:
        return (length + _FRAME + _SLOT - 1) // _SLOT * _SLOT

    def _record(self, sector: int, at: int) -> bytes | None:
        """Return a record's bytes without padding if it is whole, else None."""
        self._flash.readblocks(sector, self._slot, at)
        mark, _, length = struct.unpack_from("<BBH", self._slot, 0)
        if mark != _RECORD or length > MAX_VALUE or at + self._padded(length) > self._sector_size:
            return None
        record = bytearray(length + _FRAME)
        self._flash.readblocks(sector, record, at)
        whole = crc32(memoryview(record)[:-4]) & 0xFFFFFFFF
        return bytes(record) if record[-4:] == struct.pack("<I", whole) else None

    def _is_blank(self, at: int, size: int) -> bool:
        for slot in range(at, min(at + size, self._sector_size), _SLOT):
            self._flash.readblocks(self._sector, self._slot, slot)
            if self._slot != _BLANK:
                return False
        return True

    def _scan(self) -> tuple[int, bytes]:
        """Find the records; return where the last whole one ends, and it if nothing is behind it.

        A header behind the records was written when all of them had been read back.
        """
        end = at = _SLOT
        last = b""
        while at < self._sector_size:
            record = self._record(self._sector, at)
            if record:
                self._found[record[1]] = at
                at += self._padded(len(record) - _FRAME)
                self._next, end, last = at, at, record
                continue
            if not self._is_blank(at, _SLOT):
                self._next = at + _SLOT
                if self._read_header(self._sector, at):
                    end, last = self._next, b""
            at += _SLOT
        return end, last

    def _make_firm(self, end: int, last: bytes) -> None:
        """Void what may be torn behind ``end``, and write the record ``last`` again."""
        for at in range(end, min(self._next + _SLOT, self._sector_size), _SLOT):
            self._flash.writeblocks(self._sector, _VOID, at)
        self._next += _SLOT
        if last and not self._write(last[1], last[4:-4]):
            self._change_sector(last)

    def _write(self, key: int, value: bytes) -> bool:
        """Program one record where flash takes it; False if none of this sector's rest does."""
        size = self._padded(len(value))
        record = bytearray(b"\xff" * size)
        end = len(value) + 4
        struct.pack_into("<BBH", record, 0, _RECORD, key, len(value))
        record[4:end] = value
        struct.pack_into("<I", record, end, crc32(memoryview(record)[:end]) & 0xFFFFFFFF)
        while self._next + size <= self._sector_size:
            at = self._next
            if self._is_blank(at, size):
                self._flash.writeblocks(self._sector, record, at)
                if self._record(self._sector, at) == record[: end + 4]:
                    self._next = at + size
                    self._found[key] = at
                    return True
            self._next += _SLOT
        return False

    # Sectors.

    def _read_header(self, sector: int, at: int) -> int:
        """Return the serial of the header in a slot, 0 if there is none."""
        self._flash.readblocks(sector, self._slot, at)
        mark, _, _, serial, crc = struct.unpack_from("<BBHII", self._slot, 0)
        whole = crc == crc32(memoryview(self._slot)[:8]) & 0xFFFFFFFF
        return serial if mark == _HEADER and whole else 0

    def _headers(self, sector: int) -> tuple[int, int]:
        """Return the serial of a sector, 0 if it has none, and how many headers say so."""
        found = count = 0
        for at in range(0, self._sector_size, _SLOT):
            serial = self._read_header(sector, at)
            if serial:
                found = serial
                count += 1
        return found, count

    def _header(self, serial: int) -> bytearray:
        header = bytearray(_BLANK)
        struct.pack_into("<BBHI", header, 0, _HEADER, 0, 0, serial)
        struct.pack_into("<I", header, 8, crc32(memoryview(header)[:8]) & 0xFFFFFFFF)
        return header

    def _write_header(self) -> bool:
        """Write the header behind the records; False if there is no room that takes it."""
        header = self._header(self._serial)
        while self._next < self._sector_size:
            at = self._next
            self._next += _SLOT
            if self._is_blank(at, _SLOT):
                self._flash.writeblocks(self._sector, header, at)
                self._flash.readblocks(self._sector, self._slot, at)
                if self._slot == header:
                    return True
        return False

    def _write_headers(self, serial: int) -> None:
        """Make the current sector count."""
        self._serial = serial
        self._flash.writeblocks(self._sector, self._header(serial), 0)
        if not self._write_header():
            raise OSError(28)

    def _change_sector(self, last: bytes = b"") -> None:
        """Go to the other sector with the latest record of every key.

        ``last``: the record of one of them, which need not read well any more.
        """
        full, records = self._sector, self._found
        self._sector = 1 - full
        self._flash.ioctl(6, self._sector)
        self._found = {}
        self._next = _SLOT
        for key in records:
            record = last if last and last[1] == key else self._record(full, records[key])
            if not self._write(key, record[4:-4]):
                raise OSError(28)
        self._write_headers(self._serial + 1)
