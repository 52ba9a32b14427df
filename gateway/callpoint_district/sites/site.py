"""One site of a district, as its pages read it: what the gateway has told, in the database.

No transaction stays open between two calls. Readings stay at the site.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import psycopg

from callpoint_district.database import Database
from callpoint_district.journal.store import GatewayStore, Transaction, snapshot_of
from callpoint_district.sites.notes import Note, undelivered
from callpoint_district.sites.registers import KeptRegister, register_of
from callpoint_district.sites.watching import Standing, Watch
from callpoint_gateway.alarms.case import Step
from callpoint_gateway.alarms.model import Model
from callpoint_gateway.alarms.situation import Alarm, Situation
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.levels import AlarmSettingsByLevel
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.ages import Stamp
from callpoint_gateway.journal.entries import Action, Cursor, Entry, Type
from callpoint_gateway.journal.reader import JournalError
from callpoint_gateway.words.said import said, said_by

_USUAL: Final = AlarmSettingsByLevel(AlarmSettings())


class DistrictSite:
    """A ``SiteSource`` of one gateway. Any thread may call it."""

    def __init__(
        self,
        database: Database,
        watch: Watch,
        gateway: str,
        kept: KeptRegister | None,
        zone: ZoneInfo,
        clock: Clock,
    ) -> None:
        """``watch`` looks at the gateway. ``kept``: what it has told of its site.

        ``zone``: the time zone as long as it has told none.
        """
        self.gateway, self.kept = gateway, kept
        self._database, self._watch, self._clock = database, watch, clock
        self._zone = kept.zone if kept else zone

    @property
    def register(self) -> Register | None:
        """The register of the site, None if it is not known."""
        return self.kept.register if self.kept else None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the site."""
        return self._zone

    @property
    def settings(self) -> AlarmSettingsByLevel:
        """The deadlines of people."""
        return self.kept.settings if self.kept else _USUAL

    @property
    def outdated(self) -> bool:
        """Whether the gateway has told another register since."""
        standing = self._watch.standing(self.gateway)
        return standing is not None and standing.register != (
            self.kept.digest if self.kept else ""
        )

    @contextmanager
    def live(self) -> Iterator["LiveSite"]:
        """Yield a model, read up to the last entry. JournalError: the database cannot be read."""
        with explained():
            standing = self._standing()
            with self._database.transaction() as connection:
                snapshot = snapshot_of(connection, self.gateway)
            devices = self.register.device_ids() if self.register else ()
            store = SiteStore(self._database.transaction, self.gateway, snapshot, devices)
            model = Model(store, self._clock, self.settings, self.register)
            model.start()
            yield LiveSite(store, model, standing.epoch, self._standing, self._notes)

    @contextmanager
    def records(self) -> Iterator["SiteRecords"]:
        """Yield the records. JournalError: the database cannot be read."""
        with explained():
            yield SiteRecords(self._database.transaction, self.gateway, None)

    def gateway_runs(self) -> bool | None:
        """Say whether the gateway is heard; None: the database cannot be read now."""
        standing = self._watch.standing(self.gateway)
        return standing.heard if standing else None

    def retired_ms(self) -> int | None:
        """Return since when the gateway is out of service (Unix ms), None if it is in service."""
        standing = self._watch.standing(self.gateway)
        return standing.retired_ms if standing else None

    def _notes(self) -> list[Note]:
        with self._database.transaction() as connection:
            return undelivered(connection, self.gateway)

    def _standing(self) -> Standing:
        standing = self._watch.standing(self.gateway)
        if standing is None:
            raise JournalError(said("district.no_database"))
        return standing


def opened(
    database: Database, watch: Watch, gateway: str, zone: ZoneInfo, clock: Clock
) -> DistrictSite | None:
    """Return the site of a watched gateway, None if nothing was ever heard of it."""
    with database.transaction() as connection:
        known = connection.execute("SELECT 1 FROM gateways WHERE gateway = %s", (gateway,))
        if known.fetchone() is None:
            return None
        kept = register_of(connection, gateway)
    return DistrictSite(database, watch, gateway, kept, zone, clock)


class SiteStore(GatewayStore):
    """What the model of a site reads, several times a second."""

    def __init__(
        self,
        transaction: Transaction,
        gateway: str,
        snapshot: Cursor | None,
        devices: Iterable[str],
    ) -> None:
        """``devices``: those of the register."""
        super().__init__(transaction, gateway, snapshot)
        self._devices = list(devices)

    def head(self) -> int:
        """Return the last position, 0 when empty; it does not look at the entries."""
        with self._transaction() as connection:
            found = connection.execute(
                "SELECT position FROM gateways WHERE gateway = %s", (self.gateway,)
            ).fetchone()
        return int(found[0]) if found else 0

    def devices(self) -> list[str]:
        """Return all devices: one that sends readings only has sent nothing that is here."""
        return self._devices


class LiveSite:
    """The present situation of a site, a ``LiveModel``."""

    def __init__(
        self,
        store: GatewayStore,
        model: Model,
        epoch: str,
        standing: Callable[[], Standing],
        notes: Callable[[], list[Note]],
    ) -> None:
        """``model`` has read the entries of this epoch; ``standing``: how the gateway stands.

        ``notes``: what the district has noted and the gateway has not taken yet.
        """
        self._notes = notes
        self._store, self._model, self._epoch = store, model, epoch
        self._standing = standing
        self._seen: Standing | None = None

    def changed(self) -> bool:
        """Say whether anything was stored since the last call.

        JournalError: the gateway has begun anew, and has forgotten what was read of it perhaps.
        """
        standing = self._standing()
        if standing.epoch != self._epoch:
            raise JournalError(said("district.begun_anew", gateway=self._store.gateway))
        before, self._seen = self._seen, standing
        return standing != before

    def situation(self) -> Situation:
        """Return the situation by all that is stored now, with the notes that wait."""
        self._model.follow()
        found = self._model.situation()
        if self._seen is None or not self._seen.notes:
            return found
        notes = self._notes()
        return msgspec.structs.replace(
            found, alarms=tuple(_with_notes(alarm, notes) for alarm in found.alarms)
        )

    def entries_after(self, position: int, types: Sequence[Type], limit: int) -> list[Entry]:
        """Return up to ``limit`` entries of ``types`` behind a position, the oldest first."""
        return self._store.read(position, limit, types)

    def entry(self, position: int) -> Entry | None:
        """Return the entry at a position, None if there is none."""
        return self._store.entry(position)

    def head(self) -> int:
        """Return the last position, 0 when empty."""
        return self._store.head()

    def last_readings(self, device: str, limit: int) -> list[Entry]:
        """Return nothing: readings stay at the site."""
        return []


def _with_notes(alarm: Alarm, notes: Sequence[Note]) -> Alarm:
    waiting = [
        Step(
            Stamp(note.written_ms, "", 0),
            Action.NOTE,
            note.who,
            note.origin,
            None,
            note.note,
            note.request,
            note.written_ms,
            waits=True,
        )
        for note in notes
        if note.alarm == alarm.alarm
    ]
    return msgspec.structs.replace(alarm, steps=(*alarm.steps, *waiting)) if waiting else alarm


class SiteRecords(GatewayStore):
    """What is on record of a site, a ``Records``."""

    def last_events(self, device: str, limit: int) -> list[Entry]:
        """Return the last ``limit`` events that a device sent, the oldest first."""
        return self.last_of(device, Type.EVENT, limit)

    def last_readings(self, device: str, limit: int) -> list[Entry]:
        """Return nothing: readings stay at the site."""
        return []

    def last_status(self, device: str) -> Entry | None:
        """Return the entry of the last time that a device connected or was lost."""
        return next(iter(self.last_of(device, Type.STATUS, 1)), None)


@contextmanager
def explained() -> Iterator[None]:
    """Turn what the database says into a JournalError, as pages expect it."""
    try:
        yield
    except psycopg.Error as error:
        raise JournalError(said("district.database", why=said_by(error))) from error
