"""Opens both journals for the gateway, under the lock of the state directory."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.service_error import ServiceError
from callpoint_gateway.host.state_lock import StateDirInUse, hold
from callpoint_gateway.journal.entries import NewEntry
from callpoint_gateway.journal.reader import JournalError
from callpoint_gateway.journal.recovery import damage_noted, open_alarms, open_telemetry
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.words.said import said_by


@dataclass(frozen=True)
class Journals:
    """The journal of the alarms and the bounded journal of the readings.

    ``brought_back``: the entries of a damaged journal that must be stored again.
    """

    state_dir: Path
    alarms: Journal
    telemetry: Journal
    brought_back: list[NewEntry]
    _closed: ExitStack

    def when_closed(self, release: Callable[[], None]) -> None:
        """Call ``release`` after both journals are closed: it closes what reads until then."""
        self._closed.callback(release)

    def store_brought_back(self) -> None:
        """Store the entries of a damaged journal again, after every centre has its cursors."""
        if self.brought_back:
            self.alarms.submit(self.brought_back)


@contextmanager
def open_journals(
    state_dir: Path, clock: Clock, telemetry_mb: int, telemetry_days: int
) -> Iterator[Journals]:
    """Yield both journals; at the end they commit what was submitted, and close.

    ServiceError: another gateway has the state directory, or a journal cannot be opened.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(hold(state_dir))
            stack.enter_context(damage_noted(state_dir))
            closed = stack.enter_context(ExitStack())
            alarms, brought_back = open_alarms(state_dir, clock)
            stack.callback(alarms.close)
            telemetry = open_telemetry(state_dir, clock, alarms, telemetry_mb, telemetry_days)
            stack.callback(telemetry.close)
        except (JournalError, StateDirInUse) as error:
            raise ServiceError(said_by(error)) from error
        yield Journals(state_dir, alarms, telemetry, brought_back, closed)
