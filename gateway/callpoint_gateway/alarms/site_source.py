"""The interface from which pages read a site, and the site whose journals are on this machine.

``callpoint watch`` and the console read through it. A program that has the entries of other sites
gives its own ``SiteSource``; what it shows is then the same.

A reader here holds no transaction open between two calls, so a page that is slow, or a process
that stands still, does not keep the journal from being checkpointed.
"""

import fcntl
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from callpoint_gateway.alarms.model import Model
from callpoint_gateway.alarms.situation import Situation
from callpoint_gateway.configuration.levels import AlarmSettingsByLevel
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.control.client import listens
from callpoint_gateway.host.clock import Clock, SystemClock
from callpoint_gateway.journal.entries import Entry, Type
from callpoint_gateway.journal.reader import Reader, open_file


class LiveModel(Protocol):
    """The present situation of a site, for one thread that asks again and again."""

    def changed(self) -> bool:
        """Say whether anything was stored since the last call. It costs some microseconds."""

    def situation(self) -> Situation:
        """Return the situation by all that is stored now."""

    def entries_after(self, position: int, types: Sequence[Type], limit: int) -> list[Entry]:
        """Return up to ``limit`` entries of ``types`` behind a position, the oldest first."""

    def entry(self, position: int) -> Entry | None:
        """Return the entry at a position, None if there is none."""

    def head(self) -> int:
        """Return the last position, 0 when empty."""

    def last_readings(self, device: str, limit: int) -> list[Entry]:
        """Return the last ``limit`` entries with readings of a device, the oldest first."""


class Records(Protocol):
    """What is on record of a site, for one thread."""

    def last_events(self, device: str, limit: int) -> list[Entry]:
        """Return the last ``limit`` events that a device sent, the oldest first."""

    def last_readings(self, device: str, limit: int) -> list[Entry]:
        """Return the last ``limit`` entries with readings of a device, the oldest first."""

    def last_status(self, device: str) -> Entry | None:
        """Return the entry of the last time that a device connected or was lost."""

    def read(self, after: int, limit: int, types: Sequence[Type] = ()) -> list[Entry]:
        """Return up to ``limit`` entries of ``types`` behind position ``after``, in order."""

    def about(self, position: int) -> list[Entry]:
        """Return the entries about the entry at a position, the oldest first."""

    def entry(self, position: int) -> Entry | None:
        """Return the entry at a position, None if there is none."""


class SiteSource(Protocol):
    """One site: what it consists of, and how to read it. Any thread may call this."""

    @property
    def register(self) -> Register | None:
        """The register of the site, None if it is not known."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the site."""

    @property
    def settings(self) -> AlarmSettingsByLevel:
        """The deadlines of people."""

    def live(self) -> AbstractContextManager[LiveModel]:
        """Open a model, read up to the last entry. JournalError: it cannot be read."""

    def records(self) -> AbstractContextManager[Records]:
        """Open the records for some look-ups. JournalError: they cannot be read."""

    def gateway_runs(self) -> bool | None:
        """Say whether a gateway runs; None: it may not be known here."""

    def retired_ms(self) -> int | None:
        """Return since when it is out of service (Unix ms), None if that is not said of it."""


class JournalSource:
    """The site whose journals are in a folder. It only reads, also while a gateway writes."""

    def __init__(
        self,
        folder: Path,
        register: Register | None,
        zone: ZoneInfo,
        settings: AlarmSettingsByLevel,
        consumers: Collection[str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """``consumers``: the configured centres and sinks, see ``waiting.Backlogs``."""
        self.folder = folder
        self._register, self._zone, self._settings = register, zone, settings
        self._consumers = consumers
        self._clock = clock or SystemClock()

    @property
    def register(self) -> Register | None:
        """The register of the site, None if it is not known."""
        return self._register

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the site."""
        return self._zone

    @property
    def settings(self) -> AlarmSettingsByLevel:
        """The deadlines of people."""
        return self._settings

    @contextmanager
    def live(self) -> Iterator["JournalModel"]:
        """Yield a model, read up to the last entry."""
        with ExitStack() as stack:
            alarms, telemetry = self._readers(stack)
            version = open_file(self.folder / "alarms.db", read_only=True)
            stack.callback(version.close)
            model = Model(
                alarms, self._clock, self._settings, self._register, telemetry, self._consumers
            )
            model.start()
            pragma = "PRAGMA data_version"
            yield JournalModel(
                alarms, telemetry, model, lambda: int(version.execute(pragma).fetchone()[0])
            )

    @contextmanager
    def records(self) -> Iterator["JournalRecords"]:
        """Yield the records, on connections of their own."""
        with ExitStack() as stack:
            yield JournalRecords(*self._readers(stack))

    def _readers(self, stack: ExitStack) -> tuple[Reader, Reader | None]:
        alarms = stack.enter_context(Reader(self.folder / "alarms.db"))
        telemetry = self.folder / "telemetry.db"
        return alarms, stack.enter_context(Reader(telemetry)) if telemetry.exists() else None

    def retired_ms(self) -> int | None:
        """Return None: only a district takes gateways out of service."""
        return None

    def gateway_runs(self) -> bool | None:
        """Say whether a gateway runs on the folder; None: this user may not look."""
        try:
            if listens(self.folder):
                return True
            # It may be starting, or reading its configuration again.
            lock = os.open(self.folder / "gateway.lock", os.O_RDONLY)
        except FileNotFoundError:
            return False
        except PermissionError:
            # Only the gateway's own user may touch the lock; others have the socket.
            return False if os.access(self.folder, os.X_OK) else None
        except OSError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False


class JournalModel:
    """The present situation by the journals in a folder."""

    def __init__(
        self,
        alarms: Reader,
        telemetry: Reader | None,
        model: Model,
        version: Callable[[], int],
    ) -> None:
        """``version`` returns another number after each commit to the alarms journal."""
        self._alarms, self._telemetry = alarms, telemetry
        self._model, self._version = model, version
        self._seen = -1

    def changed(self) -> bool:
        """Say whether anything was stored since the last call."""
        before, self._seen = self._seen, self._version()
        return self._seen != before

    def situation(self) -> Situation:
        """Return the situation by all that is stored now."""
        self._model.follow()
        return self._model.situation()

    def entries_after(self, position: int, types: Sequence[Type], limit: int) -> list[Entry]:
        """Return up to ``limit`` entries of ``types`` behind a position, the oldest first."""
        return self._alarms.read(position, limit, types)

    def entry(self, position: int) -> Entry | None:
        """Return the entry at a position, None if there is none."""
        return self._alarms.entry(position)

    def head(self) -> int:
        """Return the last position, 0 when empty."""
        return self._alarms.head()

    def last_readings(self, device: str, limit: int) -> list[Entry]:
        """Return the last ``limit`` entries with readings of a device, the oldest first."""
        return self._telemetry.last_readings(device, limit) if self._telemetry else []


class JournalRecords:
    """What is on record in the journals of a folder."""

    def __init__(self, alarms: Reader, telemetry: Reader | None) -> None:
        """``telemetry`` is None before the first start of a gateway."""
        self._alarms, self._telemetry = alarms, telemetry

    def last_events(self, device: str, limit: int) -> list[Entry]:
        """Return the last ``limit`` events that a device sent, the oldest first."""
        return self._alarms.last_events(device, limit)

    def last_readings(self, device: str, limit: int) -> list[Entry]:
        """Return the last ``limit`` entries with readings of a device, the oldest first."""
        return self._telemetry.last_readings(device, limit) if self._telemetry else []

    def last_status(self, device: str) -> Entry | None:
        """Return the entry of the last time that a device connected or was lost."""
        return self._alarms.latest(Type.STATUS, device)

    def read(self, after: int, limit: int, types: Sequence[Type] = ()) -> list[Entry]:
        """Return up to ``limit`` entries of ``types`` behind position ``after``, in order."""
        return self._alarms.read(after, limit, types)

    def about(self, position: int) -> list[Entry]:
        """Return the entries about the entry at a position, the oldest first."""
        return self._alarms.about(position)

    def entry(self, position: int) -> Entry | None:
        """Return the entry at a position, None if there is none."""
        return self._alarms.entry(position)
