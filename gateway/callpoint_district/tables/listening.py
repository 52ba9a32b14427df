"""How long the district has listened, and when by that time each gateway was heard."""

from typing import Final

# ``listening`` has one row, in ms: the listening time, and the database's clock when it was that;
# when by this time anything was heard last, and since when without a break. It begins at the
# clock, so that it is later than every finding so far. ``gateways.heard_at`` is listening time.
STEP: Final = """
DROP TABLE pulses;
CREATE TABLE listening (
  one boolean PRIMARY KEY CHECK (one),
  time_ms bigint NOT NULL,
  clock_ms bigint NOT NULL,
  heard_at bigint NOT NULL DEFAULT 0,
  hears_since bigint NOT NULL DEFAULT 0
);
INSERT INTO listening SELECT true, now_ms, now_ms
  FROM (SELECT round(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms) AS clock;
ALTER TABLE gateways ADD COLUMN heard_at bigint NOT NULL DEFAULT 0;
"""
