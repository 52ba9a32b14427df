"""Open alarms as people see them: all that the fold of their site knows of each."""

from typing import Final

#: ``state``: the ``alarms.case.Case`` as JSON, without the single events; NULL in rows of earlier
#: versions until their gateway sends again, and once the site has closed it: nobody reads it then,
#: and it would be most of what the table grows by. Reports ask for the alarms of a period.
STEP: Final = """
ALTER TABLE alarms ADD COLUMN state bytea;
CREATE INDEX alarms_opened ON alarms (opened_ms);
"""
