"""Every table of the console's file, for whoever opens it."""

from typing import Final

from callpoint_console.accounts import schema as accounts
from callpoint_console.alarm_points.codes import POINTS
from callpoint_console.commissioning.store import COMMISSIONING
from callpoint_console.plan_book import PLANS
from callpoint_console.storeys.store import STOREYS
from callpoint_console.work import schema as work

SUBJECTS: Final = (
    *accounts.SUBJECTS,
    *work.SUBJECTS,
    *(PLANS, POINTS, STOREYS, COMMISSIONING),
)
