"""What is the same of every session with the broker, whichever client it uses.

If the broker ends a session while it listens, and accepts it again at once, another client has
taken it over with the same client id (MQTT 3.1.1, 3.1.4).
"""

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from callpoint_gateway.configuration.config import Broker
from callpoint_gateway.host.part_report import PartReport
from callpoint_gateway.ingest.ingest import Message
from callpoint_gateway.words.said import Said, said

RECONNECT_FIRST_S = 0.1
# The broker is near: two attempts a second cost nothing, and alarms wait for the connection.
RECONNECT_MAX_S = 0.5
# A session that is taken over so often in ``TAKEN_S`` is shared with another client.
TAKEN_OFTEN = 3
TAKEN_S = 60.0


class Take(Protocol):
    """The function that stores messages and then calls ``finished``, which acknowledges them."""

    def __call__(
        self, source: str, messages: Sequence[Message], finished: Callable[[], None]
    ) -> None:
        """Take messages that arrived together."""


class Session(ABC):
    """One persistent session in a thread of its own."""

    def __init__(self, broker: Broker, client_id: str, take: Take, report: PartReport) -> None:
        """Prepare the session; ``start`` connects. ``report`` hears when it comes or goes."""
        #: The last part of the client id: what the session is for.
        self.name = client_id.rpartition("-")[2]
        #: Seconds before the next attempt.
        self.pause_s = RECONNECT_FIRST_S
        self._broker = broker
        self._client_id = client_id
        self._take = take
        self._report = report
        self._queued = True
        self._listening = False
        self._hung_up = False
        self._taken: deque[float] = deque(maxlen=1000)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"mqtt-{client_id}")

    def start(self) -> None:
        """Connect in the background and stay connected, also when the broker is away now."""
        self._thread.start()

    @abstractmethod
    def stop(self) -> None:
        """Disconnect; the broker keeps the session."""

    @abstractmethod
    def _run(self) -> None:
        """Connect again and again until ``stop``."""

    @property
    def listening(self) -> bool:
        """Whether the session is subscribed: a message that a device sends now would arrive."""
        return self._listening

    @property
    def running(self) -> bool:
        """Whether the session's thread runs. Without it no message arrives."""
        return self._thread.is_alive()

    def taken(self) -> int:
        """Return how often another client took this session in the last minute."""
        since = time.monotonic() - TAKEN_S
        return sum(moment > since for moment in self._taken)

    def _accepted(self) -> None:
        """Note that the broker has accepted the session and its subscriptions."""
        if self._hung_up:
            self._taken.append(time.monotonic())
        self._hung_up = False
        self._listening = True
        self._report.up(said("link.connected"))

    def _ended(self, was_up: bool, hung_up: bool, cause: tuple[Said, Said]) -> None:
        """Note that a connection or an attempt has ended. ``cause``: reason and remedy.

        ``hung_up``: the broker ended it. If the next attempt succeeds, a client had taken it over.
        """
        self._hung_up = was_up and hung_up
        if was_up:
            self.pause_s = RECONNECT_FIRST_S
        # A client that takes the session ten times a second must not fill the log.
        if not self._stopping.is_set() and (not was_up or self.taken() < TAKEN_OFTEN):
            self._report.down(*cause)

    def _pause(self) -> None:
        """Wait before the next attempt, longer each time."""
        self._stopping.wait(self.pause_s)
        self.pause_s = min(RECONNECT_MAX_S, 2 * self.pause_s)
