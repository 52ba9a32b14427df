"""Who may put work on record. Nothing here is asked of the gateway."""

from typing import Final

from callpoint_gateway.control.roles import DESK, Role

#: Make work orders, open them again, and snooze faults.
MAKERS: Final = frozenset({Role.MANAGER, Role.SUPERVISOR, Role.ADMIN})
#: Say that a work order is done.
WORKERS: Final = MAKERS | {Role.TECHNICIAN}
#: May see who is responsible and on duty, not who lives where.
SEE: Final = DESK | {Role.MANAGER, Role.ADMIN}
