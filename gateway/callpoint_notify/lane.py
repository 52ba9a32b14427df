"""One channel at work: its bounds, its pauses after failures, and what is under way over it."""

from typing import Final

from callpoint_gateway.configuration.notify import Channel
from callpoint_notify.channels.channel import Sender
from callpoint_notify.limits import Limits

#: So many messages are handed to one service at a time.
AT_A_TIME: Final = 4
# One failure may be an address's; from the second in a row the service itself is spared.
_SPARED_FROM: Final = 2
_FIRST_PAUSE_S: Final = 10.0
_LONGEST_PAUSE_S: Final = 600.0


def pause_s(failures: int, longest_s: float = _LONGEST_PAUSE_S) -> float:
    """Return the pause after so many failures: 10 s, doubled each time, up to a bound."""
    return min(longest_s, _FIRST_PAUSE_S * 2.0 ** min(failures - 1, 16))


class Lane:
    """A channel. Moments are monotonic seconds."""

    def __init__(self, settings: Channel, sender: Sender) -> None:
        self.settings = settings
        self.sender = sender
        self.limits = Limits(settings.per_minute)
        self.under_way: set[str] = set()  # the recipients of what is being sent
        self._failures = 0
        self._paused_until_s = 0.0

    def pause_left_s(self, now_s: float) -> float:
        """Return the seconds for which the service is still spared."""
        return max(0.0, self._paused_until_s - now_s)

    def wait_s(self, now_s: float, *, urgent: bool) -> float:
        """Return the seconds until the next message may go."""
        return max(self.pause_left_s(now_s), self.limits.wait_s(now_s, urgent=urgent))

    def begun(self, recipient: str, now_s: float, *, urgent: bool) -> None:
        """Count a message that goes now."""
        self.under_way.add(recipient)
        self.limits.sent(now_s, urgent=urgent)

    def ended(self, recipient: str, now_s: float, *, taken: bool) -> None:
        """Take what came of it."""
        self.under_way.discard(recipient)
        self._failures = 0 if taken else self._failures + 1
        if self._failures >= _SPARED_FROM:
            self._paused_until_s = now_s + pause_s(self._failures - _SPARED_FROM + 1)
