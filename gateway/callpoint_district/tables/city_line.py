"""How the line to the city stands, as the process that relays has said it last."""

from typing import Final

STEP: Final = """
CREATE TABLE city_line (
  city text PRIMARY KEY,
  up boolean NOT NULL,
  why jsonb NOT NULL,
  since_ms bigint NOT NULL,
  told_ms bigint NOT NULL
);
"""
