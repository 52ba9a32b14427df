"""The routes of the pages over all sites."""

from typing import Final

from callpoint_district.console.pages import (
    area,
    cards,
    gateways,
    levels,
    live,
    map,
    operator,
    reports,
)

ROUTES: Final = [
    *area.ROUTES,
    *operator.ROUTES,
    *cards.ROUTES,
    *live.ROUTES,
    *gateways.ROUTES,
    *map.ROUTES,
    *reports.ROUTES,
    *levels.ROUTES,
]
