"""A fire centre asks whether anybody is there; it stays signalled until somebody says so.

The question is a fault of the source ``centre/NAME/duty`` while it stands: it is seen wherever
faults are, it is on record, and its end says who answered, or that nobody did.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from callpoint_gateway.centres.questions import AnswerDuty, DutyAnswered
from callpoint_gateway.control.asker import Asker
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.supervision.faults import Faults
from callpoint_gateway.words.said import said
from callpoint_gateway.words.unknown import near

LOOK_S: Final = 0.5


class _DutyCheck(msgspec.Struct):
    until_ms: int
    minutes: int
    answered: Callable[[], None]


class DutyChecks:
    """The questions of all fire centres. ``run`` until cancelled."""

    def __init__(self, centres: list[str], faults: Faults, clock: Clock) -> None:
        """``centres`` are the names of those that may ask."""
        self._clock = clock
        self._questions: dict[str, _DutyCheck] = {}
        self._reports = {
            centre: faults.supervise(f"centre/{centre}/duty", 0) for centre in centres
        }
        for report in self._reports.values():
            # What was asked before the gateway was started anew is asked again by the centre.
            report.up(said("duty.nothing"))

    def ask(self, centre: str, minutes: int, answered: Callable[[], None]) -> None:
        """Signal a question; ``answered`` is called if somebody answers within ``minutes``."""
        until_ms = self._clock.monotonic_ms() + max(1, minutes) * 60_000
        self._questions[centre] = _DutyCheck(until_ms, minutes, answered)
        self._reports[centre].down(said("duty.asks"), said("duty.asks.do", minutes=minutes))

    def answer(self, question: AnswerDuty, asker: Asker) -> DutyAnswered:
        """Answer for whoever asks: every centre, or one. QuestionRefused: nothing is asked."""
        who, wanted = asker.who, question.centre
        names = [name for name in self._questions if wanted in (None, name)]
        if not names:
            if wanted is not None and wanted not in self._reports:
                raise QuestionRefused(
                    said("unknown.centre", name=wanted, near=near(wanted, self._reports))
                )
            raise QuestionRefused(
                said("duty.asked_nothing", centre=wanted) if wanted else said("duty.nobody_asks")
            )
        for name in names:
            asked = self._questions.pop(name)
            self._reports[name].up(said("duty.by", who=who))
            asked.answered()
        return DutyAnswered(names, who)

    def look(self) -> None:
        """End what nobody has answered in time."""
        now = self._clock.monotonic_ms()
        for name, check in list(self._questions.items()):
            if now >= check.until_ms:
                del self._questions[name]
                self._reports[name].up(said("duty.nobody", minutes=check.minutes))

    async def run(self) -> None:
        """Look twice a second, for ever."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)
