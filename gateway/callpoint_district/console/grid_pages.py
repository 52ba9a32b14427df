"""The routes of the pages over all sites."""

from typing import Final

from callpoint_district.console.pages import area, gateways, live, map, operator, reports

ROUTES: Final = [
    *area.ROUTES,
    *operator.ROUTES,
    *live.ROUTES,
    *gateways.ROUTES,
    *map.ROUTES,
    *reports.ROUTES,
]
