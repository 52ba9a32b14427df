"""The tables of accounts and sessions in the console's file."""

import sqlite3
from typing import Final

from callpoint_console.database import Subject

ACCOUNTS: Final = Subject(
    "accounts",
    (
        """
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  login TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  language TEXT NOT NULL,
  password TEXT,
  must_change INTEGER NOT NULL DEFAULT 0,
  made_ms INTEGER NOT NULL,
  disabled INTEGER NOT NULL DEFAULT 0,
  factor TEXT,
  factor_pending TEXT,
  factor_step INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE grants (
  account INTEGER NOT NULL REFERENCES accounts (id),
  role TEXT NOT NULL,
  place TEXT NOT NULL,
  PRIMARY KEY (account, role, place)) STRICT, WITHOUT ROWID;
CREATE TABLE recovery_codes (
  account INTEGER NOT NULL REFERENCES accounts (id),
  hash BLOB NOT NULL,
  PRIMARY KEY (account, hash)) STRICT, WITHOUT ROWID;
CREATE TABLE links (
  hash BLOB PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES accounts (id),
  until_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE devices (
  hash BLOB PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES accounts (id),
  until_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  hash BLOB NOT NULL UNIQUE,
  account INTEGER NOT NULL REFERENCES accounts (id),
  csrf TEXT NOT NULL,
  made_ms INTEGER NOT NULL,
  used_ms INTEGER NOT NULL,
  factor_ms INTEGER,
  address TEXT NOT NULL,
  browser TEXT NOT NULL) STRICT;
CREATE INDEX sessions_of ON sessions (account);
""",
    ),
)
LOOKS: Final = Subject(
    "looks",
    (
        """
CREATE TABLE looks (
  number INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  account TEXT NOT NULL,
  what TEXT NOT NULL,
  place TEXT NOT NULL,
  alarm INTEGER,
  persons INTEGER NOT NULL,
  why TEXT NOT NULL) STRICT;
CREATE INDEX looks_of ON looks (account);
CREATE INDEX looks_at ON looks (place);
""",
    ),
)
SUBJECTS: Final = (ACCOUNTS, LOOKS)


def forget_sessions(connection: sqlite3.Connection) -> None:
    """Delete every session and every unused link, from a copy of the file."""
    for table in ("sessions", "links"):
        connection.execute(f"DELETE FROM {table}")
