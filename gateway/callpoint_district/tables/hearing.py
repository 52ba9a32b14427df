"""When each gateway was heard, in which version of the protocol, and which of them are silent."""

from typing import Final

# ``pulses`` is dropped by a later step. ``silences.since_ms`` is when
# the gateway was last heard; those with the same ``finding`` fell silent together.
STEP: Final = """
ALTER TABLE gateways ADD COLUMN speaks integer NOT NULL DEFAULT 0;
CREATE TABLE pulses (
  one boolean PRIMARY KEY CHECK (one),
  beats bigint NOT NULL
);
INSERT INTO pulses VALUES (true, 0);
CREATE TABLE silences (
  gateway text PRIMARY KEY,
  since_ms bigint NOT NULL,
  finding bigint NOT NULL
);
"""
