"""The outbox: every message that is made, until somebody has it.

What it promises:

1. The messages of an entry and the position behind it are one commit: an entry is told once, and
   none is forgotten.
2. A send is on disk before the channel gets it. After a kill it is made again, once, under the
   same number; whatever the channel had answered before the kill is not made again.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.entries import Cursor
from callpoint_notify.stories import Story
from callpoint_people.notifications import MessageState
from callpoint_people.outbox_file import open_outbox
from callpoint_people.work_news import WorkNews

KEPT_MS: Final = 90 * 86_400_000
_POSITION: Final = "position"
_SNAPSHOT: Final = "snapshot"
_story = msgspec.json.Decoder(Story).decode
_news = msgspec.json.Decoder(WorkNews).decode
_cursor = msgspec.json.Decoder(Cursor).decode
_COLUMNS: Final = "id, story, role, person, only, made_ms, due_ms, tries, state"


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message to be put into the outbox. ``due_ms``: see ``Timing``."""

    story: Story
    role: str
    person: str
    due_ms: int
    only: str = ""


class Message(NewMessage, frozen=True, kw_only=True):
    """A message in the outbox. ``tries``: how often all channels were tried in vain."""

    id: int
    made_ms: int
    tries: int
    state: MessageState


class Unfinished(msgspec.Struct, frozen=True):
    """A send that was begun before a kill, with the messages in it."""

    id: int
    channel: str
    urgent: bool
    messages: tuple[Message, ...]


class PastSend(msgspec.Struct, frozen=True):
    """A send of the last minutes: by the wall clock, and by the monotonic one of its boot."""

    channel: str
    urgent: bool
    begun_ms: int
    boot_id: str
    mono_ms: int


class Outbox:
    """The outbox of one notifier. Used by one thread."""

    def __init__(self, state_dir: Path, clock: Clock) -> None:
        """Open it. OutboxUnusable: it cannot be."""
        self._connection = open_outbox(state_dir)
        self._clock = clock

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    # The journal's entries.

    def place(self) -> tuple[int, Cursor] | None:
        """Return the position up to which all is told, and the last snapshot; None at first."""
        rows = dict(self._connection.execute("SELECT key, value FROM meta").fetchall())
        if _POSITION not in rows:
            return None
        return int(rows[_POSITION]), _cursor(rows[_SNAPSHOT])

    def put(
        self, messages: Iterable[NewMessage], position: int, snapshot: Cursor | None = None
    ) -> None:
        """Store messages and the position behind the entries that they tell, in one commit.

        Each message may be made by what those before it have told.
        """
        with self._changing() as connection:
            for message in messages:
                self._insert(connection, message)
            self._remember(connection, _POSITION, str(position).encode())
            if snapshot is not None:
                self._remember(connection, _SNAPSHOT, msgspec.json.encode(snapshot))

    @staticmethod
    def _remember(connection: sqlite3.Connection, key: str, value: bytes) -> None:
        connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def _insert(self, connection: sqlite3.Connection, message: NewMessage) -> None:
        story = message.story
        connection.execute(
            "INSERT INTO message (about, subject, priority, story, role, person, only, made_ms, "
            "due_ms, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                story.alarm,
                story.subject,
                story.priority,
                msgspec.json.encode(story).decode(),
                message.role,
                message.person,
                message.only,
                self._clock.wall_ms(),
                message.due_ms,
                MessageState.WAITING.value,
            ),
        )

    def last_ms(self, subject: str, role: str, person: str) -> int | None:
        """Return when a recipient was last to be told of a subject; None: never."""
        row = self._connection.execute(
            "SELECT due_ms FROM message WHERE subject = ? AND person = ? AND role = ? "
            "ORDER BY id DESC LIMIT 1",
            (subject, person, role),
        ).fetchone()
        return None if row is None else int(row[0])

    def told_of(self, alarm: int) -> list[tuple[str, str]]:
        """Return the role and the person of everybody who is told of an alarm."""
        return self._connection.execute(
            "SELECT role, person FROM message WHERE about = ? GROUP BY role, person "
            "ORDER BY min(id)",
            (alarm,),
        ).fetchall()

    # What is still to be sent.

    def open_after(self, id: int) -> list[Message]:
        """Return the messages behind an id that wait, the oldest first."""
        return self._messages(
            "id > ? AND state NOT IN ('sent', 'gone') AND state <> 'sending'", (id,)
        )

    def _messages(self, where: str, values: Sequence[object]) -> list[Message]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM message WHERE {where} ORDER BY id", values
        )
        return [
            Message(
                id=id,
                story=_story(story),
                role=role,
                person=person,
                only=only,
                made_ms=made_ms,
                due_ms=due_ms,
                tries=tries,
                state=MessageState(state),
            )
            for id, story, role, person, only, made_ms, due_ms, tries, state in rows
        ]

    def begin(self, channel: str, messages: Iterable[Message], *, urgent: bool) -> int:
        """Store that messages are sent together now; return the number of the send."""
        with self._changing() as connection:
            send = connection.execute(
                "INSERT INTO send (channel, urgent, state, begun_ms, boot_id, mono_ms) "
                "VALUES (?, ?, 'sending', ?, ?, ?)",
                (
                    channel,
                    urgent,
                    self._clock.wall_ms(),
                    self._clock.boot_id(),
                    self._clock.monotonic_ms(),
                ),
            ).lastrowid
            assert send is not None
            connection.executemany(
                "UPDATE message SET state = 'sending', send = ? WHERE id = ?",
                [(send, message.id) for message in messages],
            )
        return send

    def again(self, send: int) -> None:
        """Store that a send is made again now."""
        with self._changing() as connection:
            connection.execute(
                "UPDATE send SET begun_ms = ?, boot_id = ?, mono_ms = ? WHERE id = ?",
                (
                    self._clock.wall_ms(),
                    self._clock.boot_id(),
                    self._clock.monotonic_ms(),
                    send,
                ),
            )

    def succeeded(self, send: int) -> None:
        """Store that the service has taken a send."""
        with self._changing() as connection:
            connection.execute("UPDATE send SET state = 'sent' WHERE id = ?", (send,))
            connection.execute(
                "UPDATE message SET state = 'sent', reason = '', ended_ms = ? WHERE send = ?",
                (self._clock.wall_ms(), send),
            )

    def failed(self, send: int, reason: str) -> None:
        """Store that the service has not taken a send; its messages wait again."""
        with self._changing() as connection:
            connection.execute(
                "UPDATE send SET state = 'failed', reason = ? WHERE id = ?", (reason, send)
            )
            connection.execute(
                "UPDATE message SET state = 'waiting', reason = ? WHERE send = ?", (reason, send)
            )

    def tried(self, id: int, tries: int) -> None:
        """Store how often all channels were tried for a message."""
        self._set(id, "tries = ?", tries)

    def nobody(self, id: int, reason: str) -> None:
        """Store that nobody can be told a message now."""
        self._set(id, "state = 'nobody', reason = ?", reason)

    def gone(self, id: int) -> None:
        """Store that a message has no recipient any more."""
        self._set(id, "state = 'gone', ended_ms = ?", self._clock.wall_ms())

    def replace(self, id: int, messages: Iterable[NewMessage]) -> None:
        """Put messages in the place of one that nobody could be told."""
        with self._changing() as connection:
            for message in messages:
                self._insert(connection, message)
            connection.execute(
                "UPDATE message SET state = 'gone', ended_ms = ? WHERE id = ?",
                (self._clock.wall_ms(), id),
            )

    def _set(self, id: int, what: str, value: object) -> None:
        with self._changing() as connection:
            connection.execute(f"UPDATE message SET {what} WHERE id = ?", (value, id))

    # After a kill.

    def unfinished(self) -> list[Unfinished]:
        """Return the sends that were begun and whose answer is not known."""
        rows = self._connection.execute(
            "SELECT id, channel, urgent FROM send WHERE state = 'sending' ORDER BY id"
        ).fetchall()
        return [
            Unfinished(id, channel, bool(urgent), tuple(self._messages("send = ?", (id,))))
            for id, channel, urgent in rows
        ]

    def sends_since(self, begun_ms: int) -> list[PastSend]:
        """Return the sends that began after a moment by the wall clock, or in its future."""
        rows = self._connection.execute(
            "SELECT channel, urgent, begun_ms, boot_id, mono_ms FROM send WHERE begun_ms > ? "
            "ORDER BY id",
            (begun_ms,),
        )
        return [PastSend(row[0], bool(row[1]), *row[2:]) for row in rows]

    # What people ask for, and what is old.

    def asked(self) -> list[tuple[int, str, str]]:
        """Return number, person and channel of each message of test that was asked for."""
        return self._connection.execute(
            "SELECT id, person, channel FROM asked ORDER BY id"
        ).fetchall()

    def answer(self, asked: int, messages: Iterable[NewMessage]) -> None:
        """Put the messages of test that were asked for into the outbox."""
        with self._changing() as connection:
            for message in messages:
                self._insert(connection, message)
            connection.execute("DELETE FROM asked WHERE id = ?", (asked,))

    def news(self) -> list[WorkNews]:
        """Return the news of work orders that the console has left."""
        rows = self._connection.execute("SELECT content FROM news ORDER BY subject LIMIT 100")
        return [_news(content) for (content,) in rows]

    def tell(self, news: WorkNews, messages: Iterable[NewMessage]) -> None:
        """Put messages of a work order into the outbox, unless it has them already."""
        with self._changing() as connection:
            known = connection.execute(
                "SELECT 1 FROM message WHERE subject = ? LIMIT 1", (news.subject,)
            ).fetchone()
            for message in () if known else messages:
                self._insert(connection, message)
            connection.execute("DELETE FROM news WHERE subject = ?", (news.subject,))

    def forget_old(self) -> None:
        """Remove what ended 90 days ago."""
        before_ms = self._clock.wall_ms() - KEPT_MS
        with self._changing() as connection:
            connection.execute("DELETE FROM message WHERE ended_ms < ?", (before_ms,))
            connection.execute(
                "DELETE FROM send WHERE begun_ms < ? AND state <> 'sending'", (before_ms,)
            )

    def waiting(self) -> int:
        """Return how many messages have not reached anybody."""
        row = self._connection.execute(
            "SELECT count(*) FROM message WHERE state NOT IN ('sent', 'gone')"
        ).fetchone()
        return int(row[0])
