"""Keeps what people have on record in step with the site, and ready for every page.

The file is the truth; ``Work.state`` is what of it pages show, read again after each change. The
console is the only program that changes it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from callpoint_console.database import Database, DatabaseFault
from callpoint_console.site_map import SiteMap
from callpoint_console.work.matters import matters_of
from callpoint_console.work.orders import OrderStore, State, WorkOrder, moves
from callpoint_console.work.shifts import HandOver, Shift, ShiftStore
from callpoint_console.work.snoozes import Snooze, SnoozeStore, ended
from callpoint_console.work.telling import Telling
from callpoint_gateway.alarms.situation import Situation
from callpoint_gateway.host.clock import Clock
from callpoint_people.notifications import Notifications
from callpoint_people.outbox_file import OutboxUnusable

LOOK_S: Final = 5.0

T = TypeVar("T")
P = ParamSpec("P")
log = logging.getLogger(__name__)


class WorkState(msgspec.Struct, frozen=True, kw_only=True):
    """What of the record every page may show. ``orders``: see ``OrderStore.lasting``.

    ``numbers``: those of the open work orders about each key. ``snoozes``: by the key of what is
    hidden. ``shifts``: those that run; ``hand_overs``: those that wait for a signature.
    ``kept``: there is a file, so that pages may offer to put something on record.
    """

    kept: bool = False
    orders: tuple[WorkOrder, ...] = ()
    numbers: Mapping[str, tuple[int, ...]] = msgspec.field(default_factory=dict)
    snoozes: Mapping[str, Snooze] = msgspec.field(default_factory=dict)
    shifts: tuple[Shift, ...] = ()
    hand_overs: tuple[HandOver, ...] = ()

    @property
    def open(self) -> list[WorkOrder]:
        """The work orders that are not done, the next due first."""
        return [order for order in self.orders if order.state is not State.DONE]

    def numbers_about(self, key: str) -> tuple[int, ...]:
        """Return the numbers of the open work orders about a matter."""
        return self.numbers.get(key, ())


#: Of a console without a file.
NOTHING: Final = WorkState()


class Work:
    """The record of people's work. Use it in one event loop."""

    def __init__(
        self, database: Database, clock: Clock, outside: Notifications | None = None
    ) -> None:
        """Read an open database that has ``schema.SUBJECTS``; ``outside`` takes what is told."""
        self.database, self._clock = database, clock
        self._outside, self._telling = outside, Telling(database)
        self._failing = ""
        self.orders = OrderStore(database, clock)
        self.snoozes = SnoozeStore(database, clock)
        self.shifts = ShiftStore(database, clock)
        self.state = self._read()
        self._news = asyncio.Event()
        self._situation: Situation | None = None

    def _read(self) -> WorkState:
        orders = self.orders.lasting()
        numbers: dict[str, tuple[int, ...]] = {}
        for order in orders:
            for matter in order.matters if order.state is not State.DONE else ():
                numbers[matter.key] = (*numbers.get(matter.key, ()), order.number)
        return WorkState(
            kept=True,
            orders=tuple(orders),
            numbers=numbers,
            snoozes=self.snoozes.all(),
            shifts=tuple(self.shifts.running()),
            hand_overs=tuple(self.shifts.waiting()),
        )

    def now_ms(self) -> int:
        """Return the moment, Unix ms."""
        return self._clock.wall_ms()

    def take(self, situation: Situation) -> None:
        """Take the situation of the site as it is now."""
        self._situation = situation
        self._news.set()

    async def change(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a store's method returns, when it is on disk and in ``state``."""

        def changed() -> tuple[T, WorkState]:
            return call(*args, **kwargs), self._read()

        result, self.state = await self.database.in_thread(changed)
        return result

    async def run(self, site: SiteMap, zone: ZoneInfo, tell: Callable[[], None]) -> None:
        """Follow the site until cancelled; ``tell`` is called after each change by it.

        ``zone``: the site's, by which days begin.
        """
        while True:
            self._news.clear()
            try:
                if self._situation is not None and await self._follow(self._situation, site):
                    tell()
                await self.tell_outside(site, zone)
            except DatabaseFault as fault:
                log.error("work orders do not follow the site: %s", fault)
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._news.wait()
            except TimeoutError:
                pass

    async def tell_outside(self, site: SiteMap, zone: ZoneInfo) -> None:
        """Give the notifier what is to be told of work orders now. DatabaseFault."""
        outside, now_ms = self._outside, self.now_ms()
        if outside is None or not outside.is_there:
            return
        today = datetime.fromtimestamp(now_ms / 1000, zone).date().isoformat()
        orders = self.state.orders
        news = await self.database.in_thread(self._telling.untold, orders, site, today, now_ms)
        if not news:
            return
        try:
            await asyncio.to_thread(outside.tell_work, news)
        except OutboxUnusable as error:
            if str(error) != self._failing:
                log.warning("nobody is told of work orders: %s", error)
            self._failing = str(error)
            return
        self._failing = ""
        await self.database.in_thread(self._telling.told, news)

    async def _follow(self, situation: Situation, site: SiteMap) -> bool:
        if not self.state.orders and not self.state.snoozes:
            return False
        present = matters_of(situation, site)
        found, flags = moves(self.state.orders, present, self.now_ms())
        over = [
            snooze.key for snooze in ended(self.state.snoozes.values(), present, self.now_ms())
        ]
        if over:
            await self.change(self.snoozes.end, over)
        if found or flags:
            await self.change(self.orders.follow, present)
        return bool(over or found or flags)
