"""What gateways sent, row by row, and what follows from it: alarms and faults."""

from typing import Final

STEP: Final = """
CREATE TABLE gateways (
  gateway text PRIMARY KEY,
  epoch text NOT NULL DEFAULT '',
  position bigint NOT NULL DEFAULT 0,
  hash bytea NOT NULL DEFAULT '\\x',
  program text NOT NULL DEFAULT '',
  head bigint NOT NULL DEFAULT 0,
  heard_ms bigint NOT NULL DEFAULT 0,
  snapshot jsonb
);
CREATE TABLE epochs (
  gateway text NOT NULL REFERENCES gateways,
  epoch text NOT NULL,
  number integer NOT NULL,
  base bigint NOT NULL,
  begins boolean NOT NULL,
  began_ms bigint NOT NULL,
  PRIMARY KEY (gateway, epoch),
  UNIQUE (gateway, number)
);
CREATE TABLE entries (
  gateway text NOT NULL,
  epoch text NOT NULL,
  position bigint NOT NULL,
  type text NOT NULL,
  device text,
  boot bigint,
  seq bigint,
  about bigint,
  row bytea NOT NULL,
  hash bytea NOT NULL,
  arrived_ms bigint NOT NULL,
  PRIMARY KEY (gateway, epoch, position),
  UNIQUE (gateway, hash)
);
CREATE INDEX entries_about ON entries (gateway, about) WHERE about IS NOT NULL;
CREATE INDEX entries_device ON entries (gateway, device, boot, seq) WHERE seq IS NOT NULL;
CREATE INDEX entries_rare ON entries (gateway, type, position)
  WHERE type NOT IN ('event', 'telemetry', 'delivery');
CREATE TABLE provisional (
  gateway text NOT NULL,
  epoch text NOT NULL,
  position bigint NOT NULL,
  row bytea NOT NULL,
  arrived_ms bigint NOT NULL,
  PRIMARY KEY (gateway, epoch, position)
);
CREATE TABLE alarms (
  gateway text NOT NULL,
  epoch text NOT NULL,
  position bigint NOT NULL,
  kind integer NOT NULL,
  mark text NOT NULL,
  device text NOT NULL,
  boot bigint,
  seq bigint,
  place text NOT NULL,
  handling text NOT NULL,
  condition text NOT NULL,
  occurred_ms bigint NOT NULL,
  opened_ms bigint NOT NULL,
  acknowledged_ms bigint,
  dispatched_ms bigint,
  arrived_ms bigint,
  reinforced_ms bigint,
  closed_ms bigint,
  cause text,
  forgotten boolean NOT NULL DEFAULT false,
  PRIMARY KEY (gateway, epoch, position)
);
CREATE INDEX alarms_open ON alarms (gateway) WHERE closed_ms IS NULL;
CREATE TABLE faults (
  gateway text NOT NULL,
  source text NOT NULL,
  position bigint NOT NULL,
  since_ms bigint NOT NULL,
  PRIMARY KEY (gateway, source)
);
"""
