"""A keypad: whose code it is, and a pause after several wrong ones."""

import hmac
from typing import Final

from callpoint_gateway.configuration.arming_codes import LONGEST, Code, hash_of
from callpoint_gateway.host.clock import Clock

MISSES: Final = 5
LOCKED_MS: Final = 300_000


class Keypad:
    """Tells whose code it is, and takes no more for a while after several wrong ones."""

    def __init__(self, known: list[Code], clock: Clock) -> None:
        """``known``: the codes that are right."""
        self._known = known
        self._clock = clock
        self._misses = 0
        self._until_ms = 0

    @property
    def locked(self) -> bool:
        """No code is taken now."""
        return self._clock.monotonic_ms() < self._until_ms

    def role_of(self, code: str) -> str | None:
        """Return whose code it is, None if it is nobody's or if the keypad is locked. Slow."""
        if self.locked:
            return None
        role = None
        for one in self._known:
            # Every one is tried, so that the time says nothing.
            if hmac.compare_digest(hash_of(code[:LONGEST], one.salt), one.hashed):
                role = one.role
        self._misses = 0 if role else self._misses + 1
        if self._misses >= MISSES:
            self._misses = 0
            self._until_ms = self._clock.monotonic_ms() + LOCKED_MS
        return role
