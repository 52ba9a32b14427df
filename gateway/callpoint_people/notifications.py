"""What became of notifications, for a page or a command; and what they ask of the notifier."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from callpoint_gateway.words.said import said, said_by
from callpoint_people.outbox_file import BUSY_S, OutboxUnusable, path_in
from callpoint_people.work_news import WorkNews, WorkWhat

ALL: Final = ""


class MessageState(StrEnum):
    """How far one message is."""

    WAITING = "waiting"  # for its turn, its time, or its next try
    SENDING = "sending"  # handed to a channel, which has not answered
    SENT = "sent"
    NOBODY = "nobody"  # nobody has the role, or has an address for any channel; looked for again
    GONE = "gone"  # the person was deleted before it went


class Notification(msgspec.Struct, frozen=True):
    """One message to one recipient. Times are Unix ms; ``alarm``: 0 if it is about none.

    ``what`` is the kind of news (``stories.What`` of the notifier); ``tries``: how often all
    channels were tried in vain; ``channel``: the last that was tried; ``reason``: why it waits.
    """

    id: int
    alarm: int
    what: str
    priority: int
    role: str
    person: str
    state: MessageState
    made_ms: int
    ended_ms: int | None
    tries: int
    channel: str
    reason: str


class ChannelState(msgspec.Struct, frozen=True):
    """The sends of one channel in the last day; ``reason``: why the last one failed, if it did."""

    channel: str
    sent: int
    failed: int
    last_ms: int
    reason: str


_ROWS: Final = """
SELECT message.id, about, json_extract(story, '$.what'), priority, role, person, message.state,
       made_ms, ended_ms, tries, coalesce(send.channel, ''), message.reason
FROM message LEFT JOIN send ON send.id = message.send
"""


class Notifications:
    """Reads the notifier's file; each call opens it for a moment, also while none is there."""

    def __init__(self, state_dir: Path) -> None:
        """``state_dir``: the gateway's."""
        self._file = path_in(state_dir)

    @contextmanager
    def _open(self, mode: str) -> Iterator[sqlite3.Connection]:
        uri = f"{self._file.absolute().as_uri()}?mode={mode}"
        try:
            with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_S)) as connection, connection:
                yield connection
        except sqlite3.Error as error:
            raise OutboxUnusable(
                said("outbox.unreadable", file=str(self._file), why=said_by(error))
            ) from None

    def _found(self, where: str, values: Sequence[object], limit: int) -> list[Notification]:
        if not self._file.exists():
            return []
        with self._open("ro") as connection:
            rows = connection.execute(
                f"{_ROWS} WHERE {where} ORDER BY message.id DESC LIMIT ?", (*values, limit)
            ).fetchall()
        fields = Notification.__struct_fields__
        return [msgspec.convert(dict(zip(fields, row, strict=True)), Notification) for row in rows]

    def of_alarm(self, alarm: int, limit: int = 1000) -> list[Notification]:
        """Return the messages about an alarm, newest first. OutboxUnusable: it cannot be read."""
        return self._found("about = ?", (alarm,), limit)

    def not_sent(self, limit: int = 1000) -> list[Notification]:
        """Return what has not reached anybody yet, newest first. OutboxUnusable: as above."""
        return self._found("message.state NOT IN ('sent', 'gone')", (), limit)

    def newest(self, limit: int = 100) -> list[Notification]:
        """Return the newest messages. OutboxUnusable: as above."""
        return self._found("1", (), limit)

    def channels(self, now_ms: int) -> list[ChannelState]:
        """Return the channels that were used in the last day. OutboxUnusable: as above."""
        if not self._file.exists():
            return []
        with self._open("ro") as connection:
            rows = connection.execute(
                "SELECT channel, sum(state = 'sent'), sum(state = 'failed'), max(begun_ms), "
                "(SELECT reason FROM send AS last WHERE last.channel = send.channel "
                " AND state <> 'sending' ORDER BY id DESC LIMIT 1) "
                "FROM send WHERE begun_ms > ? GROUP BY channel ORDER BY channel",
                (now_ms - 86_400_000,),
            ).fetchall()
        return [ChannelState(*row) for row in rows]

    def of_work(self, order: int, limit: int = 100) -> list[Notification]:
        """Return the messages about a work order, newest first. OutboxUnusable: as above."""
        kinds = [f"{what}/{order}/" for what in WorkWhat]
        # A range of subjects, which the index has: "/" is followed by "0".
        where = " OR ".join("subject BETWEEN ? AND ?" for _ in kinds)
        return self._found(where, [v for kind in kinds for v in (kind, kind[:-1] + "0")], limit)

    @property
    def is_there(self) -> bool:
        """Whether a notifier has ever run here."""
        return self._file.exists()

    def tell_work(self, news: Iterable[WorkNews]) -> None:
        """Leave news of work orders for the notifier. OutboxUnusable: it cannot be written."""
        with self._open("rw") as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO news VALUES (?, ?)",
                [(each.subject, msgspec.json.encode(each).decode()) for each in news],
            )

    def ask_for_test(self, now_ms: int, person: str = ALL, channel: str = ALL) -> None:
        """Ask for a message of test to one person or all, over one channel or each in turn.

        OutboxUnusable: there is no file yet, or it cannot be written.
        """
        with self._open("rw") as connection:
            connection.execute(
                "INSERT INTO asked (person, channel, at_ms) VALUES (?, ?, ?)",
                (person, channel, now_ms),
            )
