"""Whose turn it is at one centre: nobody stands behind what the centre does not take.

No clock, no journal, no network: times are seconds of a monotonic clock that the caller reads.

1. Urgent before the rest, else the oldest first; but a device that has much to tell has
   ``ROUND`` turns, then every other device that waits has its own.
2. What failed waits, ever longer, and the next goes meanwhile. After a failure another device is
   tried at once. A device is doubtful while something of it fails and others are accepted: it has
   one try, and then ``ROUND`` others have theirs. So what the centre does not want costs another
   at most one try, however much of it there is.
3. Events of one line (a zone of a device) keep their order: a restore waits behind its alarm for
   as long as the alarm does.
4. A failure is the event's own fault only when the centre accepted something else since the event
   was first tried. Else it is the centre's: then pauses stay short, and everything is tried again
   as soon as anything is accepted, or a link test finds the centre back.
"""

import heapq
import random
from collections import Counter, deque
from collections.abc import Callable, Container
from typing import Final

import msgspec

from callpoint_gateway.journal.backlog import Line, Waiting

ROUND: Final = 8
# Nothing is accepted: the centre is away (silence), or does not want anything now (an answer).
SILENT_FIRST_S: Final = 0.25
SILENT_MAX_S: Final = 1.0
ANSWERED_FIRST_S: Final = 0.5
ANSWERED_MAX_S: Final = 15.0
# Others are accepted, and this is not.
OWN_FIRST_S: Final = 2.0
OWN_MAX_S: Final = 600.0
#: So often others must have been accepted between its tries before an event is set aside.
OWN_FAILURES: Final = 2
#: When so many devices have failed in a row it is the centre, and others are not tried at once.
FAILED_DEVICES: Final = 4
_MOST_DOUBLINGS: Final = 12


class Trial(msgspec.Struct, eq=False):
    """Something that has failed: how often in all, and how often while others were accepted.

    ``due_s``: when it may be tried again. ``accepted``: the count of acceptances at its last try.
    """

    waiting: Waiting
    accepted: int
    tries: int = 0
    own_failures: int = 0
    due_s: float = 0.0

    @property
    def at_fault(self) -> bool:
        """It is this event that the centre does not want, and not everything."""
        return self.own_failures >= OWN_FAILURES


class _Fresh:
    """What has not been tried yet, of one part: fair turns between devices."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Waiting]] = {}
        self._left: dict[str, int] = {}  # turns of this round; a device without an entry has all
        self._heads: list[tuple[int, str]] = []  # heap: first position of each that has turns left
        self._spent: list[str] = []

    def add(self, waiting: Waiting) -> None:
        device = waiting.line[0]
        queue = self._queues.get(device)
        if queue is None:
            self._queues[device] = deque([waiting])
            self._line_up(device, waiting.position)
        else:
            queue.append(waiting)

    def _line_up(self, device: str, position: int) -> None:
        if self._left.get(device, ROUND):
            heapq.heappush(self._heads, (position, device))
        else:
            self._spent.append(device)

    def first(self, but: Container[str] = ()) -> Waiting | None:
        """Return whose turn it is; devices in ``but`` have none."""
        if not self._heads and self._spent:
            self._begin_round()
        if not but:
            return self._queues[self._heads[0][1]][0] if self._heads else None
        if all(device in but for _, device in self._heads) and self._spent:
            self._begin_round()
        found = min((head for head in self._heads if head[1] not in but), default=None)
        return self._queues[found[1]][0] if found else None

    def _begin_round(self) -> None:
        spent, self._spent, self._left = self._spent, [], {}
        for device in spent:
            self._line_up(device, self._queues[device][0].position)

    def take(self, first: Waiting) -> Waiting:
        """Take what ``first`` has returned."""
        device = first.line[0]
        if self._heads[0][1] == device:
            heapq.heappop(self._heads)
        else:
            self._heads.remove((first.position, device))
            heapq.heapify(self._heads)
        queue = self._queues[device]
        taken = queue.popleft()
        self._left[device] = self._left.get(device, ROUND) - 1
        if queue:
            self._line_up(device, queue[0].position)
        else:
            del self._queues[device]
            if not self._queues:
                self._left = {}
        return taken


class Turns:
    """``add`` what waits; ``next`` says what is tried; then say what became of it."""

    def __init__(self, jitter: Callable[[float, float], float] = random.uniform) -> None:
        """``jitter(low, high)`` spreads the pauses."""
        self._jitter = jitter
        self._fresh = {True: _Fresh(), False: _Fresh()}
        self._trials: dict[int, Trial] = {}  # by position
        self._lines: dict[Line, deque[Waiting]] = {}  # the first has failed, the rest waits for it
        self._paused: list[tuple[float, int]] = []  # heap: due, position
        self._ready: list[tuple[bool, int]] = []  # heap: not urgent, position
        self._accepted = 0
        self._row = 0  # failures in a row
        self._failed_devices: set[str] = set()  # in this row
        self._doubtful: Counter[str] = Counter()  # by device: what of it is not taken, alone
        self._accepted_at_failure = -ROUND  # what had been accepted at the last failure
        self._pause_until_s = 0.0
        self._last_was_trial = False

    def add(self, waiting: Waiting) -> None:
        """Something more waits, behind everything that was added before."""
        self._fresh[waiting.urgent].add(waiting)

    def add_tried(self, waiting: Waiting) -> None:
        """An earlier run has set it aside: it is tried again soon, and its line waits for it."""
        line = self._lines.setdefault(waiting.line, deque())
        line.append(waiting)
        if len(line) == 1:
            self._begin(waiting)

    def _begin(self, waiting: Waiting) -> Trial:
        trial = Trial(waiting, self._accepted)
        self._trials[waiting.position] = trial
        heapq.heappush(self._ready, (not waiting.urgent, waiting.position))
        return trial

    def next(self, now_s: float) -> Waiting | None:
        """Return what is to be tried now; None when nothing may be."""
        if (other := self._of_another(now_s)) is not None:
            return self._taken(other, None)
        if now_s < self._pause_until_s:
            return None
        fresh = self._first_fresh()
        trial = self._first_due(now_s)
        if fresh is None or trial is None:
            return self._taken(fresh, trial)
        if not self._row:
            older = (not trial.urgent, trial.position) < (not fresh.urgent, fresh.position)
            return self._taken(None, trial) if older else self._taken(fresh, None)
        return self._taken(fresh, None) if self._last_was_trial else self._taken(None, trial)

    def _of_another(self, now_s: float) -> Waiting | None:
        """Return what is tried before a device that has failed lately, whatever else is due."""
        if self._row:
            if len(self._failed_devices) >= FAILED_DEVICES:
                return None
            return self._first_fresh(self._failed_devices | self._doubtful.keys())
        if self._accepted - self._accepted_at_failure >= ROUND:
            return None
        trial = self._first_due(now_s)
        if trial is not None and trial.line[0] not in self._doubtful:
            return None
        return self._first_fresh(self._doubtful.keys())

    def _first_fresh(self, but: Container[str] = ()) -> Waiting | None:
        """Return the first that has not been tried and waits for nothing in its line."""
        for part in self._fresh.values():
            while (first := part.first(but)) is not None:
                line = self._lines.get(first.line)
                if line is None:
                    return first
                line.append(part.take(first))
        return None

    def _first_due(self, now_s: float) -> Waiting | None:
        while self._paused and self._paused[0][0] <= now_s:
            due_s, position = heapq.heappop(self._paused)
            trial = self._trials.get(position)
            if trial is not None and trial.due_s == due_s:
                heapq.heappush(self._ready, (not trial.waiting.urgent, position))
        while self._ready:
            trial = self._trials.get(self._ready[0][1])
            if trial is not None and trial.due_s <= now_s:
                return trial.waiting
            heapq.heappop(self._ready)
        return None

    def _taken(self, fresh: Waiting | None, trial: Waiting | None) -> Waiting | None:
        if fresh is not None:
            return self._fresh[fresh.urgent].take(fresh)
        if trial is not None:
            heapq.heappop(self._ready)
        return trial

    def wait_s(self, now_s: float) -> float | None:
        """Return how long nothing may be tried; None when nothing waits at all."""
        if self._of_another(now_s) is not None:
            return 0.0
        if self._first_fresh() is not None or self._first_due(now_s) is not None:
            return max(0.0, self._pause_until_s - now_s)
        due_s = self._paused[0][0] if self._paused else None
        return None if due_s is None else max(0.0, due_s - now_s, self._pause_until_s - now_s)

    def trial(self, waiting: Waiting) -> Trial | None:
        """Return what is known of something that has failed."""
        return self._trials.get(waiting.position)

    def failed(
        self, waiting: Waiting, now_s: float, *, answered: bool, leave_alone_s: float = 0.0
    ) -> Trial:
        """It was not taken. ``answered``: the centre said something.

        ``leave_alone_s``: for so long at least the centre asks not to be asked again.
        """
        trial = self._trials.get(waiting.position)
        self._last_was_trial = trial is not None
        if trial is None:
            trial = self._trials[waiting.position] = Trial(waiting, self._accepted)
            self._lines[waiting.line] = deque([waiting])
        elif trial.accepted < self._accepted:
            trial.own_failures += 1
            self._doubtful[waiting.line[0]] += trial.own_failures == 1
        trial.accepted = self._accepted_at_failure = self._accepted
        trial.tries += 1
        self._row += 1
        self._failed_devices.add(waiting.line[0])
        trial.due_s = now_s + max(leave_alone_s, self._pause_s(trial, answered))
        heapq.heappush(self._paused, (trial.due_s, waiting.position))
        if self._row > 1:
            # Others have failed as well: no use in trying one after the other at once.
            self._pause_until_s = now_s + _growing(self._row - 1, 0.05, SILENT_MAX_S)
        return trial

    def _pause_s(self, trial: Trial, answered: bool) -> float:
        if trial.own_failures:
            pause_s = _growing(trial.own_failures, OWN_FIRST_S, OWN_MAX_S)
        elif answered:
            pause_s = _growing(trial.tries, ANSWERED_FIRST_S, ANSWERED_MAX_S)
        else:
            pause_s = _growing(trial.tries, SILENT_FIRST_S, SILENT_MAX_S)
        return pause_s * self._jitter(0.75, 1.0)

    def accepted(self, waiting: Waiting, now_s: float) -> None:
        """The centre has taken it."""
        self._accepted += 1
        self.ended(waiting)
        self.came_back(now_s)

    def ended(self, waiting: Waiting) -> None:
        """It is not told any more. What stood behind it in its line goes on."""
        trial = self._trials.pop(waiting.position, None)
        if trial is None:
            return
        if trial.own_failures:
            self._doubtful[waiting.line[0]] -= 1
            self._doubtful += Counter()  # those without any are no keys
        line = self._lines[waiting.line]
        line.popleft()
        if line:
            self._begin(line[0])
        else:
            del self._lines[waiting.line]

    def came_back(self, now_s: float) -> None:
        """The centre takes something: what failed only because it took nothing is due now."""
        if self._row:
            for trial in self._trials.values():
                if not trial.own_failures and trial.due_s > now_s:
                    trial.due_s = now_s
                    heapq.heappush(self._ready, (not trial.waiting.urgent, trial.waiting.position))
        self._row = 0
        self._failed_devices.clear()
        self._pause_until_s = 0.0


def _growing(times: int, first_s: float, most_s: float) -> float:
    return min(most_s, first_s * 2.0 ** min(times - 1, _MOST_DOUBLINGS))
