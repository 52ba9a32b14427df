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
SUBJECTS: Final = (WORK_ORDERS, SNOOZES)
