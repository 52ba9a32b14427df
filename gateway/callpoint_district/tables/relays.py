"""How far the city has each gateway's journal, for a district that is a gateway of its city."""

from typing import Final

#: ``epoch`` and ``position``: the cursor towards the city. ``line``: the gateway's epoch here that
#: is told as an epoch there.
STEP: Final = """
CREATE TABLE relay_epochs (
  gateway text NOT NULL,
  epoch text NOT NULL,
  line text NOT NULL,
  PRIMARY KEY (gateway, epoch)
);
CREATE TABLE relays (
  gateway text PRIMARY KEY,
  epoch text NOT NULL,
  position bigint NOT NULL,
  FOREIGN KEY (gateway, epoch) REFERENCES relay_epochs
);
"""
