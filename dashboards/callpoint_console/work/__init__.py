"""The work of the console's people on record: work orders, snoozed faults, shifts, hand-overs."""
