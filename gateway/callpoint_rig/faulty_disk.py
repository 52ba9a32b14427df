"""A disk for the real SQLite that fails when a test says so: full, broken, slow, without power.

SQLite reaches the disk through a VFS, a table of functions (https://www.sqlite.org/vfs.html). This
VFS calls the machine's own. It counts writes and syncs, refuses those that a test has chosen, and
remembers for each file what has been synced. After ``cut_at`` operations the power is off:
``after_cut`` then has what a disk would hold, which is all that was synced and any part of the
rest, sector by sector, in any order.

Only for tests and benchmarks. It needs a Python whose ``sqlite3`` uses the system's library, as
Debian's does; ``LookupError`` otherwise.
"""

import ctypes
import ctypes.util
import random
import sqlite3
import threading
import time
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any

SECTOR = 512
# Result codes of SQLite.
_OK, _FULL = 0, 13
_WRITE_ERROR, _SYNC_ERROR, _DELETE_ERROR = 778, 1034, 2570
_METHODS = 19  # entries of sqlite3_io_methods, version 3; the first is its version
_WRITE, _TRUNCATE, _SYNC = 3, 4, 5


class _Vfs(ctypes.Structure):
    _fields_ = [
        ("version", c_int),
        ("file_size", c_int),
        ("longest_path", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", c_void_p),
        ("delete", c_void_p),
        ("rest", c_void_p * 14),
    ]


class _File(ctypes.Structure):
    _fields_ = [("methods", POINTER(c_void_p))]


# SQLite keeps the pointer to a name: as a c_char_p it would be one to Python's short-lived copy.
_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, POINTER(_File), c_int, POINTER(c_int))
_Delete = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
_Write = CFUNCTYPE(c_int, POINTER(_File), c_void_p, c_int, c_int64)
_Truncate = CFUNCTYPE(c_int, POINTER(_File), c_int64)
_Sync = CFUNCTYPE(c_int, POINTER(_File), c_int)


def _library() -> ctypes.CDLL:
    name = ctypes.util.find_library("sqlite3") or "libsqlite3.so.0"
    library = ctypes.CDLL(name)
    library.sqlite3_libversion.restype = c_char_p
    if library.sqlite3_libversion().decode() != sqlite3.sqlite_version:
        raise LookupError("this Python's sqlite3 does not use the system's library")
    library.sqlite3_vfs_find.restype = POINTER(_Vfs)
    library.sqlite3_vfs_register.argtypes = [POINTER(_Vfs), c_int]
    library.sqlite3_vfs_unregister.argtypes = [POINTER(_Vfs)]
    return library


def _path(name: int) -> Path:
    return Path(ctypes.string_at(name).decode())


class _Content:
    """One file: what is safe, and what has been written since the last sync."""

    def __init__(self, path: Path) -> None:
        self.safe = bytearray(path.read_bytes() if path.exists() else b"")
        self.pending: list[tuple[int, bytes | None]] = []  # None: cut off there

    def sync(self) -> None:
        for at, written in self.pending:
            _put(self.safe, at, written)
        self.pending.clear()

    def after_cut(self, chance: random.Random) -> bytes:
        left = bytearray(self.safe)
        for at, written in self.pending:
            if written is None:
                if chance.random() < 0.5:
                    _put(left, at, None)
                continue
            for start in range(0, len(written), SECTOR):
                if chance.random() < 0.5:
                    _put(left, at + start, written[start : start + SECTOR])
        return bytes(left)


def _put(content: bytearray, at: int, written: bytes | None) -> None:
    if written is None:
        del content[at:]
        return
    if len(content) < at:
        content.extend(bytes(at - len(content)))
    content[at : at + len(written)] = written


class FaultyDisk:
    """A VFS of its own name. Use as a context manager; close the journals before it ends.

    Change the attributes at any time. ``full``: writes fail for want of room. ``broken_writes``,
    ``broken_syncs``: the numbers of the writes and syncs that fail, counted as in ``writes`` and
    ``syncs``. ``sync_s``: how long a sync takes. ``cut_at``: before this operation the power goes.
    """

    def __init__(
        self, name: str = "faulty", *, everywhere: bool = False, remember: bool = True
    ) -> None:
        """``everywhere``: also for files that are opened without naming it. ``remember``: keep
        what was written, for ``after_cut``."""
        self._remember = remember
        self.name = name
        self.full = False
        self.broken_writes: set[int] = set()
        self.broken_syncs: set[int] = set()
        self.sync_s = 0.0
        self.cut_at: int | None = None
        self.off = False
        self.writes = self.syncs = self.written_bytes = 0
        self._everywhere = everywhere
        self._lock = threading.Lock()
        self._contents: dict[Path, _Content] = {}
        self._paths: dict[int, Path] = {}
        self._kept: list[Any] = []  # what C points to must live as long as this does
        self._tables: dict[int, Any] = {}
        self._library = _library()
        self._under = self._library.sqlite3_vfs_find(None)
        self._vfs = _Vfs.from_buffer_copy(self._under.contents)
        self._vfs.next = None
        self._vfs.name = name.encode()
        self._really_open = _Open(self._under.contents.open)
        self._really_delete = _Delete(self._under.contents.delete)
        self._functions = _Open(self._open), _Delete(self._delete)
        self._vfs.open = ctypes.cast(self._functions[0], c_void_p)
        self._vfs.delete = ctypes.cast(self._functions[1], c_void_p)

    def __enter__(self) -> "FaultyDisk":
        self._library.sqlite3_vfs_register(ctypes.byref(self._vfs), int(self._everywhere))
        return self

    def __exit__(self, *exception: object) -> None:
        self._library.sqlite3_vfs_unregister(ctypes.byref(self._vfs))

    @property
    def operations(self) -> int:
        """Writes, truncations and syncs so far."""
        return self.writes + self.syncs

    def after_cut(self, folder: Path, seed: int) -> None:
        """Write into ``folder`` what the files hold after the power went."""
        folder.mkdir()
        chance = random.Random(seed)
        for path, content in self._contents.items():
            # A journal's shared-memory file is made anew at each opening.
            if not path.name.endswith("-shm"):
                (folder / path.name).write_bytes(content.after_cut(chance))

    def _open(self, vfs: Any, name: Any, file: Any, flags: Any, out: Any) -> int:
        result: int = self._really_open(ctypes.cast(self._under, c_void_p), name, file, flags, out)
        if result == _OK and name:
            path = _path(name)
            with self._lock:
                if self._remember:
                    self._contents.setdefault(path, _Content(path))
                self._paths[ctypes.addressof(file.contents)] = path
            file.contents.methods = self._table(file.contents.methods)
        return result

    def _delete(self, vfs: Any, name: Any, sync: int) -> int:
        with self._lock:
            if not self._power():
                return _DELETE_ERROR
            # SQLite asks for the folder to be synced where it matters.
            self._contents.pop(_path(name), None)
        result: int = self._really_delete(ctypes.cast(self._under, c_void_p), name, sync)
        return result

    def _table(self, real: Any) -> Any:
        """Return the file's functions with ours in front; one table for each kind of file."""
        address = ctypes.addressof(real.contents)
        if address in self._tables:
            return self._tables[address]
        table = (c_void_p * _METHODS)(*(real[number] for number in range(_METHODS)))
        write, truncate = _Write(real[_WRITE]), _Truncate(real[_TRUNCATE])
        sync = _Sync(real[_SYNC])

        def on_write(file: Any, data: Any, size: int, at: int) -> int:
            refusal = self._wrote(file, at, ctypes.string_at(data, size))
            return refusal or write(file, data, size, at)

        def on_truncate(file: Any, size: int) -> int:
            return self._wrote(file, size, None) or truncate(file, size)

        def on_sync(file: Any, flags: int) -> int:
            return self._synced(file) or sync(file, flags)

        ours = _Write(on_write), _Truncate(on_truncate), _Sync(on_sync)
        for number, function in zip((_WRITE, _TRUNCATE, _SYNC), ours, strict=True):
            table[number] = ctypes.cast(function, c_void_p).value
        pointer = ctypes.cast(table, POINTER(c_void_p))
        self._kept += [table, ours, write, truncate, sync]
        self._tables[address] = pointer
        return pointer

    def _content(self, file: Any) -> _Content:
        return self._contents[self._paths[ctypes.addressof(file.contents)]]

    def _power(self) -> bool:
        if self.cut_at is not None and self.operations >= self.cut_at:
            self.off = True
        return not self.off

    def _wrote(self, file: Any, at: int, written: bytes | None) -> int:
        with self._lock:
            if not self._power():
                return _WRITE_ERROR
            self.writes += 1
            if self.full and written is not None:
                return _FULL
            if self.writes in self.broken_writes:
                return _WRITE_ERROR
            self.written_bytes += len(written or b"")
            if self._remember:
                self._content(file).pending.append((at, written))
            return _OK

    def _synced(self, file: Any) -> int:
        with self._lock:
            if not self._power():
                return _SYNC_ERROR
            self.syncs += 1
            if self.syncs in self.broken_syncs:
                return _SYNC_ERROR
            if self._remember:
                self._content(file).sync()
        if self.sync_s:
            time.sleep(self.sync_s)
        return _OK
