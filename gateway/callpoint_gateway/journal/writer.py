"""Writes a journal. The gateway has two: ``alarms.db`` and ``telemetry.db`` (the readings).

What it promises:

1. ``submit`` calls ``done`` only after the transaction that holds the writes is on disk
   (SQLite WAL with ``synchronous=FULL``). No message may be acknowledged earlier.
2. Entries are only appended; positions rise by one; no entry is changed.
3. An entry with (device, boot, seq) is stored once, however often it is submitted. The stored
   entries are the only memory of that: a bounded journal that has dropped an entry stores the
   same message again.
4. In the alarms journal every entry carries SHA-256(previous hash + its own content), so
   ``verify`` shows a changed or missing entry.
5. Writes of one ``submit`` are committed together or not at all, such as a delivery and the
   cursor that it moves.
6. One writer thread commits all that has arrived as one transaction. The alarms journal commits
   at once; the readings' journal waits up to ``linger_s`` for more writes, because small commits
   wear an SD card out.
7. A transaction that the disk refuses (full, I/O error) is tried again until the journal is
   closed. Its messages stay unacknowledged meanwhile, so none is lost.
8. A bounded journal and the quarantine drop their oldest part first and record the loss. The
   alarms journal is not bounded.
"""

import asyncio
import logging
import queue
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.damage import is_damage, remedy_of
from callpoint_gateway.journal.entries import (
    Cursor,
    LossBody,
    NewEntry,
    Quarantine,
    Stored,
    Type,
    Write,
)
from callpoint_gateway.journal.reader import (
    GENESIS,
    JournalError,
    Reader,
    encode,
    link,
    open_file,
)
from callpoint_gateway.journal.recent import Recent, Row
from callpoint_gateway.journal.salvage import note_damage
from callpoint_gateway.words.said import NOTHING

BATCH = 512
RETRY_S = 0.5
QUARANTINE_BYTES = 32 * 1024 * 1024
# A full journal drops this share (a tenth) at once, so that a loss is one entry and not thousands.
SHARE = 10
SHRINK_PAGES = 64
_CHECK_EVERY = 1000
# For so many (device, boot) the writer keeps the highest sequence number in memory.
KNOWN = 8192
# Rows of one INSERT. SQLite releases Python's lock once per statement, so with one statement per
# row the writer would wait for the lock behind the sources some thousand times a second.
_ROWS = (256, 64, 16, 4, 1)
_INSERT = {
    count: "INSERT INTO entries VALUES " + ",".join(["(" + ",".join("?" * 11) + ")"] * count)
    for count in _ROWS
}
# Of a quarantined message: a topic is known by its beginning, and the longest is 64 KiB.
TOPIC_BYTES = 256
REASON_BYTES = 512
# Beside its texts, a row has its number, time and source: what SQLite needs for them at most.
_ROW_BYTES = 64
_QUARANTINED = (
    "SELECT coalesce(sum(length(payload) + length(CAST(topic AS BLOB))"
    f" + length(CAST(reason AS BLOB)) + {_ROW_BYTES}), 0) FROM quarantine"
)

Done = Callable[[list[Stored]], None]
Lost = Callable[[LossBody], None]

log = logging.getLogger(__name__)


class _Submission(msgspec.Struct):
    writes: Sequence[Write]
    done: Done | None


class Journal:
    """One journal and its writer thread. ``submit`` may be called from any thread."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        chained: bool,
        linger_s: float = 0.0,
        max_bytes: int | None = None,
        lost: Lost | None = None,
        quarantine_bytes: int = QUARANTINE_BYTES,
        vfs: str | None = None,
        base: int = 0,
        max_age_ms: int | None = None,
    ) -> None:
        """Open or make the file and start the writer. JournalError if the file cannot be opened.

        ``linger_s``: how long a commit waits for further writes. ``max_bytes``: the most that the
        entries may fill; None: no bound. ``lost`` is called in the writer's thread when entries
        were dropped before every consumer had read them. ``vfs``: SQLite's interface to the
        disk, None for its default. ``base``: the position behind which a new file begins.
        ``max_age_ms``: how old an entry of a bounded journal may become.
        """
        self.path = path
        self._clock = clock
        self._chained = chained
        self._linger_s = linger_s
        self._queue: queue.SimpleQueue[_Submission | None] = queue.SimpleQueue()
        self._gathering = threading.Lock()
        self._gathered = 0  # writes that were submitted and are in no transaction yet
        self._enough = threading.Event()
        self._first: list[Callable[[], None]] = []
        self._watchers: list[Callable[[], None]] = []
        self._closing, self._free = threading.Event(), threading.Event()
        self._free.set()
        self._max_bytes = max_bytes
        self._lost = lost
        self._unchecked = 0
        self._shrink = False  # the file has many free pages
        self._quarantine_limit = quarantine_bytes
        self.fault: str | None = None
        self.remedy = NOTHING  # of the last fault
        # Counted since the start, for the metrics.
        self.commits = self.appended = self.repeats = 0
        self.quarantined: Counter[str] = Counter()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = open_file(path, read_only=False, vfs=vfs)
        row = self._connection.execute(
            "SELECT position, hash FROM entries ORDER BY position DESC LIMIT 1"
        ).fetchone()
        self._position: int = row[0] if row else self._base(base)
        self._max_age_ms = max_age_ms
        self._hash: bytes = (row[1] if row else None) or GENESIS
        self._quarantined: int = self._number(_QUARANTINED)
        self._rows: list[Row] = []  # appended, and not in a statement yet
        self._appended: list[Row] = []  # in this transaction
        self._recent = Recent(self._position)
        self._stamp: tuple[int, str, int] = 0, "", 0  # the recorded time of this transaction
        self._highest: dict[tuple[str | None, int | None], int] = {}
        self._thread = threading.Thread(target=self._run, name=f"journal-{path.stem}")
        self._thread.start()

    def _base(self, wanted: int) -> int:
        """Return the position before the first entry of a new file; the first call stores it."""
        execute = self._connection.execute
        if wanted:
            execute("INSERT OR IGNORE INTO meta VALUES ('base', ?)", (str(wanted),))
        row = execute("SELECT value FROM meta WHERE key = 'base'").fetchone()
        return int(row[0]) if row else 0

    def submit(self, writes: Sequence[Write], done: Done | None = None) -> None:
        """Hand writes over; ``done`` is called in the writer's thread once they are on disk."""
        self._queue.put(_Submission(writes, done))
        if self._linger_s:
            self._gather(len(writes))

    def _gather(self, writes: int) -> None:
        """Count the writes that wait; wake the writer once they fill a batch."""
        with self._gathering:
            self._gathered += writes
            if self._gathered >= BATCH:
                self._enough.set()
            else:
                self._enough.clear()

    async def store(self, writes: Sequence[Write]) -> list[Stored]:
        """Hand writes over and wait until they are on disk."""
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[list[Stored]] = loop.create_future()

        def resolve(result: list[Stored]) -> None:
            if not stored.done():
                stored.set_result(result)

        def done(result: list[Stored]) -> None:
            with suppress(RuntimeError):  # the loop has ended, and nobody waits any more
                loop.call_soon_threadsafe(resolve, result)

        self.submit(writes, done)
        return await stored

    def watch(self, watcher: Callable[[], None], *, first: bool = False) -> None:
        """Call ``watcher`` in the writer's thread after every commit and its ``done`` calls.

        ``first``: before the watchers without it. The path to the centres is first.
        """
        (self._first if first else self._watchers).append(watcher)

    def reader(self) -> Reader:
        """Return a reader with a connection of its own."""
        return Reader(self.path, lambda: self._recent)

    def hold(self, held: bool) -> None:
        """Stop committing (``held``), or go on. Writes wait meanwhile, unacknowledged."""
        if held:
            self._free.clear()
        else:
            self._free.set()

    @property
    def position(self) -> int:
        """The last position."""
        return self._position

    @property
    def waiting(self) -> int:
        """How many submissions wait for their commit."""
        return self._queue.qsize()

    @property
    def running(self) -> bool:
        """Whether the writer thread runs. Without it nothing is stored or acknowledged."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Commit what was submitted, then stop. Call it once, after the sources stopped."""
        self._closing.set()
        self._free.set()
        self._enough.set()
        self._queue.put(None)
        self._thread.join()
        with suppress(JournalError, sqlite3.Error), Reader(self.path):
            # With the last connection SQLite deletes ``-wal`` and ``-shm``; who may read the
            # folder and not write it then could not read the journal. A reader deletes nothing.
            self._connection.execute("PRAGMA busy_timeout=0")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.close()
        self._connection.close()

    def _take(self) -> list[_Submission] | None:
        first = self._queue.get()
        if first is None:
            return None
        taken, writes = [first], len(first.writes)
        if self._linger_s and not self._closing.is_set():
            self._enough.wait(self._linger_s)
        while writes < BATCH:
            try:
                more = self._queue.get_nowait()
            except queue.Empty:
                break
            if more is None:
                self._queue.put(None)
                break
            taken.append(more)
            writes += len(more.writes)
        if self._linger_s:
            self._gather(-writes)
        return taken

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            self._free.wait()
            results = self._commit_until_done(taken)
            if results is None:
                return
            for submission, stored in zip(taken, results, strict=True):
                if submission.done is not None:
                    submission.done(stored)
            for watcher in chain(self._first, self._watchers):
                watcher()
            # Last and outside the transaction: nobody waits for it, and its errors undo no commit.
            self._give_back()

    def _commit_until_done(self, taken: list[_Submission]) -> list[list[Stored]] | None:
        while True:
            before = self._position, self._hash, self._quarantined
            try:
                return self._commit(taken)
            except sqlite3.Error as error:
                # Disk full, an I/O error, a damaged file: nothing has been acknowledged yet, so
                # go back to the last commit and try the same writes again.
                self._position, self._hash, self._quarantined = before
                self._rows.clear()
                self._appended.clear()
                self._highest.clear()
                if is_damage(error):
                    # No retry mends a damaged file: the next start sets it aside.
                    note_damage(self.path, str(error))
                    raise
                if self.fault is None:
                    log.error("%s cannot be written, retrying: %s", self.path, error)
                self.remedy = remedy_of(error)
                self.fault = str(error)
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                if self._closing.is_set():
                    return None
                self._closing.wait(RETRY_S)

    def _commit(self, taken: list[_Submission]) -> list[list[Stored]]:
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        clock = self._clock
        self._stamp = clock.wall_ms(), clock.boot_id(), clock.monotonic_ms()
        results = [[self._apply(write) for write in submission.writes] for submission in taken]
        self._insert()
        loss = self._keep_bound(sum(len(submission.writes) for submission in taken))
        execute("COMMIT")
        self._recent = self._recent.followed(self._appended)
        self._appended.clear()
        self._count(taken, results)
        if self.fault is not None:
            log.warning("%s can be written again", self.path)
            self.fault = None
        if loss is not None and self._lost is not None:
            self._lost(loss)
        return results

    def _count(self, taken: list[_Submission], results: list[list[Stored]]) -> None:
        new = repeats = 0
        for submission, stored in zip(taken, results, strict=True):
            for write, result in zip(submission.writes, stored, strict=True):
                if isinstance(write, NewEntry):
                    new += 1
                    repeats += result.duplicate
                elif isinstance(write, Quarantine):
                    self.quarantined[write.source] += 1
        self.commits += 1
        self.repeats += repeats
        self.appended += new - repeats

    def _keep_bound(self, writes: int) -> LossBody | None:
        """Drop the oldest tenth when the journal exceeds its bound; return the unread entries."""
        self._unchecked += writes
        if self._max_bytes is None or self._unchecked < _CHECK_EVERY:
            return None
        self._unchecked = 0
        pages, free = self._number("PRAGMA page_count"), self._number("PRAGMA freelist_count")
        full = (pages - free) * self._number("PRAGMA page_size") > self._max_bytes
        self._shrink = free * SHARE > 2 * pages
        if not full and not self._too_old():
            return None
        first = self._number("SELECT min(position) FROM entries")
        last = first + max(1, (self._position - first) // SHARE)
        self._connection.execute("DELETE FROM entries WHERE position <= ?", (last,))
        read = self._number("SELECT min(position) FROM cursors")
        if read is None or read >= last:
            return None
        unread = max(first, read + 1)
        return LossBody(self.path.stem, unread, last, last - unread + 1)

    def _too_old(self) -> bool:
        # At most a tenth is dropped at a time, also when the clock is put forward by mistake.
        if self._max_age_ms is None:
            return False
        first = self._number(
            "SELECT coalesce(min(recorded_ms), 0) FROM (SELECT recorded_ms "
            "FROM entries ORDER BY position LIMIT 1)"
        )
        return bool(first) and self._clock.wall_ms() - first > self._max_age_ms

    def _give_back(self) -> None:
        """Return a few free pages to the file system; each costs a write."""
        if not self._shrink:
            return
        try:
            # This pragma returns a row without columns per page; ``execute`` stops at the first.
            self._connection.executescript(f"PRAGMA incremental_vacuum({SHRINK_PAGES})")
            self._shrink = self._number("PRAGMA freelist_count") > SHRINK_PAGES
        except sqlite3.Error as error:
            # Try again later. A damaged page shows at the next commit or the next start.
            log.warning("%s: free pages could not be returned to the disk: %s", self.path, error)
            self._shrink = False

    def _number(self, query: str, *values: object) -> Any:
        return self._connection.execute(query, values).fetchone()[0]

    def _apply(self, write: Write) -> Stored:
        match write:
            case NewEntry():
                return self._append(write)
            case Cursor():
                self._connection.execute(
                    "INSERT INTO cursors VALUES (?,?,?) ON CONFLICT (name) DO UPDATE "
                    "SET position = excluded.position, state = excluded.state",
                    (write.name, write.position, encode(write.state)),
                )
                return Stored(write.position, True)
            case Quarantine():
                return self._quarantine(write)

    def _quarantine(self, message: Quarantine) -> Stored:
        execute = self._connection.execute
        topic, reason = _cut(message.topic, TOPIC_BYTES), _cut(message.reason, REASON_BYTES)
        number = execute(
            "INSERT INTO quarantine (received_ms, source, topic, reason, payload) "
            "VALUES (?,?,?,?,?)",
            (
                self._clock.wall_ms(),
                message.source,
                topic,
                reason,
                message.payload,
            ),
        ).lastrowid
        texts = len(topic.encode()) + len(reason.encode())
        self._quarantined += len(message.payload) + texts + _ROW_BYTES
        if self._quarantined > self._quarantine_limit:
            self._thin_quarantine()
        return Stored(number or 0, False)

    def _thin_quarantine(self) -> None:
        """Drop the oldest tenth of the quarantine, and record the loss in the journal."""
        first = self._number("SELECT min(number) FROM quarantine")
        last = first + (self._number("SELECT max(number) FROM quarantine") - first) // SHARE
        self._connection.execute("DELETE FROM quarantine WHERE number <= ?", (last,))
        self._quarantined = self._number(_QUARANTINED)
        self._append(NewEntry(Type.LOSS, LossBody("quarantine", first, last, last - first + 1)))

    def _append(self, new: NewEntry) -> Stored:
        if new.seq is not None and (known := self._known(new)):
            return Stored(known, True)
        row = (
            self._position + 1,
            new.type.value,
            *self._stamp,
            new.device,
            new.boot,
            new.seq,
            new.about,
            encode(new.body),
        )
        chained = link(self._hash, row) if self._chained else None
        self._rows.append((*row, chained))
        self._appended.append(row)
        self._position += 1
        if chained is not None:
            self._hash = chained
        return Stored(self._position, False)

    def _known(self, new: NewEntry) -> int | None:
        """Return the position of an entry with the same identity, None if there is none.

        A number above the highest that its boot has used is new; only the others are looked for.
        """
        whose = new.device, new.boot
        highest = self._highest.get(whose)
        if highest is None:
            if len(self._highest) >= KNOWN:
                self._highest.clear()
            self._insert()
            highest = self._number(
                "SELECT coalesce(max(seq), 0) FROM entries "
                "WHERE device = ? AND boot = ? AND seq IS NOT NULL",
                *whose,
            )
        assert new.seq is not None
        if new.seq > highest:
            self._highest[whose] = new.seq
            return None
        self._highest[whose] = highest
        self._insert()
        first = self._connection.execute(
            "SELECT position FROM entries WHERE device = ? AND boot = ? AND seq = ?",
            (*whose, new.seq),
        ).fetchone()
        return first[0] if first else None

    def _insert(self) -> None:
        """Write the waiting rows with statements of a few fixed sizes, which stay prepared."""
        done = 0
        while left := len(self._rows) - done:
            count = next(size for size in _ROWS if size <= left)
            part = self._rows[done : done + count]
            self._connection.execute(_INSERT[count], list(chain.from_iterable(part)))
            done += count
        self._rows.clear()


def _cut(text: str, most: int) -> str:
    """Return the beginning of a text, in UTF-8; what cannot be written so is escaped."""
    encoded = text.encode(errors="backslashreplace")
    return encoded[:most].decode(errors="ignore")
