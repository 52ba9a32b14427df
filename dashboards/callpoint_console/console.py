"""The console of one site: what its pages read, what is shown of it live, and whom they ask."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from callpoint_console.commissioning.point import point_section
from callpoint_console.desk import Desk
from callpoint_console.live.broadcaster import Broadcaster, Render, View
from callpoint_console.live.follower import Follower
from callpoint_console.live.gateway_state import GatewayState, GatewayWatch
from callpoint_console.live.snapshot import Snapshot
from callpoint_console.plans import Plans, ShippedPlans
from callpoint_console.rendering import fragment, words_in
from callpoint_console.site_map import SiteMap
from callpoint_console.stores import Stores
from callpoint_console.views import manager, operator
from callpoint_console.views.context import Context
from callpoint_console.views.levels import levels_section
from callpoint_console.views.strip import strip
from callpoint_console.work.keeper import NOTHING
from callpoint_gateway.alarms.site_source import SiteSource
from callpoint_gateway.words.said import Said

MANAGER: Final = "manager"
WALL: Final = "wall"
OPERATOR: Final = "operator"
LEVELS: Final = "levels"
#: A page whose content is not live; it still says that no gateway runs, or that it is not live.
FRAME: Final = "frame"
#: The page of an alarm point for technicians: this, and the point's code.
POINT: Final = "point-"


class _Pages(dict[str, Render[Snapshot]]):
    """The live pages; those of alarm points are as many as there are codes."""

    def __init__(self, named: Mapping[str, Render[Snapshot]], point: Render[Snapshot]) -> None:
        super().__init__(named)
        self._point = point

    def __contains__(self, page: object) -> bool:
        return super().__contains__(page) or (isinstance(page, str) and page.startswith(POINT))

    def __missing__(self, page: str) -> Render[Snapshot]:
        if page.startswith(POINT):
            return self._point
        raise KeyError(page)


class Console:
    """Everything that the pages of one site share. Use it in one event loop."""

    def __init__(
        self,
        site: str,
        source: SiteSource,
        desk: Desk,
        stores: Stores | None = None,
        gateway: GatewayWatch | None = None,
        trouble: Callable[[], Said | None] = lambda: None,
        at: str = "",
        elsewhere: bool = False,
        plans: Plans | None = None,
        revision: str = "",
    ) -> None:
        """``site``: the id of the site. ``gateway``: None where its machine is not this one.

        ``trouble`` returns why the console does not use a changed configuration.
        ``stores``: without them ``plans`` count, None: as shipped, and there are no work orders
        and shifts.
        ``at``: what stands before every address of its pages, such as ``/sites/g1`` where several
        sites are shown. ``elsewhere``: the site's gateway and its readings are not here, so pages
        do without them. ``revision`` is another one when cards are made of something else.
        """
        self.source = source
        self.at, self.elsewhere = at, elsewhere
        self._revision = revision
        self.desk = desk
        self.stores = stores
        self.plans: Plans = stores.plans if stores else plans or ShippedPlans(source.register)
        self.work = stores.work if stores else None
        self.map = SiteMap(source.register, site)
        pages = {MANAGER: self._manager, WALL: self._manager, OPERATOR: self._operator}
        pages |= {FRAME: self._frame, LEVELS: self._levels}
        self.broadcaster = Broadcaster(_Pages(pages, self._point), source.zone)
        self._gateway, self._trouble = gateway, trouble
        #: What is done besides, from ``start`` on.
        self.works: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to follow the site."""
        loop = asyncio.get_running_loop()

        def publish(snapshot: Snapshot) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._publish, snapshot)

        keeper = self.stores.commissioning if self.stores else None
        self._follower = Follower(self.source, publish, keeper)
        self._follower.start()
        if self.work is not None:
            self._tasks.append(
                loop.create_task(
                    self.work.run(self.map, self.source.zone, self.broadcaster.refresh)
                )
            )
        if self._gateway is not None:
            self._tasks.append(loop.create_task(self._gateway.run(self.broadcaster.refresh)))
        self._tasks += [loop.create_task(work()) for work in self.works]

    def close(self) -> None:
        """End every stream and the thread that follows the site."""
        self._end()
        self._follower.close()

    async def closed(self) -> None:
        """Do what ``close`` does, without holding up the event loop."""
        self._end()
        await asyncio.to_thread(self._follower.close)

    def _end(self) -> None:
        self.broadcaster.close()
        for task in self._tasks:
            task.cancel()

    def end_streams(self) -> None:
        """End the streams of open pages."""
        self.broadcaster.close()

    def refresh(self) -> None:
        """Tell open pages of what has changed beside the snapshot."""
        self.broadcaster.refresh()

    def _publish(self, snapshot: Snapshot) -> None:
        self.broadcaster.publish(snapshot)
        if self.work is not None:
            self.work.take(snapshot.situation)

    def context(self, snapshot: Snapshot, view: View) -> Context:
        """Return what a view is rendered from."""
        words = words_in(view.language)
        work = self.work.state if self.work else NOTHING
        gateway = self._gateway.state if self._gateway else GatewayState()
        zone, trouble = self.source.zone, self._trouble()
        return Context(
            snapshot,
            self.map,
            zone,
            words,
            view.scope,
            self.at,
            self.elsewhere,
            work,
            gateway,
            trouble,
            self._revision,
        )

    def _manager(self, snapshot: Snapshot | None, view: View) -> dict[str, str]:
        if snapshot is None:
            return manager.unread(self.map.name, words_in(view.language), self.at)
        return manager.sections(self.context(snapshot, view), wall=view.page == WALL)

    def _operator(self, snapshot: Snapshot | None, view: View) -> dict[str, str]:
        if snapshot is None:
            return operator.unread(words_in(view.language), self.at)
        return operator.sections(self.context(snapshot, view))

    def _frame(self, snapshot: Snapshot | None, view: View) -> dict[str, str]:
        if snapshot is None:
            return {"strip": ""}
        above = strip(self.context(snapshot, view))
        return {"strip": fragment("parts/strip.html", view.language, self.at, strip=above)}

    def _point(self, snapshot: Snapshot | None, view: View) -> dict[str, str]:
        place = self.stores.codes.place_of(view.page.removeprefix(POINT)) if self.stores else None
        shown = ""
        if snapshot is not None and place is not None:
            context = self.context(snapshot, view)
            shown = point_section(place, view.page.removeprefix(POINT), context)
        return self._frame(snapshot, view) | {"point": shown}

    def _levels(self, snapshot: Snapshot | None, view: View) -> dict[str, str]:
        listed = "" if snapshot is None else levels_section(self.context(snapshot, view))
        return self._frame(snapshot, view) | {"levels": listed}
