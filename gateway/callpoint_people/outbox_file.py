"""The notifier's file: what it has told whom, what waits, and what is asked of it.

The notifier writes it. The console reads it, asks in it for messages of test, and leaves news of
work orders in it. It names no person: recipients are ids, and addresses are read from the people's
store when a message goes.

- ``message``: one thing that one recipient is told. ``person``: an id, empty for whoever reads a
  role's group channel; ``only``: the channel of a message of test, empty for any.
- ``send``: one transmission over a channel, of one message or of several together. Its number is
  in its text: if the notifier is killed while it sends, the same send is made once more.
- ``asked``: messages of test that people asked for.
- ``news``: news of work orders, from the console.
- ``meta``: the position of the journal up to which all is in the outbox, with the state there.
"""

import sqlite3
from pathlib import Path
from typing import Final

from callpoint_gateway.words.said import Said, said, said_by

FOLDER: Final = "notify"
FILE: Final = "notify.sqlite3"
#: The notifier locks it (flock) while it runs.
LOCK: Final = "notify.lock"
BUSY_S: Final = 10.0

# A released step never changes; a new form of the tables is a further step.
_STEPS: Final = (
    """
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE message (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  about INTEGER NOT NULL, subject TEXT NOT NULL, priority INTEGER NOT NULL, story BLOB NOT NULL,
  role TEXT NOT NULL, person TEXT NOT NULL, only TEXT NOT NULL,
  made_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL,
  state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',
  send INTEGER, ended_ms INTEGER);
CREATE INDEX message_open ON message (id) WHERE state NOT IN ('sent', 'gone');
CREATE INDEX message_about ON message (about) WHERE about <> 0;
CREATE INDEX message_subject ON message (subject, person, role);
CREATE INDEX message_send ON message (send) WHERE send IS NOT NULL;
CREATE TABLE send (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  channel TEXT NOT NULL, urgent INTEGER NOT NULL, state TEXT NOT NULL,
  begun_ms INTEGER NOT NULL, boot_id TEXT NOT NULL, mono_ms INTEGER NOT NULL,
  reason TEXT NOT NULL DEFAULT '');
CREATE INDEX send_begun ON send (begun_ms);
CREATE TABLE asked (
  id INTEGER PRIMARY KEY AUTOINCREMENT, person TEXT NOT NULL, channel TEXT NOT NULL,
  at_ms INTEGER NOT NULL);
""",
    "CREATE TABLE news (subject TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;",
)


class OutboxUnusable(Exception):
    """The notifier's file cannot be used; ``why`` says why and what to do."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


def path_in(state_dir: Path) -> Path:
    """Return the file of a state directory."""
    return state_dir / FOLDER / FILE


def open_outbox(state_dir: Path) -> sqlite3.Connection:
    """Open the file, and make it if there is none. OutboxUnusable: it cannot be."""
    file = path_in(state_dir)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            file.touch(0o600)
        connection = sqlite3.connect(
            file, timeout=BUSY_S, isolation_level=None, check_same_thread=False
        )
    except (OSError, sqlite3.Error) as error:
        why = said("outbox.not_opened", file=str(file), why=said_by(error))
        raise OutboxUnusable(why) from None
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("BEGIN IMMEDIATE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(_STEPS):
            raise OutboxUnusable(said("outbox.newer", file=str(file)))
        for step in _STEPS[version:]:
            for statement in step.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={len(_STEPS)}")
        connection.execute("COMMIT")
    except (sqlite3.Error, OutboxUnusable) as error:
        connection.close()
        if isinstance(error, OutboxUnusable):
            raise
        why = said("outbox.unusable", file=str(file), why=said_by(error))
        raise OutboxUnusable(why) from None
    return connection
