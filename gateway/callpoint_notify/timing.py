"""When a message of priority 3 or 4 may go: digests, cooldown and quiet hours.

Life and damage (priorities 1 and 2) never wait for any of them.
"""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from callpoint_gateway.configuration.notify import NotifySettings

#: The least urgent priority that never waits.
AT_ONCE: Final = 2
# A time further away than this comes from a clock that was wrong: nothing waits so long.
_LONGEST_MS: Final = 8 * 86_400_000


class Timing:
    """The rules of one site."""

    def __init__(self, settings: NotifySettings, zone: ZoneInfo) -> None:
        """``zone``: the site's, for the quiet hours."""
        self._settings = settings
        self._zone = zone

    def due_ms(self, priority: int, now_ms: int, last_ms: int | None) -> int:
        """Return the Unix ms from which a message may go.

        ``last_ms``: when the recipient was last to be told of the same subject; None: never.
        Messages of one digest are due at the same moment.
        """
        if priority <= AT_ONCE:
            return now_ms
        due_ms = now_ms
        if (every_ms := self._settings.digest_s * 1000) > 0:
            due_ms = -(-now_ms // every_ms) * every_ms
        if last_ms is not None:
            due_ms = max(due_ms, last_ms + self._settings.cooldown_s * 1000)
        return due_ms

    def may_go(self, priority: int, due_ms: int, now_ms: int) -> bool:
        """Say whether a message that is due at a moment may go now."""
        if priority <= AT_ONCE:
            return True
        if now_ms < due_ms < now_ms + _LONGEST_MS:
            return False
        return not self.is_quiet(now_ms)

    def is_quiet(self, now_ms: int) -> bool:
        """Say whether the site is in its quiet hours."""
        hours = self._settings.quiet_hours
        if hours is None:
            return False
        begin, end = hours
        now = datetime.fromtimestamp(now_ms / 1000, self._zone).time()
        return begin <= now < end if begin < end else now >= begin or now < end
