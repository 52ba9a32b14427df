"""Since when each retired gateway is out of service."""

from typing import Final

# ``at_ms`` is when the gateway was last heard: all that is known of those retired before.
STEP: Final = """
ALTER TABLE retirements ADD COLUMN since_ms bigint;
UPDATE retirements SET since_ms = at_ms;
ALTER TABLE retirements ALTER COLUMN since_ms SET NOT NULL;
"""
