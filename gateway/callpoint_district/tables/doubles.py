"""Gateways that run on two machines at once."""

from typing import Final

# ``since_ms`` is a time (Unix ms), ``seen_at`` listening time: when it was last seen.
STEP: Final = """
CREATE TABLE doubles (
  gateway text PRIMARY KEY,
  since_ms bigint NOT NULL,
  seen_at bigint NOT NULL
);
"""
