"""How far the city has each gateway's journal, for a district that is a gateway of its city."""

from typing import Final

#: ``epoch`` and ``position``: the cursor towards the city. ``line``: the district's epoch whose
#: history is relayed at present.
STEP: Final = """
CREATE TABLE relays (
  gateway text PRIMARY KEY,
  epoch text NOT NULL,
  position bigint NOT NULL,
  line text NOT NULL
);
"""
