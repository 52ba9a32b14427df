"""Which epoch an epoch goes on from."""

from typing import Final

#: ``parent`` keeps the entry at ``base``; null where a journal begins. Until this step the parent
#: was the newest epoch before with a lower base, which is wrong behind two copies put back.
STEP: Final = """
ALTER TABLE epochs ADD COLUMN parent text;
UPDATE epochs SET parent = (
  SELECT older.epoch FROM epochs AS older
  WHERE older.gateway = epochs.gateway AND older.number < epochs.number
    AND older.base < epochs.base
  ORDER BY older.number DESC LIMIT 1)
WHERE NOT begins;
ALTER TABLE epochs DROP COLUMN begins;
"""
