"""What is live on the pages over all sites: one snapshot, rendered once per page and scope."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final
from zoneinfo import ZoneInfo

from callpoint_console.live.broadcaster import Broadcaster, Render, Row, View
from callpoint_console.rendering import fragment
from callpoint_district.console.drawing import NO_MAP, Drawing
from callpoint_district.console.live.follower import DistrictFollower
from callpoint_district.console.live.snapshot import DistrictSnapshot
from callpoint_district.console.views import operator
from callpoint_district.console.views.area import AREA, area_sections
from callpoint_district.console.views.map import map_sections
from callpoint_district.console.views.queue import Queue
from callpoint_district.console.views.strip import not_reloaded, strip
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.words.said import Said

OPERATOR: Final = "operator"
#: The same, with those alarms that are with a desk of the visitor.
MINE: Final = "operator-mine"
WALL: Final = "wall"
MAP: Final = "map"
#: A page whose content is not live.
FRAME: Final = "frame"

_Render = Render[DistrictSnapshot]


class _Pages(dict[str, _Render]):
    """The live pages; those of areas are as many as there are areas."""

    def __init__(self, named: Mapping[str, _Render], area: _Render) -> None:
        super().__init__(named)
        self._area = area

    def __contains__(self, page: object) -> bool:
        return super().__contains__(page) or (isinstance(page, str) and page.startswith(AREA))

    def __missing__(self, page: str) -> _Render:
        if page.startswith(AREA):
            return self._area
        raise KeyError(page)


class Overview:
    """The district as its pages show it. Use it in one event loop."""

    def __init__(
        self,
        address: str,
        name: str,
        zone: ZoneInfo,
        clock: Clock,
        drawing: Drawing = NO_MAP,
        trouble: Callable[[], Said | None] = lambda: None,
    ) -> None:
        """``address``: the database; ``name``: the district's; ``drawing``: its map.

        ``trouble`` returns why a changed configuration is not used.
        """
        self._trouble = trouble
        self.name, self.zone, self.clock = name, zone, clock
        self.drawing = drawing
        self._address = address
        self.queue = Queue(zone)
        pages: dict[str, _Render] = {
            OPERATOR: self._operator,
            MINE: self._operator,
            WALL: self._area,
            MAP: self._map,
            FRAME: self._frame,
        }
        self.broadcaster = Broadcaster(_Pages(pages, self._area), zone)
        self._follower: DistrictFollower | None = None

    def start(self) -> None:
        """Begin to follow the database."""
        loop = asyncio.get_running_loop()
        newest: list[DistrictSnapshot] = []

        def show() -> None:
            self.broadcaster.publish(newest.pop())

        def take(snapshot: DistrictSnapshot) -> None:
            # Where showing takes longer than changes do, only the newest is shown.
            waits = bool(newest)
            newest[:] = [snapshot]
            if not waits:
                loop.call_soon(show)

        def publish(snapshot: DistrictSnapshot) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(take, snapshot)

        self._follower = DistrictFollower(self._address, publish, self.clock)
        self._follower.start()

    async def close(self) -> None:
        """End every stream and the thread that follows the database."""
        self.broadcaster.close()
        if self._follower is not None:
            await asyncio.to_thread(self._follower.close)

    @property
    def snapshot(self) -> DistrictSnapshot | None:
        """The district as it was last read; None: it has not been read yet."""
        return self.broadcaster.snapshot

    @property
    def unread(self) -> bool:
        """Whether the database, which was read before, is not read now."""
        return self.snapshot is not None and not self.snapshot.whole

    def _strip(self, snapshot: DistrictSnapshot | None, view: View) -> str:
        return fragment(
            "district/strip.html",
            view.language,
            "",
            **strip(snapshot, view, self.zone),
            trouble=not_reloaded(self._trouble(), view),
        )

    def _frame(self, snapshot: DistrictSnapshot | None, view: View) -> dict[str, str | Row]:
        return {"strip": self._strip(snapshot, view)}

    def _operator(self, snapshot: DistrictSnapshot | None, view: View) -> dict[str, str | Row]:
        found = operator.sections(self.queue, snapshot, view, self.zone, mine=view.page == MINE)
        return found | {"strip": self._strip(snapshot, view)}

    def _area(self, snapshot: DistrictSnapshot | None, view: View) -> dict[str, str | Row]:
        wall = view.page == WALL
        found = area_sections(self.name, snapshot, view, self.zone, wall=wall)
        return {**found, "strip": self._strip(snapshot, view)}

    def _map(self, snapshot: DistrictSnapshot | None, view: View) -> dict[str, str | Row]:
        return self._area(snapshot, view) | map_sections(self.drawing, snapshot, view)
