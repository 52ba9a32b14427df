"""A fire centre asks whether anybody is there; it stays signalled until somebody says so.

The question is a fault of the source ``centre/NAME/duty`` while it stands: it is seen wherever
faults are, it is on record, and its end says who answered, or that nobody did.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import msgspec

from callpoint_gateway.configuration import privacy
from callpoint_gateway.control.socket import Refused
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.supervision.faults import Faults

LOOK_S: Final = 0.5


class _Question(msgspec.Struct):
    until_ms: int
    minutes: int
    answered: Callable[[], None]


class DutyChecks:
    """The questions of all fire centres. ``run`` until cancelled."""

    def __init__(self, centres: list[str], faults: Faults, clock: Clock) -> None:
        """``centres`` are the names of those that may ask."""
        self._clock = clock
        self._questions: dict[str, _Question] = {}
        self._reports = {one: faults.supervise(f"centre/{one}/duty", 0) for one in centres}
        for report in self._reports.values():
            # What was asked before the gateway was started anew is asked again by the centre.
            report.up("nothing is asked")

    def ask(self, centre: str, minutes: int, answered: Callable[[], None]) -> None:
        """Signal a question; ``answered`` is called if somebody answers within ``minutes``."""
        until_ms = self._clock.monotonic_ms() + max(1, minutes) * 60_000
        self._questions[centre] = _Question(until_ms, minutes, answered)
        self._reports[centre].down(
            "asks whether anybody is there", f"answer within {minutes} min with: callpoint duty"
        )

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer for somebody (``who``, a role): every question, or one ``centre``'s.

        Refused when nothing is asked.
        """
        try:
            who, wanted = privacy.who(asked.get("who")), asked.get("centre")
        except privacy.Unsaid as error:
            raise Refused(str(error)) from None
        names = [one for one in self._questions if wanted in (None, one)]
        if not names:
            whose = f"centre '{wanted}'" if wanted else "no centre"
            raise Refused(f"{whose} has asked nothing" if wanted else f"{whose} asks anything")
        for name in names:
            question = self._questions.pop(name)
            self._reports[name].up(f"answered by {who}")
            question.answered()
        return {"answered": names, "who": who}

    def look(self) -> None:
        """End what nobody has answered in time."""
        now = self._clock.monotonic_ms()
        for name, one in list(self._questions.items()):
            if now >= one.until_ms:
                del self._questions[name]
                self._reports[name].up(f"nobody answered within {one.minutes} min")

    async def run(self) -> None:
        """Look twice a second, for ever."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)
