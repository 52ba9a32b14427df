"""One thread reads what has changed in the database, and publishes the district as it is then.

It is told (LISTEN) which gateway has changed, and reads the alarms of that one. A slow look at
everything finds what was told while nobody listened.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection
from typing import Final

import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from callpoint_console.site_map import Spot
from callpoint_district.console.live import reading
from callpoint_district.console.live.answering import FROZEN_S, answering
from callpoint_district.console.live.reading import KnownAlarm, Told
from callpoint_district.console.live.snapshot import DistrictSnapshot, Key, Site, SiteAlarm
from callpoint_district.database import CHANGES
from callpoint_gateway.configuration.levels import NORMAL
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.ending import ended
from callpoint_gateway.host.printable import one_line

#: Changes within this time are shown together, in seconds.
TOGETHER_S: Final = 0.1
LOOK_S: Final = 1.0  # deadlines pass, and gateways fall silent
WHOLE_S: Final = 15.0
AGAIN_S: Final = 1.0
_ALIVE: Final = "keepalives_idle=10 keepalives_interval=5 keepalives_count=2 connect_timeout=10"

log = logging.getLogger(__name__)


class DistrictFollower:
    """Follows the database until it is closed."""

    def __init__(
        self, address: str, publish: Callable[[DistrictSnapshot], None], clock: Clock
    ) -> None:
        """``address``: the database, as libpq reads it. ``publish`` is called in the thread."""
        self._address, self._publish, self._clock = address, publish, clock
        self._last: DistrictSnapshot | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="district", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def close(self) -> None:
        """End the thread and its connection, as ``host.ending`` says."""
        self._over.set()
        ended(self._thread)

    def _run(self) -> None:
        there = make_conninfo(self._address, **conninfo_to_dict(_ALIVE))
        told = ""
        while not self._over.is_set():
            try:
                with psycopg.connect(there, autocommit=True) as connection:
                    connection.execute(f"LISTEN {CHANGES}")
                    told = ""
                    following = _Following(connection, self._show, self._clock)
                    with answering(connection, FROZEN_S) as answered:
                        following.run(self._over, answered)
            except (psycopg.Error, OSError) as error:
                if str(error) != told:
                    told = str(error)
                    log.warning("the district cannot be read: %s", one_line(error))
            except Exception:
                log.exception("the district cannot be shown")
            if self._over.is_set():
                return
            # What is not new any more must not look as if it were.
            if self._last is not None and self._last.whole:
                self._show(msgspec.structs.replace(self._last, whole=False))
            self._over.wait(AGAIN_S)

    def _show(self, snapshot: DistrictSnapshot) -> None:
        self._last = snapshot
        self._publish(snapshot)


class _Following:
    """One connection."""

    def __init__(
        self,
        connection: psycopg.Connection,
        publish: Callable[[DistrictSnapshot], None],
        clock: Clock,
    ) -> None:
        self._connection, self._publish, self._clock = connection, publish, clock
        self._known: dict[str, dict[Key, KnownAlarm]] = {}
        self._told: dict[str, Told] = {}
        self._sites: dict[str, Site] = {}
        self._levels: list[tuple[Spot, int]] = []
        self._alarms: dict[str, dict[Key, SiteAlarm]] = {}
        self._due_ms: dict[str, int] = {}  # when the next deadline at a gateway passes
        self._news = True  # something is another than what was published

    def run(self, over: threading.Event, answered: Callable[[], None]) -> None:
        """Publish each change, and look at everything now and then.

        ``answered`` is called each time the database has answered.
        """
        looked = whole = -WHOLE_S
        while not over.is_set():
            now = time.monotonic()
            if now - looked >= LOOK_S:
                self._look()
                looked = now
                answered()
            if now - whole >= WHOLE_S:
                self._read(None)
                whole = now
            told = self._hear()
            if told:
                self._read(told)
            self._show()
            if told:
                over.wait(TOGETHER_S)

    def _hear(self) -> set[str]:
        """Wait a moment for what is told; return the gateways that it names."""
        heard = self._connection.notifies(timeout=TOGETHER_S, stop_after=1)
        return {each.payload for each in heard}

    def _read(self, gateways: Collection[str] | None) -> None:
        """Read the open alarms of some gateways, None: of all."""
        fresh: dict[str, dict[Key, KnownAlarm]] = {}
        for key, alarm in reading.open_alarms(self._connection, gateways).items():
            fresh.setdefault(key[0], {})[key] = alarm
        for name in {*fresh, *self._known} if gateways is None else gateways:
            if fresh.get(name) != self._known.get(name):
                if name in fresh:
                    self._known[name] = fresh[name]
                else:
                    del self._known[name]
                self._build(name)

    def _look(self) -> None:
        """Look at the gateways, the levels of areas, and which deadlines have passed."""
        told = reading.told_by(self._connection, self._told)
        stale = {name for name in told if told[name] is not self._told.get(name)}
        moved = stale & self._known.keys()
        self._told = told
        levels = reading.levels(self._connection, self._clock.wall_ms())
        if levels != self._levels:
            self._levels, self._news = levels, True
            stale |= self._known.keys()
        if moved:
            self._read(moved)  # places have moved with the register
        now_ms = self._clock.wall_ms()
        stale |= {name for name, due_ms in self._due_ms.items() if due_ms <= now_ms}
        for name in stale & self._known.keys():
            self._build(name)
        self._take_sites(reading.sites(self._connection, told))

    def _take_sites(self, sites: dict[str, Site]) -> None:
        """Keep the sites; one that is as it was stays the same object."""
        for name, site in sites.items():
            before = self._sites.get(name)
            if before is not None and before.lasting == site.lasting:
                sites[name] = before
            else:
                self._news = True
        if self._news or sites.keys() != self._sites.keys():
            self._news = True
            self._sites = sites

    def _build(self, gateway: str) -> None:
        """Make the alarms of a gateway as they are now."""
        self._news = True
        known = self._known.get(gateway)
        self._due_ms.pop(gateway, None)
        if known is None:
            self._alarms.pop(gateway, None)
            return
        told, now_ms = self._told.get(gateway), self._clock.wall_ms()
        before = self._alarms.get(gateway, {})
        made: dict[Key, SiteAlarm] = {}
        for key, each in known.items():
            alarm = reading.alarm_at(key, each, told, self._level_at(each.spot), now_ms)
            left = [deadline.rest_ms for deadline in alarm.alarm.deadlines if deadline.rest_ms > 0]
            if left:
                due_ms = now_ms + min(left)
                self._due_ms[gateway] = min(due_ms, self._due_ms.get(gateway, due_ms))
            had = before.get(key)
            made[key] = had if had is not None and had.lasting == alarm.lasting else alarm
        self._alarms[gateway] = made

    def _level_at(self, spot: Spot) -> int:
        return min(
            (level for area, level in self._levels if spot[: len(area)] == area), default=NORMAL
        )

    def _show(self) -> None:
        """Publish, if anything is another than before."""
        if not self._news:
            return
        self._news = False
        alarms = [each for made in self._alarms.values() for each in made.values()]
        alarms.sort(key=lambda each: each.order)
        now_ms, levels = self._clock.wall_ms(), tuple(self._levels)
        self._publish(DistrictSnapshot(now_ms, tuple(alarms), self._sites, levels))
