"""What a centre was told of each alarm that is not over, so that the next message refers to it.

A repeat refers to what it referred to the first time: what a message itself has left here does
not count for it, and an alarm that is over is remembered until a few others are.
"""

from typing import NamedTuple

from callpoint_gateway.centres.memory import Memory
from callpoint_gateway.protocols.report import Report
from callpoint_protocol import names

# An alarm that is never restored must not be remembered for ever.
MOST_OPEN = 500
# So many that are over: as many messages may be on their way when the memory is stored.
MOST_OVER = 4
_OPENS = {names.ALARM: "alarm", names.TROUBLE: "trouble"}
_CLOSES = {names.RESTORE: "alarm", names.TROUBLE_RESTORE: "trouble"}
_DOOR = {names.OPEN: "opening", names.CLOSED: "opening"}


class Told(NamedTuple):
    """An earlier message: the event's position in the journal, and when it was sent (Unix s)."""

    position: int
    sent_s: int


def opens(report: Report) -> bool:
    """Say whether something begins with this event."""
    return report.state in _OPENS or (_is_door(report) and report.detail == names.OPEN)


def is_over(report: Report) -> bool:
    """Say whether something ends with this event."""
    return report.state in _CLOSES or (_is_door(report) and report.detail == names.CLOSED)


def _is_door(report: Report) -> bool:
    return (report.kind, report.state) == (names.DOOR, names.NOTICE)


def life_of(report: Report) -> str:
    """Return the name of the alarm or trouble that an event belongs to; empty: it has no length.

    Each trouble of a zone is one of its own, by its detail; that of a battery is its voltage.
    """
    what = _OPENS.get(report.state) or _CLOSES.get(report.state)
    if _is_door(report):
        what = _DOOR.get(report.detail)
    if what is None:
        return ""
    life = f"{report.device}/{report.kind}/{report.zone}/{what}"
    exact = what == "trouble" and report.kind != names.BATTERY and report.detail
    return f"{life}:{report.detail}" if exact else life


class Lives:
    """What is kept of all alarms of one centre, over whatever path it was told."""

    def __init__(self, memory: Memory) -> None:
        """``memory`` outlives a restart."""
        self._memory = memory

    def earlier(self, report: Report) -> list[Told]:
        """Return the first and the latest message of the same alarm before this one."""
        life = life_of(report)
        over = self._memory.get(f"{life}/over/at")
        if not life or over not in (None, report.reference):
            return []
        first = self._told(life, "first")
        last = self._told(life, "last")
        if last is not None and last.position == report.reference:
            last = self._told(life, "before")
        found = dict.fromkeys(told for told in (first, last) if told is not None)
        return [told for told in found if told.position != report.reference]

    def _told(self, life: str, which: str) -> Told | None:
        position = self._memory.get(f"{life}/{which}/at")
        sent_s = self._memory.get(f"{life}/{which}/sent")
        return None if position is None or sent_s is None else Told(position, sent_s)

    def remember(self, report: Report, sent_s: int) -> None:
        """The centre has taken a message."""
        life = life_of(report)
        if not life:
            return
        if is_over(report):
            if self._told(life, "first") is not None:
                self._memory[f"{life}/over/at"] = report.reference
                self._forget_all_but(MOST_OVER, over=True)
            return
        if f"{life}/over/at" in self._memory:
            self._forget(life)
        told = Told(report.reference, sent_s)
        last = self._told(life, "last")
        if last is None:
            self._put(life, "first", told)
        elif last != told:
            self._put(life, "before", last)
        self._put(life, "last", told)
        self._forget_all_but(MOST_OPEN, over=False)

    def _put(self, life: str, which: str, told: Told) -> None:
        self._memory[f"{life}/{which}/at"] = told.position
        self._memory[f"{life}/{which}/sent"] = told.sent_s

    def _forget_all_but(self, most: int, *, over: bool) -> None:
        lives = dict.fromkeys(field.rsplit("/", 2)[0] for field in self._memory)
        old = [life for life in lives if (f"{life}/over/at" in self._memory) is over]
        for life in sorted(old, key=self._latest)[: max(0, len(old) - most)]:
            self._forget(life)

    def _latest(self, life: str) -> int:
        return self._memory.get(f"{life}/over/at", self._memory.get(f"{life}/last/at", 0))

    def _forget(self, life: str) -> None:
        for field in [field for field in self._memory if field.startswith(f"{life}/")]:
            del self._memory[field]
