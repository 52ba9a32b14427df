"""The roles of people, and the sets of roles that questions are for.

Who may ask what is declared at each question (``may``), and nowhere else: the control socket
refuses by it (by ``allowed``, where a value of the question matters), and whoever shows a button
for a question looks at it. ``gateway/ROLES.md`` is the
table of it.
"""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a person is to the site. No role includes another; a person may have several.

    Of several roles that are enough for a question, the first in this order counts.
    """

    VIEWER = "viewer"  # sees everything that is no person's, and does nothing
    TECHNICIAN = "technician"  # installs, tests and mends devices
    OPERATOR = "operator"  # handles alarms
    SUPERVISOR = "supervisor"  # leads operators
    MANAGER = "manager"  # runs the property: goes to alarms, reports, work orders
    ADMIN = "admin"  # runs this machine and its accounts


#: May look.
EVERYBODY: Final = frozenset(Role)
#: Handle alarms.
DESK: Final = frozenset({Role.OPERATOR, Role.SUPERVISOR})
#: Say of an alarm that it was seen, and go there.
ATTENDANTS: Final = DESK | {Role.MANAGER}
#: Handle devices: test them, order them about, hold their events back.
DEVICES: Final = DESK | {Role.TECHNICIAN}
#: Put an area to a response level.
LEADERS: Final = frozenset({Role.SUPERVISOR})
#: Change how the gateway itself runs.
MACHINE: Final = frozenset({Role.ADMIN})
