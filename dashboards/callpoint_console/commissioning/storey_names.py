"""On which storey of its building a device is, as technicians walk it."""

import re
from typing import Final

from callpoint_console.site_map import SiteMap
from callpoint_console.storeys.store import StoreyStore

#: 301 and A-1203: the storey, then two digits of the flat.
_ROOM: Final = re.compile(r"\D*(\d{1,2})\d{2}\D*")


def storey_of(device: str, site: SiteMap, storeys: StoreyStore) -> str:
    """Return the name of the storey on whose plan a device is, else that of its room's number.

    "": neither says it.
    """
    at = storeys.positions.get(device)
    storey = storeys.storey(at.storey) if at else None
    if storey is not None:
        return storey.name
    place = site.place(site.place_of(device))
    room = _ROOM.fullmatch(place.room) if place else None
    return str(int(room[1])) if room else ""
