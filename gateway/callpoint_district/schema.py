"""The tables of a district's database, in numbered steps. A step that was released is not changed.

``entries`` is the journal: what gateways sent, row by row, with the hash that proves it. All other
tables of ``tables.journal`` follow from it, except ``gateways`` and ``epochs``, which say where
each chain stands. Plain SQL without extensions: PostgreSQL 15 and later.
"""

from typing import Final

from callpoint_district.tables import (
    alarm_states,
    areas,
    city_line,
    doubles,
    forgotten_alarms,
    hearing,
    journal,
    lineage,
    listening,
    own_plans,
    rates,
    registers,
    relays,
    retired_since,
    retirements,
)

STEPS: Final[tuple[str, ...]] = (
    journal.STEP,
    registers.STEP,
    lineage.STEP,
    alarm_states.STEP,
    areas.STEP,
    hearing.STEP,
    relays.STEP,
    rates.STEP,
    retirements.STEP,
    city_line.STEP,
    own_plans.STEP,
    listening.STEP,
    doubles.STEP,
    retired_since.STEP,
    forgotten_alarms.STEP,
)
