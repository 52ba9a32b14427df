"""The tables of work orders, snoozed faults, shifts and hand-overs in the console's file."""

from typing import Final

from callpoint_console.database import Subject

WORK_ORDERS: Final = Subject(
    "work_orders",
    (
        """
CREATE TABLE work_orders (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  assignee TEXT NOT NULL,
  due TEXT NOT NULL,
  note TEXT NOT NULL,
  state TEXT NOT NULL,
  made_ms INTEGER NOT NULL,
  made_by TEXT NOT NULL,
  changed_ms INTEGER NOT NULL) STRICT;
CREATE INDEX work_orders_in ON work_orders (state);
CREATE TABLE work_matters (
  work_order INTEGER NOT NULL REFERENCES work_orders (number),
  key TEXT NOT NULL,
  device TEXT NOT NULL,
  zone INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  place TEXT NOT NULL,
  gone INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (work_order, key)) STRICT, WITHOUT ROWID;
CREATE TABLE work_steps (
  number INTEGER PRIMARY KEY,
  work_order INTEGER NOT NULL REFERENCES work_orders (number),
  at_ms INTEGER NOT NULL,
  step TEXT NOT NULL,
  who TEXT NOT NULL,
  note TEXT NOT NULL) STRICT;
CREATE INDEX work_steps_of ON work_steps (work_order);
""",
        # What the notifier was given to tell: ``turn`` is the number of a step, or a day.
        """
CREATE TABLE work_told (
  work_order INTEGER NOT NULL REFERENCES work_orders (number),
  what TEXT NOT NULL,
  turn TEXT NOT NULL,
  PRIMARY KEY (work_order, what, turn)) STRICT, WITHOUT ROWID;
""",
    ),
)
SNOOZES: Final = Subject(
    "snoozes",
    (
        """
CREATE TABLE snoozes (
  key TEXT PRIMARY KEY,
  until_ms INTEGER NOT NULL,
  who TEXT NOT NULL,
  at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
""",
    ),
)
SHIFTS: Final = Subject(
    "shifts",
    (
        """
CREATE TABLE shifts (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL,
  login TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  until_ms INTEGER,
  ended_by TEXT NOT NULL DEFAULT '') STRICT;
CREATE UNIQUE INDEX shifts_running ON shifts (account) WHERE until_ms IS NULL;
CREATE TABLE hand_overs (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  shift INTEGER NOT NULL REFERENCES shifts (number),
  login TEXT NOT NULL,
  made_ms INTEGER NOT NULL,
  note TEXT NOT NULL,
  handed TEXT NOT NULL,
  taken_by TEXT NOT NULL DEFAULT '',
  signed_ms INTEGER) STRICT;
CREATE UNIQUE INDEX hand_overs_waiting ON hand_overs (shift) WHERE signed_ms IS NULL;
""",
    ),
)
SUBJECTS: Final = (WORK_ORDERS, SNOOZES, SHIFTS)
