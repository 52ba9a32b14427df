"""Which desk has an alarm, and the levels, action plans and notes that go down to gateways."""

from typing import Final

# An alarm's epoch changes with its gateway's history (``journal.following``); its desks follow.
STEP: Final = """
CREATE TABLE desks (
  gateway text NOT NULL,
  epoch text NOT NULL,
  position bigint NOT NULL,
  turn integer NOT NULL,
  area text[] NOT NULL,
  level text NOT NULL,
  desk text NOT NULL,
  centre text NOT NULL,
  responders text[] NOT NULL,
  since_ms bigint NOT NULL,
  due_ms bigint,
  PRIMARY KEY (gateway, epoch, position, turn),
  FOREIGN KEY (gateway, epoch, position) REFERENCES alarms ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX desks_due ON desks (due_ms) WHERE due_ms IS NOT NULL;
CREATE TABLE area_levels (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  request text NOT NULL UNIQUE,
  area text[] NOT NULL,
  level integer NOT NULL,
  reason text NOT NULL,
  who text NOT NULL,
  origin text NOT NULL,
  from_ms bigint NOT NULL,
  until_ms bigint NOT NULL,
  ended_ms bigint,
  ended_by text
);
CREATE INDEX area_levels_holding ON area_levels (until_ms) WHERE ended_ms IS NULL;
CREATE TABLE area_levels_at (
  number bigint NOT NULL REFERENCES area_levels ON DELETE CASCADE,
  gateway text NOT NULL,
  sent_ms bigint NOT NULL,
  epoch text,
  theirs bigint,
  confirmed_ms bigint,
  over_ms bigint,
  over_by text,
  refused_ms bigint,
  refused jsonb,
  PRIMARY KEY (number, gateway)
);
CREATE TABLE area_plans (
  area text[] NOT NULL,
  kind integer NOT NULL,
  profile text NOT NULL,
  version integer NOT NULL,
  steps jsonb NOT NULL,
  digest text NOT NULL,
  who text NOT NULL,
  origin text NOT NULL,
  at_ms bigint NOT NULL,
  over_ms bigint,
  over_by text,
  PRIMARY KEY (area, kind, profile, version)
);
CREATE UNIQUE INDEX area_plans_in_force ON area_plans (area, kind, profile)
  WHERE over_ms IS NULL;
CREATE TABLE area_plans_at (
  area text[] NOT NULL,
  kind integer NOT NULL,
  profile text NOT NULL,
  gateway text NOT NULL,
  sent_ms bigint NOT NULL,
  digest text,
  epoch text,
  confirmed_ms bigint,
  refused_ms bigint,
  refused jsonb,
  refused_digest text,
  PRIMARY KEY (gateway, area, kind, profile)
);
CREATE TABLE area_plan_looks (
  gateway text PRIMARY KEY,
  epoch text NOT NULL,
  looked_ms bigint NOT NULL
);
CREATE TABLE notes (
  request text PRIMARY KEY,
  gateway text NOT NULL,
  epoch text NOT NULL,
  alarm bigint NOT NULL,
  note text NOT NULL,
  who text NOT NULL,
  role text NOT NULL,
  origin text NOT NULL,
  written_ms bigint NOT NULL,
  delivered_ms bigint,
  refused_ms bigint,
  refused jsonb
);
CREATE INDEX notes_about ON notes (gateway, alarm);
CREATE INDEX notes_waiting ON notes (gateway) WHERE delivered_ms IS NULL AND refused_ms IS NULL;
"""
