"""What each gateway has told of its site: its register, its places and devices."""

from typing import Final

STEP: Final = """
CREATE TABLE registers (
  gateway text PRIMARY KEY,
  digest text NOT NULL,
  site text NOT NULL,
  time_zone text NOT NULL,
  body jsonb NOT NULL,
  told_ms bigint NOT NULL
);
CREATE TABLE register_parts (
  gateway text NOT NULL,
  digest text NOT NULL,
  number integer NOT NULL,
  text bytea NOT NULL,
  PRIMARY KEY (gateway, number)
);
CREATE TABLE places (
  gateway text NOT NULL,
  place text NOT NULL,
  grid text[] NOT NULL,
  latitude double precision,
  longitude double precision,
  PRIMARY KEY (gateway, place)
);
CREATE INDEX places_grid ON places (grid);
CREATE TABLE devices (
  gateway text NOT NULL,
  device text NOT NULL,
  place text NOT NULL,
  grid text[] NOT NULL,
  PRIMARY KEY (gateway, device)
);
CREATE INDEX devices_grid ON devices (grid);
"""
