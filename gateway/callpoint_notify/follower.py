"""Follows the alarms journal with a cursor of the notifier's own, and puts what it tells out.

It reads only, in short reads, so it can neither delay the gateway nor keep the journal's file
from growing small again. The cursor is in the outbox, in the commit of the messages.

The state of the site at the cursor is needed to know which event opens an alarm. It is restored
from a snapshot that the outbox keeps, and the entries behind that are read again untold.
"""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from callpoint_gateway.alarms.case import Case
from callpoint_gateway.alarms.site_state import TYPES, SiteState
from callpoint_gateway.alarms.snapshot import restore, snapshot
from callpoint_gateway.alarms.snapshot import start as start_at_the_end
from callpoint_gateway.journal.entries import Cursor, Entry
from callpoint_gateway.journal.reader import Reader
from callpoint_notify.outbox import NewMessage, Outbox
from callpoint_notify.stories import Story, Teller

BLOCK: Final = 256
SNAPSHOT_EVERY: Final = 2000  # entries that a start reads again at most

_STALE: Final = 0  # no file has this inode

MakeTeller = Callable[[SiteState], Teller]
Messages = Callable[[Story], list[NewMessage]]

log = logging.getLogger(__name__)


class Follower:
    """The notifier's reader of one journal. ``look`` again and again."""

    def __init__(
        self, journal: Path, outbox: Outbox, teller: MakeTeller, messages: Messages
    ) -> None:
        """``messages`` returns a message for everybody who is told a story.

        JournalError: the journal cannot be read.
        """
        self._journal = journal
        self._outbox = outbox
        self._make_teller = teller
        self._messages = messages
        self._open()

    def close(self) -> None:
        """Release the journal."""
        self._reader.close()

    def _open(self) -> None:
        self._file = _STALE
        self._opened = self._journal.stat().st_ino if self._journal.exists() else _STALE
        self._reader = Reader(self._journal)
        self._restore()
        self._file = self._opened

    def _restore(self) -> None:
        """Restore the state of the site at the cursor."""
        self._state = SiteState()
        self._teller = self._make_teller(self._state)
        place = self._outbox.place()
        if place is None or self._reader.head() < place[0]:
            # A first start tells nothing of the past; neither does an older copy that was put
            # back: what it has was told before.
            if place is not None:
                log.warning("the journal ends before what was told; an older copy was put back")
            start_at_the_end(self._state, self._reader)
            self._save(snapshot(self._state))
            return
        told, cursor = place
        if cursor.position and self._reader.entry(cursor.position) is None:
            log.warning("the journal is a new one; what it has of the old one is told again")
            self._state.cases.position = told
            self._save(snapshot(self._state))
            return
        restore(self._state, cursor, self._reader)
        while self._state.position < told:
            entries = self._reader.read(self._state.position, BLOCK, TYPES)
            old = [entry for entry in entries if entry.position <= told]
            for entry in old:
                self._state.take(entry)
            if len(old) < BLOCK:
                break
        self._position, self._saved = told, cursor.position

    def _save(self, cursor: Cursor) -> None:
        self._outbox.put([], cursor.position, cursor)
        self._position = self._saved = cursor.position

    def look(self) -> None:
        """Put what the new entries tell into the outbox.

        JournalError or sqlite3.Error: the journal cannot be read now.
        """
        if not self._journal.exists() or self._journal.stat().st_ino != self._file:
            # A damaged journal was set aside, a copy was put back, or the outbox took no block.
            self._reader.close()
            self._open()
        while entries := self._reader.read(self._position, BLOCK, TYPES):
            # Until the outbox has the block, the state is ahead of it and cannot be used again.
            self._file = _STALE
            self._outbox.put(self._told(entries), entries[-1].position)
            self._file = self._opened
            self._position = entries[-1].position
            if self._position - self._saved >= SNAPSHOT_EVERY:
                self._save(snapshot(self._state))

    def _told(self, entries: list[Entry]) -> Iterator[NewMessage]:
        """Yield the messages of entries, each when the outbox has those before it."""
        for entry in entries:
            for story in self._stories(entry):
                yield from self._messages(story)

    def _stories(self, entry: Entry) -> list[Story]:
        before = self._case_about(entry)
        self._state.take(entry)
        return list(self._teller.of(entry, before))

    def _case_about(self, entry: Entry) -> Case | None:
        case = self._state.cases.case(entry.about or 0)
        return case if case is not None and case.position == entry.about else None
