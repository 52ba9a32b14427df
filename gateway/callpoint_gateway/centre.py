"""One alarm centre: a consumer of the alarms journal that delivers over DC-09.

Promises:

1. An event is finished only when the centre has answered; the answer and the cursor that it
   moves are one commit.
2. Events of life kinds go first, each group in journal order: two cursors, ``urgent`` and
   ``normal``.
3. The sequence number of an event is on disk before its first frame leaves, so a repeat after
   a crash carries the same number (DC-09 clause 5.5.1.5; a retransmission keeps its number).
4. A centre that has never been served starts at the present: nobody wants last year's alarms.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable

from callpoint_gateway.carriers import OpenPath
from callpoint_gateway.clock import Clock
from callpoint_gateway.config import Centre
from callpoint_gateway.dc09.codes import code_for
from callpoint_gateway.delivery import Carrier, Outcome, Report, Verdict
from callpoint_gateway.entries import (
    Cursor,
    DeliveryBody,
    Entry,
    EventBody,
    FaultBody,
    NewEntry,
    Stored,
    Type,
    Write,
)
from callpoint_gateway.journal import Journal
from callpoint_gateway.register import Register
from callpoint_protocol import names

LATE_MS = 30_000
READ_AHEAD = 256
RETRY_FIRST_S = 0.25
RETRY_MAX_S = 1.0
LAST_NUMBER = 9999

log = logging.getLogger(__name__)


class CentreSender:
    """Delivers what is routed to one centre; ``run`` until cancelled."""

    def __init__(
        self,
        centre: Centre,
        open_path: OpenPath,
        alarms: Journal,
        register: Register,
        clock: Clock,
        delivered: Callable[[Entry], None],
    ) -> None:
        """``open_path`` opens a path for an account; ``delivered`` is called, in the
        journal's thread, once an acceptance is on disk."""
        self._centre = centre
        self._open_path = open_path
        self._paths: dict[str, Carrier] = {}
        self._alarms = alarms
        self._register = register
        self._clock = clock
        self._delivered = delivered
        self._reader = alarms.reader()
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._names = {part: f"centre/{centre.name}/{part}" for part in ("urgent", "normal")}
        self._number_name = f"centre/{centre.name}/number"
        self._kinds = {kind for kind, name in names.KINDS.items() if name in centre.kinds}
        self._pending: dict[str, deque[Entry]] = {"urgent": deque(), "normal": deque()}
        self._read: dict[str, int] = {}
        self._cursor: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._faults: set[str] = set()
        self._exchanged_ms = clock.monotonic_ms()
        alarms.watch(self._committed)

    async def close(self) -> None:
        """Close the connections and release the reader."""
        for path in self._paths.values():
            await path.close()
        self._reader.close()

    def _committed(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    async def prepare(self) -> None:
        """Read the cursors, or set them to the present for a new centre."""
        cursors = self._reader.cursors()
        head = self._reader.head()
        new: list[Write] = []
        for part, name in self._names.items():
            if name not in cursors:
                new.append(Cursor(name, head))
            self._cursor[part] = self._read[part] = (
                cursors[name].position if name in cursors else head
            )
        if self._number_name in cursors:
            self._numbers = dict(cursors[self._number_name].state)
        else:
            new.append(Cursor(self._number_name, head, {"last": 0}))
            self._numbers = {"last": 0}
        if new:
            await self._store(new)
        self._faults = self._open_faults()

    def _open_faults(self) -> set[str]:
        """Return this centre's faults that an earlier run reported and did not see end."""
        after, found = 0, set[str]()
        while entries := self._reader.read(after, READ_AHEAD, (Type.FAULT,)):
            for entry in entries:
                body = entry.body
                if isinstance(body, FaultBody) and body.source in (self._away, self._refusing):
                    (found.add if body.active else found.discard)(body.source)
            after = entries[-1].position
        return found

    @property
    def _away(self) -> str:
        return f"centre/{self._centre.name}"

    @property
    def _refusing(self) -> str:
        return f"{self._away}/refused"

    async def _store(self, writes: list[Write]) -> list[Stored]:
        stored: asyncio.Future[list[Stored]] = self._loop.create_future()

        def resolve(result: list[Stored]) -> None:
            if not stored.done():
                stored.set_result(result)

        def done(result: list[Stored]) -> None:
            self._loop.call_soon_threadsafe(resolve, result)

        self._alarms.submit(writes, done)
        return await stored

    async def run(self) -> None:
        """Deliver for ever: urgent first, then the rest; a link test when there is nothing."""
        failures = 0
        while True:
            self._wake.clear()
            part, event = self._next()
            if event is None:
                await self._idle()
                continue
            outcome = await self._deliver(part, event)
            if outcome.verdict is not Verdict.UNREACHABLE:
                failures = 0
                continue
            failures += 1
            await self._report_lost(outcome.reason)
            delay = min(RETRY_MAX_S, RETRY_FIRST_S * 2 ** min(failures - 1, 8))
            await asyncio.sleep(delay * random.uniform(0.75, 1.0))

    def _next(self) -> tuple[str, Entry | None]:
        for part in ("urgent", "normal"):
            self._fill(part)
            if self._pending[part]:
                return part, self._pending[part][0]
        return "normal", None

    def _fill(self, part: str) -> None:
        pending = self._pending[part]
        while not pending:
            entries = self._reader.read(self._read[part], READ_AHEAD, (Type.EVENT,))
            if not entries:
                return
            self._read[part] = entries[-1].position
            pending.extend(e for e in entries if self._part_of(e) == part)

    def _part_of(self, entry: Entry) -> str | None:
        body = entry.body
        if not isinstance(body, EventBody) or entry.device is None:
            return None
        if body.kind not in self._kinds or code_for(body.kind, body.state, body.detail) is None:
            return None
        opening = body.kind == names.DOOR and body.state == names.NOTICE
        if opening and not self._register.reports_opening(entry.device, body.zone):
            return None
        return "urgent" if body.kind in names.LIFE_KINDS else "normal"

    async def _idle(self) -> None:
        moved: list[Write] = [
            Cursor(name, self._read[part])
            for part, name in self._names.items()
            if self._read[part] > self._cursor[part]
        ]
        try:
            # Half a second of quiet before the cursors are moved past entries that are not
            # for this centre: a commit for each of them would wear the card out.
            # Not wait_for, which forgets a cancellation that comes together with the event.
            async with asyncio.timeout(0.5 if moved else self._quiet_s()):
                await self._wake.wait()
        except TimeoutError:
            if moved:
                self._cursor.update(self._read)
                await self._store(moved)
            else:
                await self._link_test()

    def _quiet_s(self) -> float | None:
        if not self._centre.supervision_s:
            return None
        quiet_s = (self._clock.monotonic_ms() - self._exchanged_ms) / 1000
        return max(0.0, self._centre.supervision_s - quiet_s)

    async def _link_test(self) -> None:
        outcome = await self._path(self._centre.account or "").supervise()
        self._exchanged_ms = self._clock.monotonic_ms()
        if outcome.verdict is Verdict.UNREACHABLE:
            await self._report_lost(outcome.reason)
            await asyncio.sleep(RETRY_MAX_S)
        else:
            await self._report_back()

    async def _deliver(self, part: str, event: Entry) -> Outcome:
        number = await self._number(event)
        account, report = self._report(event)
        outcome = await self._path(account).send(report, number)
        if outcome.verdict is Verdict.UNREACHABLE:
            return outcome
        self._exchanged_ms = self._clock.monotonic_ms()
        accepted = outcome.verdict is Verdict.ACCEPTED
        body = DeliveryBody(
            centre=self._centre.name,
            number=number,
            accepted=accepted,
            answer=outcome.answer,
            took_ms=outcome.took_ms,
        )
        del self._numbers[str(event.position)]
        self._pending[part].popleft()
        self._cursor[part] = event.position
        writes: list[Write] = [
            NewEntry(Type.DELIVERY, body, device=event.device, about=event.position),
            Cursor(self._names[part], event.position),
            Cursor(self._number_name, event.position, dict(self._numbers)),
        ]
        writes += self._changed(self._away, False, "answers again")
        if accepted:
            writes += self._changed(self._refusing, False, "accepts again")
        else:
            log.error("centre %s refuses entry %d", self._centre.name, event.position)
            writes += self._changed(self._refusing, True, outcome.reason)

        def done(_: list[Stored]) -> None:
            if accepted:
                self._delivered(event)

        self._alarms.submit(writes, done)
        return outcome

    async def _number(self, event: Entry) -> int:
        key = str(event.position)
        if key not in self._numbers:
            number = self._numbers["last"] % LAST_NUMBER + 1
            self._numbers |= {"last": number, key: number}
            await self._store([Cursor(self._number_name, event.position, dict(self._numbers))])
        return self._numbers[key]

    def _path(self, account: str) -> Carrier:
        if account not in self._paths:
            self._paths[account] = self._open_path(self._centre.ways[0], account, {})
        return self._paths[account]

    def _report(self, event: Entry) -> tuple[str, Report]:
        body = event.body
        assert isinstance(body, EventBody)
        assert event.device is not None
        address = self._register.centre_address(event.device, body.zone)
        report = Report(
            kind=body.kind,
            state=body.state,
            zone=address.zone,
            partition=address.partition,
            detail=body.detail,
            occurred_ms=body.occurred_ms,
            late=self._clock.wall_ms() - body.occurred_ms > LATE_MS,
            text=str(self._register.place_of(event.device, body.zone) or ""),
            site=body.site,
            device=event.device,
            reference=event.position,
        )
        return address.account or self._centre.account or "", report

    def _changed(self, source: str, active: bool, reason: str) -> list[Write]:
        """Return the entry of a fault that begins or ends now; none if it stands as it is."""
        if active == (source in self._faults):
            return []
        (self._faults.add if active else self._faults.discard)(source)
        level = logging.WARNING if active else logging.INFO
        log.log(level, "%s: %s", source, reason)
        return [NewEntry(Type.FAULT, FaultBody(source, active, reason))]

    async def _report_lost(self, reason: str) -> None:
        if writes := self._changed(self._away, True, reason):
            await self._store(writes)

    async def _report_back(self) -> None:
        if writes := self._changed(self._away, False, "answers again"):
            await self._store(writes)
