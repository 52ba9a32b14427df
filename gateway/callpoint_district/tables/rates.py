"""What gateways counted in each hour.

Only this table is partitioned (by month of ``hour_ms``, UTC) and loses what is old: a unique key
that must hold for all time, as that of an entry, cannot span partitions.
"""

from typing import Final

STEP: Final = """
CREATE TABLE rates (
  gateway text NOT NULL,
  hour_ms bigint NOT NULL,
  what text NOT NULL,
  number bigint NOT NULL,
  PRIMARY KEY (gateway, hour_ms, what)
) PARTITION BY RANGE (hour_ms);
"""
