"""Examines the broker after each connection, beside the way of alarms, and says what is wrong.

Each truth is a supervised part ``broker/<truth>``: what is wrong is a warning with its remedy, an
entry in the journal and a metric; what has been mended ends at the next connection or start.

Whether others take the gateway's sessions is looked at all the time: each drop-out is too short
to be a fault of the link, and yet hardly anything arrives.
"""

import asyncio
import logging
import time
import zlib
from collections.abc import Sequence

from callpoint_gateway.broker.truths import NAMES, Truth, examine, persistence
from callpoint_gateway.configuration.config import Broker
from callpoint_gateway.journal.entries import STATE, Cursor
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.sources.mqtt import MqttSession
from callpoint_gateway.sources.session import TAKEN_OFTEN, TAKEN_S, Session
from callpoint_gateway.supervision.faults import Faults
from callpoint_gateway.words.said import joined, said

LOOK_S = 0.5
AGAIN_S = 60.0
NAME = STATE + "broker"
# Supervised parts beside the truths.
TAKEN, SECOND = "sessions", "second-gateway"

log = logging.getLogger(__name__)


class BrokerCheck:
    """``run`` until cancelled."""

    def __init__(
        self,
        broker: Broker,
        site: str,
        sessions: Sequence[MqttSession],
        others: Sequence[Session],
        alarms: Journal,
        faults: Faults,
    ) -> None:
        """``sessions``: those whose connections are waited for; ``others``: what else is there."""
        self._broker = broker
        self._site = site
        self._sessions = sessions
        self._all = [*sessions, *others]
        self._alarms = alarms
        self._told = {name: faults.supervise(f"broker/{name}", 0) for name in NAMES}
        self._taken = faults.supervise(f"broker/{TAKEN}", 0)
        self._second = faults.supervise(f"broker/{SECOND}", 0)
        self._place = zlib.crc32(f"{site}@{broker.host}:{broker.port}".encode())
        with alarms.reader() as reader:
            cursor = reader.cursors().get(NAME)
        self._known = cursor is not None and cursor.state.get("place") == self._place

    async def run(self) -> None:
        """Examine the broker, and watch who else uses the sessions, for ever."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._examine())
            both.create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            self._look()
            await asyncio.sleep(LOOK_S)

    def _look(self) -> None:
        counts = {one.name: one.taken() for one in self._all}
        often = {name: times for name, times in counts.items() if times >= TAKEN_OFTEN}
        if often:
            shown = joined(
                [
                    said("broker.taken_times", name=name, times=times)
                    for name, times in often.items()
                ]
            )
            self._taken.down(said("broker.taken", shown=shown), said("broker.taken.do"))
        elif not any(counts.values()):
            self._taken.up(said("broker.not_taken"))
        heard = [one.second_heard_s for one in self._sessions if one.second_heard_s is not None]
        if heard and time.monotonic() - max(heard) < TAKEN_S:
            self._second.down(said("broker.second", site=self._site), said("broker.second.do"))
        else:
            self._second.up(said("broker.only"))

    async def _examine(self) -> None:
        """Examine the broker whenever all sessions have come to it anew, for ever."""
        examined: list[int] = []
        while True:
            accepted = self._connections()
            if accepted is not None and accepted != examined:
                self._sessions_kept()
                if await self._examined(accepted):
                    examined = accepted
                else:
                    await asyncio.sleep(AGAIN_S)
            await asyncio.sleep(LOOK_S)

    def _connections(self) -> list[int] | None:
        """Return how often each session has come to the broker; None while one is not kept."""
        listening = all(one.listening and one.taken() < TAKEN_OFTEN for one in self._sessions)
        return [one.accepted for one in self._sessions] if listening else None

    def _sessions_kept(self) -> None:
        self._tell(persistence(self._known, all(one.resumed for one in self._sessions)))
        if not self._known:
            self._known = True
            with self._alarms.reader() as reader:
                here = Cursor(NAME, reader.head(), {"place": self._place})
            self._alarms.submit([here])

    async def _examined(self, accepted: list[int]) -> bool:
        try:
            found = await asyncio.to_thread(examine, self._broker, self._site)
        except OSError as error:
            log.warning("the broker could not be examined: %s", error)
            return False
        if self._connections() == accepted:  # else it has been another one in between
            for truth in found:
                self._tell(truth)
        return True

    def _tell(self, truth: Truth) -> None:
        report = self._told[truth.name]
        if truth.good:
            report.up(truth.text)
        else:
            report.down(truth.text, truth.remedy)
