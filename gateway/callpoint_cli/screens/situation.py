"""What is the matter now: a fold of the alarms journal, without a clock or a file.

Promises:

1. An alarm is open until its zone is restored *and* a centre has accepted it. A button that
   was let go of does not hide an alarm that nobody has. Only what is routed to no centre, and
   so will never be accepted, closes with its restore alone; what was refused stays open.
2. A restore counts for the alarms that came before it, in the order of the device's own
   numbers where both are of one boot.
3. A fault stands until its source says that it is over.
4. What is inhibited is not the matter now.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable

import msgspec

from callpoint_gateway.journal.entries import (
    STATE,
    Cursor,
    DeliveryBody,
    Entry,
    EventBody,
    FaultBody,
    StatusBody,
)
from callpoint_protocol import names

MINUTE_MS = 60_000
_Key = tuple[str, int, int]


class Alarm(msgspec.Struct):
    """One alarm that is open. ``refused_by`` are centres that did not take it."""

    position: int
    device: str
    boot: int | None
    seq: int | None
    body: EventBody
    restored: bool = False
    accepted_by: list[str] = []
    refused_by: list[str] = []


class Trouble(msgspec.Struct, frozen=True):
    """A trouble that a device reported and has not taken back."""

    device: str
    body: EventBody


class Lost(msgspec.Struct, frozen=True):
    """A device whose last word was its last will."""

    device: str
    since_ms: int


class Fault(msgspec.Struct, frozen=True):
    """Something the gateway supervises is away."""

    source: str
    reason: str
    remedy: str
    since_ms: int


class Situation:
    """Feed it every entry in order with ``take`` and ask what is the matter."""

    def __init__(self, cursors: Iterable[Cursor] = ()) -> None:
        """``cursors``: where consumers stand; nothing before them is kept for the backlog."""
        self.position = 0
        self._alarms: dict[int, Alarm] = {}
        self._unrestored: dict[_Key, list[Alarm]] = {}
        self._restored: dict[_Key, tuple[int | None, int | None]] = {}
        self._troubles: dict[tuple[str, int, int, int], Trouble] = {}
        self._lost: dict[str, Lost] = {}
        self._faults: dict[str, Fault] = {}
        self._events: list[int] = []
        self._recent: deque[int] = deque()
        self.set_cursors(cursors)

    def set_cursors(self, cursors: Iterable[Cursor]) -> None:
        """Take the newest positions of the consumers, read before the entries taken so far."""
        self._cursors = {
            c.name: c.position
            for c in cursors
            if not (c.name.endswith("/number") or c.name.startswith(STATE))
        }
        # How far every centre has come: an alarm behind it without an answer was not for them.
        self._served = {
            part: min((p for n, p in self._cursors.items() if _serves(n, part)), default=None)
            for part in ("urgent", "normal")
        }
        passed = min(self._cursors.values(), default=self.position)
        self._events = self._events[bisect_right(self._events, passed) :]
        self._passed = passed
        for alarm in list(self._alarms.values()):
            if self._is_over(alarm) or self._was_passed_over(alarm):
                del self._alarms[alarm.position]

    def take(self, entry: Entry) -> None:
        """Take the next entry."""
        self.position = entry.position
        match entry.body:
            case EventBody() as body if entry.device is not None:
                if entry.position > self._passed:
                    self._events.append(entry.position)
                self._recent.append(entry.recorded_ms)
                self._event(entry, entry.device, body)
            case DeliveryBody() as body if entry.about in self._alarms:
                alarm = self._alarms[entry.about]
                (alarm.accepted_by if body.accepted else alarm.refused_by).append(body.centre)
                self._drop_if_over(alarm)
            case StatusBody() as body if entry.device is not None:
                if body.status == names.LOST:
                    self._lost[entry.device] = Lost(entry.device, entry.recorded_ms)
                else:
                    self._lost.pop(entry.device, None)
            case FaultBody() as body:
                if not body.active:
                    self._faults.pop(body.source, None)
                elif body.source not in self._faults:
                    fault = Fault(body.source, body.reason, body.remedy, entry.recorded_ms)
                    self._faults[body.source] = fault

    def _event(self, entry: Entry, device: str, body: EventBody) -> None:
        if body.inhibited:
            return  # it is raised at the end of the inhibit, if it still stands then
        key = (device, body.zone, body.kind)
        # One zone reports several faults, which the detail tells apart; a battery's is a voltage.
        trouble = (*key, 0 if body.kind == names.BATTERY else body.detail)
        match body.state:
            case names.ALARM:
                alarm = Alarm(entry.position, device, entry.boot, entry.seq, body)
                boot, seq = self._restored.get(key, (None, None))
                alarm.restored = _later(boot, seq, alarm, otherwise=False)
                self._alarms[entry.position] = alarm
                if alarm.restored:
                    self._drop_if_over(alarm)
                else:
                    self._unrestored.setdefault(key, []).append(alarm)
            case names.RESTORE:
                self._restored[key] = (entry.boot, entry.seq)
                for alarm in self._unrestored.pop(key, []):
                    if _later(entry.boot, entry.seq, alarm, otherwise=True):
                        alarm.restored = True
                        self._drop_if_over(alarm)
                    else:
                        self._unrestored.setdefault(key, []).append(alarm)
            case names.TROUBLE:
                self._troubles.setdefault(trouble, Trouble(device, body))
            case names.TROUBLE_RESTORE:
                self._troubles.pop(trouble, None)

    def _is_over(self, alarm: Alarm) -> bool:
        """Judge by what has been read so far; a cursor may be far ahead of that."""
        centres = any(served is not None for served in self._served.values())
        return alarm.restored and (bool(alarm.accepted_by) or not centres)

    def _was_passed_over(self, alarm: Alarm) -> bool:
        served = self._served["urgent" if alarm.body.kind in names.LIFE_KINDS else "normal"]
        answered = alarm.accepted_by or alarm.refused_by
        return alarm.restored and not answered and served is not None and alarm.position <= served

    def _drop_if_over(self, alarm: Alarm) -> None:
        if self._is_over(alarm):
            self._alarms.pop(alarm.position, None)

    def alarms(self) -> list[Alarm]:
        """Return the open alarms: those that no centre has first, then the oldest first."""
        return sorted(
            self._alarms.values(),
            key=lambda alarm: (bool(alarm.accepted_by), alarm.body.occurred_ms),
        )

    def faults(self) -> list[Fault]:
        """Return what the gateway misses."""
        return list(self._faults.values())

    def lost(self) -> list[Lost]:
        """Return the devices that are lost."""
        return list(self._lost.values())

    def troubles(self) -> list[Trouble]:
        """Return the troubles that devices reported."""
        return list(self._troubles.values())

    def backlogs(self) -> dict[str, int]:
        """Return how many events each consumer has not finished."""
        return {
            name: len(self._events) - bisect_right(self._events, position)
            for name, position in sorted(self._cursors.items())
        }

    def rate(self, now_ms: int) -> int:
        """Return how many events were recorded in the last minute."""
        while self._recent and self._recent[0] < now_ms - MINUTE_MS:
            self._recent.popleft()
        return len(self._recent)

    @property
    def quiet(self) -> bool:
        """Whether there is neither an alarm nor a fault."""
        return not (self._alarms or self._faults or self._lost or self._troubles)


def _serves(cursor: str, part: str) -> bool:
    return cursor.startswith("centre/") and cursor.endswith("/" + part)


def _later(boot: int | None, seq: int | None, alarm: Alarm, *, otherwise: bool) -> bool:
    """Say whether a restore came after an alarm; ``otherwise`` when numbers cannot tell."""
    if boot is None or boot != alarm.boot or seq is None or alarm.seq is None:
        return otherwise
    return seq > alarm.seq
