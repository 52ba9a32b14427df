"""Response levels: an area is put to a level for a time; deadlines, routes, supervision follow.

- The begin and the end of a level are entries: which area, which level, why, who, for how long.
- Of several levels that hold at a place, the most serious one counts.
- A level ends by itself at a moment of the monotonic clock; after a restart of the machine at the
  wall clock's time, at the latest when its whole time has passed once more.
- ``at`` answers for a position of the journal, so that a route decides the same after a restart.
"""

import asyncio
import logging
from collections.abc import Iterable

from callpoint_gateway.configuration import privacy
from callpoint_gateway.configuration.levels import NORMAL, ROMAN
from callpoint_gateway.configuration.places import means, nearest
from callpoint_gateway.configuration.register import Place, Register
from callpoint_gateway.control.asker import Asker
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.entries import (
    Entry,
    LevelBody,
    LevelOverBody,
    NewEntry,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.questions import (
    BeginLevel,
    EndLevel,
    LevelList,
    LevelView,
)
from callpoint_gateway.words.said import said
from callpoint_gateway.words.unknown import near_number

LOOK_S = 0.5
_BATCH = 256

log = logging.getLogger(__name__)


def holds(area: str, place: Place | None) -> bool:
    """Say whether a level of this area is one of a place; what has no place: of the whole site."""
    return not area or (place is not None and means(area, place))


def most_serious(levels: Iterable[LevelBody], place: Place | None) -> int:
    """Return the level at a place, ``NORMAL`` if there is none."""
    return min((body.level for body in levels if holds(body.area, place)), default=NORMAL)


class _Run:
    """A level from its begin to its end; ``over`` is the position of its end, None while it holds.

    ``ends_ms`` is monotonic.
    """

    def __init__(self, position: int, body: LevelBody, ends_ms: int) -> None:
        self.position = position
        self.body = body
        self.ends_ms = ends_ms
        self.over: int | None = None
        self.ending = False


class Levels:
    """The levels of a site. ``run`` until cancelled. Only the event loop's thread may use it."""

    def __init__(self, register: Register, alarms: Journal, clock: Clock) -> None:
        """Read all levels from the journal."""
        self._register = register
        self._alarms = alarms
        self._clock = clock
        self._reader = alarms.reader()
        self._read = self._reader.head()
        self._runs: dict[int, _Run] = {}
        self._once = asyncio.Lock()  # two of the same request must not both begin
        for entry in self._reader.all_of(Type.LEVEL):
            if entry.position <= self._read:
                self._take(entry)

    def close(self) -> None:
        """Release the reader, after the journal has been closed."""
        self._reader.close()

    def now(self, place: Place | None) -> int:
        """Return the level that holds at a place now, ``NORMAL`` or 1 to 4."""
        return most_serious((run.body for run in self._runs.values() if run.over is None), place)

    def at(self, position: int, place: Place | None) -> int:
        """Return the level that held at a place when the entry at ``position`` was stored."""
        self._follow(position)
        return most_serious(
            (
                run.body
                for run in self._runs.values()
                if run.position < position and (run.over is None or position < run.over)
            ),
            place,
        )

    def _follow(self, position: int) -> None:
        """Read the levels up to ``position``, which is in the journal."""
        if position <= self._read:
            return
        head = self._reader.head()
        after = self._read
        while entries := self._reader.read(after, _BATCH, (Type.LEVEL,)):
            for entry in entries:
                self._take(entry)
            after = entries[-1].position
        self._read = max(head, after)

    def _take(self, entry: Entry) -> None:
        match entry.body:
            case LevelBody() as body:
                self._runs.setdefault(entry.position, _Run(entry.position, body, self._end(entry)))
            case LevelOverBody() if run := self._runs.get(entry.about or 0):
                run.over = entry.position

    def _end(self, entry: Entry) -> int:
        body = entry.body
        assert isinstance(body, LevelBody)
        for_ms = body.until_ms - body.from_ms
        if entry.boot_id == self._clock.boot_id():
            return entry.mono_ms + for_ms
        left_ms = max(0, min(body.until_ms - self._clock.wall_ms(), for_ms))
        return self._clock.monotonic_ms() + left_ms

    # Asked by a person over the control socket.

    async def begin(self, asked: BeginLevel, asker: Asker) -> LevelView:
        """Put an area to a level; return it once it is on disk. QuestionRefused: says why not."""
        _check_reason(asked.reason)
        if asked.request is not None:
            async with self._once:
                return self._begun(asked.request) or await self._begin(asked, asker)
        return await self._begin(asked, asker)

    def _begun(self, request: str) -> LevelView | None:
        run = self._by_request(request)
        return self._shown(run) if run is not None else None

    def _by_request(self, request: str) -> _Run | None:
        self._follow(self._reader.head())
        return next((run for run in self._runs.values() if run.body.request == request), None)

    async def _begin(self, asked: BeginLevel, asker: Asker) -> LevelView:
        area = asked.area.strip()
        places = self._register.sensed_places()
        if area and not any(means(area, place) for place in places):
            like = nearest(area, places)
            if like:
                raise QuestionRefused(said("level.near", area=area, near=like))
            raise QuestionRefused(said("level.no_area", area=area))
        now = self._clock.wall_ms()
        body = LevelBody(
            area,
            asked.level,
            asked.reason,
            asker.who,
            asker.origin,
            from_ms=now,
            until_ms=now + asked.for_s * 1000,
            request=asked.request or "",
        )
        (stored,) = await self._alarms.store([NewEntry(Type.LEVEL, body)])
        self._follow(stored.position)
        log.warning("level %s at %s begins", ROMAN[body.level], area or "the whole site")
        return self._shown(self._runs[stored.position])

    async def end(self, asked: EndLevel, asker: Asker) -> LevelView:
        """End a level before its time. QuestionRefused: no such level holds."""
        if asked.request is not None:
            run = self._by_request(asked.request)
        else:
            run = self._runs.get(asked.number)
        if run is None or run.over is not None or run.ending:
            holding = [number for number, run in self._runs.items() if run.over is None]
            raise QuestionRefused(
                said(
                    "unknown.level",
                    name=asked.number or "-",
                    near=near_number(asked.number, holding),
                )
            )
        shown = self._shown(run)
        await self._finish(run, LevelOverBody(asker.who, asker.origin))
        return shown

    def listed(self) -> LevelList:
        """Return the levels that hold now, the most serious first."""
        holding = [run for run in self._runs.values() if run.over is None]
        return LevelList(
            [self._shown(run) for run in sorted(holding, key=lambda run: run.body.level)]
        )

    def _shown(self, run: _Run) -> LevelView:
        body = run.body
        return LevelView(
            number=run.position,
            area=body.area,
            level=body.level,
            reason=body.reason,
            who=body.who,
            from_ms=body.from_ms,
            until_ms=body.until_ms,
            left_s=max(0, -(-(run.ends_ms - self._clock.monotonic_ms()) // 1000)),
        )

    async def _finish(self, run: _Run, body: LevelOverBody) -> None:
        run.ending = True
        try:
            (stored,) = await self._alarms.store([NewEntry(Type.LEVEL, body, about=run.position)])
        finally:
            run.ending = False
        self._follow(stored.position)
        log.warning(
            "level %s at %s ends", ROMAN[run.body.level], run.body.area or "the whole site"
        )

    # The end by time.

    async def run(self) -> None:
        """Look twice a second, for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """End the levels whose time is over."""
        now = self._clock.monotonic_ms()
        for run in list(self._runs.values()):
            if run.over is None and not run.ending and run.ends_ms <= now:
                await self._finish(run, LevelOverBody("", "gateway"))


def _check_reason(reason: str) -> None:
    """Raise QuestionRefused for a text that is empty or could name a person."""
    try:
        privacy.reason(reason)
    except privacy.Unsaid as error:
        raise QuestionRefused(said("field", field="level", why=error.why)) from None
