"""The action plans that each gateway's site has written itself, as told with its register."""

from typing import Final

#: Of each plan the last versions. What an earlier version of this program took as a register had
#: no plans, whatever the gateway told, so every register is asked for again.
STEP: Final = """
CREATE TABLE own_plans (
  gateway text NOT NULL,
  kind text NOT NULL,
  profile text NOT NULL,
  version integer NOT NULL,
  from_ms bigint NOT NULL,
  steps jsonb NOT NULL,
  PRIMARY KEY (gateway, kind, profile, version)
);
UPDATE registers SET digest = '';
"""
