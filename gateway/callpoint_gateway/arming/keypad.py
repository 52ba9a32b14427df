"""Keypads: whose code it is, and a growing pause after several wrong ones.

- A code counts for the partitions that it is for. What locks is the partition where wrong codes
  were tried, and no other.
- The code of somebody who has no business at a partition is a wrong one there, and counts for that
  role and not for the partition: with a code of one flat nobody can lock another flat.
- Each wrong code is an entry (a report that centres hear of: SIA JA, Contact ID 461), and how many
  there were in a row is kept on disk. The code itself is kept nowhere.
- ``MISSES`` in a row lock for ``FIRST_LOCK_S``, each further one for twice as long, at most
  ``LONGEST_LOCK_S``. While it is locked nothing is tried, counted or told; that is a fault.
"""

import asyncio
import hmac
from collections.abc import Callable, Iterable
from typing import Final

from callpoint_gateway.configuration.arming_codes import LONGEST, Code, hash_of
from callpoint_gateway.host.part_report import PartReport
from callpoint_gateway.journal.ages import Ages, Stamp, stamp_of
from callpoint_gateway.journal.entries import STATE, Cursor, NewEntry
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.words.said import Said, said

MISSES: Final = 5
FIRST_LOCK_S: Final = 60
LONGEST_LOCK_S: Final = 3600
_CURSOR: Final = f"{STATE}keypad/"
_PARTITION: Final = "keypad/"
_ROLE: Final = "code/"


class CodeRefused(ValueError):
    """The code is not taken; ``why`` says why and never holds a code."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


def lock_s(misses: int) -> int:
    """Return for how many seconds so many wrong codes in a row lock."""
    if misses < MISSES:
        return 0
    return min(FIRST_LOCK_S << min(misses - MISSES, 16), LONGEST_LOCK_S)


class _Counter:
    """Wrong codes in a row: how many, and when the last was."""

    def __init__(self, misses: int, last: Stamp | None) -> None:
        self.misses = misses
        self.last = last
        self.report: PartReport | None = None
        self.timer: asyncio.TimerHandle | None = None


class Keypads:
    """The keypads of all partitions. ``prepare`` first, ``close`` at last; all in the loop."""

    def __init__(
        self,
        known: list[Code],
        alarms: Journal,
        ages: Callable[[], Ages],
        wrong_code: Callable[[str], NewEntry],
        supervise: Callable[[str, float], PartReport],
    ) -> None:
        """``wrong_code(partition)`` makes the entry of a wrong code."""
        self._known = known
        self._alarms = alarms
        self._ages = ages
        self._wrong_code = wrong_code
        self._supervise = supervise
        self._counters: dict[str, _Counter] = {}
        self._changed: Callable[[], None] = lambda: None

    def watch(self, changed: Callable[[], None]) -> None:
        """Call ``changed()`` whenever a lock begins or ends."""
        self._changed = changed

    def prepare(self) -> None:
        """Take up what was counted before the restart."""
        with self._alarms.reader() as reader:
            for name, cursor in reader.cursors().items():
                misses = cursor.state.get("misses", 0)
                if name.startswith(_CURSOR) and misses:
                    entry = reader.entry(cursor.position)
                    key = name.removeprefix(_CURSOR)
                    self._counters[key] = _Counter(misses, stamp_of(entry) if entry else None)
                    self._judge(key)

    def close(self) -> None:
        """Wait for no lock any more."""
        for counter in self._counters.values():
            if counter.timer is not None:
                counter.timer.cancel()

    def left_s(self, partition: str) -> int:
        """Return for how many seconds no code is taken at a partition."""
        return self._left_s(_PARTITION + partition)

    def _left_s(self, key: str) -> int:
        counter = self._counters.get(key)
        if counter is None or counter.last is None:
            return 0
        return max(0, -(-(lock_s(counter.misses) * 1000 - self._ages().of(counter.last)) // 1000))

    async def role_of(self, partition: str, code: str) -> str:
        """Return whose code it is. Slow. CodeRefused if it is not taken here, or not now."""
        if left_s := self.left_s(partition):
            raise CodeRefused(said("panel.locked", seconds=left_s))
        owners = await asyncio.to_thread(lambda: list(_owners(self._known, code)))
        here = next((owner for owner in owners if owner.opens(partition)), None)
        if here is None:
            await self._missed(partition, [_ROLE + owner.role for owner in owners])
            raise CodeRefused(said("panel.wrong"))
        if left_s := self._left_s(_ROLE + here.role):
            raise CodeRefused(said("panel.locked", seconds=left_s))
        await self._right(_PARTITION + partition, _ROLE + here.role)
        return here.role

    async def _missed(self, partition: str, roles: list[str]) -> None:
        keys = [key for key in roles or [_PARTITION + partition] if not self._left_s(key)]
        if not keys:
            return
        (stored,) = await self._alarms.store([self._wrong_code(partition)])
        with self._alarms.reader() as reader:
            entry = reader.entry(stored.position)
        for key in keys:
            counter = self._counters.setdefault(key, _Counter(0, None))
            counter.misses += 1
            counter.last = stamp_of(entry) if entry else None
            self._judge(key)
        await self._alarms.store(
            [
                Cursor(_CURSOR + key, stored.position, {"misses": self._counters[key].misses})
                for key in keys
            ]
        )

    async def _right(self, *keys: str) -> None:
        known = [key for key in keys if key in self._counters]
        for key in known:
            counter = self._counters.pop(key)
            if counter.report is not None:
                counter.report.up(said("keypad.right"))
        if known:
            await self._alarms.store([Cursor(_CURSOR + key, 0, {}) for key in known])

    def _judge(self, key: str) -> None:
        """Begin or end a lock, and look again when it will be over."""
        counter, left_s = self._counters.get(key), self._left_s(key)
        if counter is None or counter.misses < MISSES:
            return
        if counter.report is None:
            counter.report = self._supervise(key, 0.0)
        if left_s:
            locked = said("keypad.locked", misses=counter.misses)
            counter.report.down(locked, said("keypad.locked.do"))
            counter.timer = asyncio.get_running_loop().call_later(left_s, self._judge, key)
        else:
            counter.report.up(said("keypad.open"))
        self._changed()


def _owners(known: Iterable[Code], code: str) -> Iterable[Code]:
    for owner in known:
        # Every one is tried, so that the time says nothing.
        if hmac.compare_digest(hash_of(code[:LONGEST], owner.salt), owner.hashed):
            yield owner
