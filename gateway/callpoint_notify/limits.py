"""Keeps a channel within what its service takes in any minute.

A service may count by a clock of its own and block who sends more: DingTalk takes 20 messages in
any minute, and then none for ten. So a bound holds in every window, not on average. Urgent
messages have three quarters for themselves, so no other message can use them up; a few go at
once, and the others evenly, so that the next is never far away.
"""

from collections import deque
from typing import Final

# A minute, and as much as a message may be under way longer than the one before it.
WINDOW_S: Final = 62.0
_BURST: Final = 4  # a quarter of a share goes at once


class Share:
    """Up to ``most`` sends in any window.

    A send needs no wait only if fewer than a burst are in the window behind it. From the last of
    those on, sends are so far apart that not more than the rest fit into a window.
    """

    def __init__(self, most: int) -> None:
        self._burst = max(1, most // _BURST)
        self._apart_s = WINDOW_S / max(1, most - self._burst)
        self._sent: deque[float] = deque()

    def wait_s(self, now_s: float) -> float:
        """Return the seconds until the next send may begin, 0 if it may now."""
        while self._sent and now_s - self._sent[0] >= WINDOW_S:
            self._sent.popleft()
        if len(self._sent) < self._burst:
            return 0.0
        return max(0.0, self._sent[-1] + self._apart_s - now_s)

    def sent(self, at_s: float) -> None:
        """Count a send that begins at a moment (monotonic seconds)."""
        self._sent.append(at_s)


class Limits:
    """The two shares of a channel."""

    def __init__(self, per_minute: int) -> None:
        """``per_minute``: at least 2, one for each share."""
        urgent = max(1, per_minute * 3 // 4)
        self._shares = {True: Share(urgent), False: Share(max(1, per_minute - urgent))}

    def wait_s(self, now_s: float, *, urgent: bool) -> float:
        """Return the seconds until the next send may begin."""
        return self._shares[urgent].wait_s(now_s)

    def sent(self, at_s: float, *, urgent: bool) -> None:
        """Count a send."""
        self._shares[urgent].sent(at_s)
