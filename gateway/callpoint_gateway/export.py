"""The time series: a consumer of both journals that writes points, alarms before readings.

The cursor moves only after the server has taken the points, and a point written twice is the
same point, so a crash between the two costs nothing. A rejected point is quarantined, never
its batch. A server that is away raises one fault and costs nothing but backlog.
"""

import random
import threading
from collections.abc import Callable, Sequence

from callpoint_gateway.entries import Cursor, Entry, Quarantine, Write
from callpoint_gateway.journal import Journal
from callpoint_gateway.register import Register
from callpoint_gateway.timeseries.points import lines_of
from callpoint_gateway.timeseries.sink import TimeSeriesSink, Unauthorised, Unreachable

NAME = "timeseries"
RETRY_FIRST_S = 0.5
RETRY_MAX_S = 30.0


class Export:
    """Runs in a thread of its own: the client is synchronous, and a slow server must
    delay nobody."""

    def __init__(
        self,
        sink: TimeSeriesSink,
        alarms: Journal,
        telemetry: Journal,
        register: Register,
        batch: int,
        changed: Callable[[bool, str], None],
    ) -> None:
        """``batch``: the most entries written at once. ``changed`` is told, after each try,
        whether the server takes points."""
        self._sink = sink
        self._lanes = (alarms, telemetry)
        self._alarms = alarms
        self._register = register
        self._batch = batch
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._changed = changed
        self._thread = threading.Thread(target=self._run, name=NAME)
        for lane in self._lanes:
            lane.watch(self._wake.set)

    def start(self) -> None:
        """Begin where the cursors stand."""
        self._thread.start()

    @property
    def running(self) -> bool:
        """The thread lives. If not, no point is written any more."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Finish the batch at hand; call before the journals are closed."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        readers = [lane.reader() for lane in self._lanes]
        positions = [reader.cursors().get(NAME, Cursor(NAME, 0)).position for reader in readers]
        failures = 0
        while not self._stopping.is_set():
            self._wake.clear()
            for index, reader in enumerate(readers):
                entries = reader.read(positions[index], self._batch)
                if entries:
                    break
            else:
                self._wake.wait()
                continue
            if self._write(self._lanes[index], entries):
                positions[index] = entries[-1].position
                failures = 0
                continue
            failures += 1
            delay = min(RETRY_MAX_S, RETRY_FIRST_S * 2 ** min(failures - 1, 8))
            self._stopping.wait(delay * random.uniform(0.5, 1.0))
        for reader in readers:
            reader.close()
        self._sink.close()

    def _write(self, lane: Journal, entries: Sequence[Entry]) -> bool:
        lines = [line for entry in entries for line in lines_of(entry, self._register)]
        try:
            rejected = self._sink.write(lines) if lines else []
        except (Unreachable, Unauthorised) as error:
            self._changed(False, str(error))
            return False
        self._changed(True, "written again")
        writes: list[Write] = [
            Quarantine(NAME, "point", refusal.reason, refusal.line.encode())
            for refusal in rejected
        ]
        if writes:
            self._alarms.submit(writes)
        lane.submit([Cursor(NAME, entries[-1].position)])
        return True
