"""Supervises the notifier, a process of its own that tells people outside.

The notifier says that it lives (``NotifierLives``). When it is silent for ``silent_after_s``, that
is a fault, and the centres are told in the same commit: somebody else must then tell people. What
has reached nobody is a fault of its own.
"""

import asyncio
from typing import Final

from callpoint_gateway.configuration.notify import NotifySettings
from callpoint_gateway.control.asker import Asker
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.entries import (
    NewEntry,
    ReportBody,
    Type,
    Write,
    fault_begins,
    fault_ends,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.report import NOTIFIER
from callpoint_gateway.supervision.faults import Faults, open_faults
from callpoint_gateway.supervision.questions import NotifierLives, NotifierReceived
from callpoint_gateway.words.said import said
from callpoint_protocol import names

LOOK_S: Final = 1.0
SOURCE: Final = "notifier"
UNDELIVERED: Final = "notifier/undelivered"


class NotifierWatch:
    """``run`` until cancelled."""

    def __init__(
        self, site: str, settings: NotifySettings, alarms: Journal, clock: Clock, faults: Faults
    ) -> None:
        """Read which faults of the notifier an earlier run began."""
        self._site = site
        self._settings = settings
        self._alarms = alarms
        self._clock = clock
        self._heard_ms = clock.monotonic_ms()  # a start waits as long as a silence may last
        self._standing = {SOURCE, UNDELIVERED} & open_faults(alarms).keys()
        if settings.enabled:
            faults.declare(SOURCE, settings.silent_after_s)
        else:
            for source in sorted(self._standing):
                alarms.submit(self._over(source))

    def lives(self, question: NotifierLives, asker: Asker) -> NotifierReceived:
        """Take the notifier's sign of life."""
        del asker
        self._heard_ms = self._clock.monotonic_ms()
        writes: list[Write] = []
        if SOURCE in self._standing:
            writes += self._over(SOURCE)
        wrong = bool(question.undelivered or question.unusable)
        if wrong and UNDELIVERED not in self._standing and self._settings.enabled:
            self._standing.add(UNDELIVERED)
            channels = ", ".join(question.unusable) or "-"
            why = said("notifier.undelivered", count=question.undelivered, channels=channels)
            writes.append(fault_begins(UNDELIVERED, why, said("notifier.undelivered.do")))
        elif not wrong and UNDELIVERED in self._standing:
            writes += self._over(UNDELIVERED)
        if writes:
            self._alarms.submit(writes)
        return NotifierReceived(self._settings.silent_after_s)

    def look(self) -> None:
        """Begin the fault of a notifier that has been silent for too long."""
        silent_s = (self._clock.monotonic_ms() - self._heard_ms) // 1000
        if not self._settings.enabled or SOURCE in self._standing:
            return
        if silent_s >= self._settings.silent_after_s:
            self._standing.add(SOURCE)
            why = said("notifier.silent", seconds=silent_s)
            self._alarms.submit(
                [
                    fault_begins(SOURCE, why, said("notifier.silent.do")),
                    self._report(names.TROUBLE),
                ]
            )

    def _over(self, source: str) -> list[Write]:
        self._standing.discard(source)
        if not self._settings.enabled:
            ended = fault_ends(source, said("part.removed"))
        elif source == SOURCE:
            ended = fault_ends(source, said("notifier.works"))
        else:
            ended = fault_ends(source, said("notifier.delivered"))
        return [ended, self._report(names.TROUBLE_RESTORE)] if source == SOURCE else [ended]

    def _report(self, state: int) -> NewEntry:
        """Return what every centre is told that takes reports of devices."""
        body = ReportBody(self._site, "", names.DEVICE, state, NOTIFIER, 0, self._clock.wall_ms())
        return NewEntry(Type.REPORT, body)

    async def run(self) -> None:
        """Look every second, for ever."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)
