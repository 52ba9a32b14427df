"""When alarms and faults of a gateway are written, told and read again, and what is remembered."""

import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from callpoint_district.database import CHANGES, Database
from callpoint_district.journal import following
from callpoint_district.journal.chain import Fit
from callpoint_district.journal.keeping import Keeper, Sent
from callpoint_district.journal.store import GatewayStore, snapshot_of
from callpoint_gateway.alarms import snapshot
from callpoint_gateway.alarms.site_state import SiteState
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    AlertBody,
    Cause,
    DeliveryBody,
    Entry,
    EscalationBody,
    FaultBody,
    NewEntry,
    StatusBody,
    Type,
)
from callpoint_protocol import names

from .folded import check_tables, rows_of
from .journals import parcels, pressed, written
from .listener import Listener
from .played_gateway import panic
from .test_contract_kept import KeptDistrict
from .test_keeping import EPOCHS, devices

ONLINE = StatusBody("estate", names.ONLINE, 1, "1.0", 0)
NOTHING_NEW = NewEntry(Type.STATUS, ONLINE, "button")


def acted(action: Action, about: int, cause: Cause | None = None) -> NewEntry:
    """Return what a person did about an alarm."""
    return NewEntry(Type.ACTION, ActionBody(action, "operator", "desk", cause), about=about)


class Told:
    """A journal, of which a keeper is told each time what is new."""

    def __init__(self, database: Database, folder: Path, gateway: str = "g1") -> None:
        self.file = folder / gateway / "alarms.db"
        self.gateway = gateway
        self._database = database
        self._last = 0

    def entries(self, keeper: Keeper, *entries: NewEntry) -> None:
        """Write entries, and have them kept as one parcel."""
        written(self.file, entries)
        for parcel in parcels(self.file, EPOCHS[0], self._last):
            assert keeper.keep([Sent(self.gateway, parcel)])[0].fit is Fit.NEXT
            self._last = parcel.last

    def check(self) -> None:
        """Check that the tables are as the entries say."""
        check_tables(self._database, self.gateway, rows_of(self.file))


def test_everybody_is_told_of_a_gateway_whose_alarms_or_faults_have_changed(
    folder: Path, database: Database, address: str
) -> None:
    keeper, told = Keeper(database, SystemClock()), Told(database, folder)
    changes: Sequence[tuple[NewEntry, bool]] = (
        (panic(1), True),
        (NOTHING_NEW, False),
        (NewEntry(Type.FAULT, FaultBody("centre/1", True, "a test")), True),
        (NOTHING_NEW, False),
        (acted(Action.ACKNOWLEDGE, 1), True),
        (acted(Action.CLOSE, 1, Cause.REAL), True),
        (NOTHING_NEW, False),
    )
    with closing(Listener(address, CHANGES)) as listener:
        for entry, changed in changes:
            told.entries(keeper, entry)
            told.check()
            assert listener.heard(database) == ["g1"] * changed


def test_everybody_is_told_that_alarms_were_forgotten(
    folder: Path, database: Database, address: str
) -> None:
    keeper, file = Keeper(database, SystemClock()), folder / "first" / "alarms.db"
    pressed(file, "a")
    keeper.keep([Sent("g1", parcels(file, EPOCHS[0], 0)[0])])
    other = folder / "second" / "alarms.db"
    written(other, [NOTHING_NEW])
    with closing(Listener(address, CHANGES)) as listener:
        keeper.keep([Sent("g1", parcels(other, EPOCHS[1], 0)[0])])
        assert listener.heard(database) == ["g1"]
    assert devices(database, forgotten=True) == ["a"]


def test_a_forgotten_alarm_whose_event_comes_again_is_the_same_alarm(
    folder: Path, database: Database
) -> None:
    first = folder / "first" / "alarms.db"
    pressed(first, "a")
    shutil.copytree(first.parent, folder / "second")
    second = folder / "second" / "alarms.db"
    pressed(first, "b", "c")
    written(second, [NOTHING_NEW])
    keeper = Keeper(database, SystemClock())
    keeper.keep([Sent("g1", parcels(first, EPOCHS[0], 0)[0])])
    keeper.keep([Sent("g1", parcels(second, EPOCHS[1], 1)[0])])
    assert devices(database, forgotten=True) == ["b", "c"]
    pressed(second, "b")
    keeper.keep([Sent("g1", parcels(second, EPOCHS[1], 2)[0])])
    assert devices(database, forgotten=True) == ["c"]
    assert devices(database, forgotten=False) == ["a", "b"]


def test_every_answer_escalation_and_alert_of_an_alarm_is_written(
    folder: Path, database: Database
) -> None:
    keeper, told = Keeper(database, SystemClock()), Told(database, folder)
    told.entries(keeper, panic(1))
    answers = [DeliveryBody(f"c{number}", 1, number == 1, "", 1) for number in (1, 2)]
    told.entries(keeper, *(NewEntry(Type.DELIVERY, answer, about=1) for answer in answers))
    told.check()
    for step, times in ((1, 1), (1, 2), (2, 1)):
        escalation = EscalationBody("acknowledge", step, "chief", 1, times)
        told.entries(keeper, NewEntry(Type.ESCALATION, escalation, about=1))
        told.check()
    for number, seconds in ((1, 30), (2, 0)):
        alert = AlertBody(["siren"], seconds, number)
        told.entries(keeper, NewEntry(Type.ALERT, alert, about=1))
        told.check()


def test_a_gateway_that_sent_longest_ago_is_read_again(
    folder: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MOST", 2)
    read, start = [], snapshot.start

    def started(state: SiteState, store: GatewayStore) -> None:
        read.append(store.gateway)
        start(state, store)

    monkeypatch.setattr(snapshot, "start", started)
    keeper = Keeper(database, SystemClock())
    gateways = [Told(database, folder, f"g{number}") for number in range(3)]
    for seq, number in enumerate((0, 1, 0, 2, 0, 2, 1)):
        gateways[number].entries(keeper, panic(seq))
    assert read == ["g0", "g1", "g2", "g1"]


def test_the_state_of_a_site_is_stored_now_and_then_unless_many_alarms_are_open(
    folder: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "SNAPSHOT_AFTER", 2)
    monkeypatch.setattr(following, "SNAPSHOT_ALARMS", 1)
    keeper, told = Keeper(database, SystemClock()), Told(database, folder)
    kept = []
    for entry in (panic(1), *[NOTHING_NEW] * 3, panic(1, "other"), *[NOTHING_NEW] * 2):
        told.entries(keeper, entry)
        with database.transaction() as connection:
            cursor = snapshot_of(connection, "g1")
        kept.append(cursor.position if cursor else 0)
    assert kept == [0, 2, 2, 4, 4, 4, 4]


@pytest.mark.parametrize("between", [0, 1])
def test_a_process_that_knows_an_entry_of_the_epoch_before_reads_the_new_one(
    folder: Path, database: Database, between: int
) -> None:
    file = folder / "first" / "alarms.db"
    pressed(file, "a", "b")
    district = KeptDistrict(database, "g1")
    district.take(parcels(file, EPOCHS[0], 0)[0], 0)
    # The new epoch begins further back than it had to, with an entry that is there already.
    district.take(parcels(file, EPOCHS[1], 1)[0], 1)
    pressed(file, *"cd"[: between + 1])
    *others, last = parcels(file, EPOCHS[1], 2, 1)
    for parcel in others:
        district.take(parcel, 1)
    district.take(last, 0)
    check_tables(database, "g1", rows_of(file))


def test_a_process_that_knows_more_than_a_database_that_was_put_back_reads_it_again(
    folder: Path, database: Database
) -> None:
    file = folder / "first" / "alarms.db"
    pressed(file, "a")
    written(file, [acted(Action.ACKNOWLEDGE, 1), acted(Action.CLOSE, 1, Cause.REAL)])
    district = KeptDistrict(database, "g1")
    district.take(parcels(file, EPOCHS[0], 0, 1)[0])
    backup = district.copy()
    closes = parcels(file, EPOCHS[0], 1)[0]
    for _ in range(2):
        assert district.take(closes) is Fit.NEXT
        check_tables(database, "g1", rows_of(file))
        district.put_back(backup)


def test_what_a_process_took_before_an_error_is_not_taken_twice(
    folder: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, told = Keeper(database, SystemClock()), Told(database, folder)
    told.entries(keeper, panic(1))
    take = SiteState.take

    def broken(state: SiteState, entry: Entry) -> None:
        take(state, entry)
        if entry.position == 3:
            raise RuntimeError

    monkeypatch.setattr(SiteState, "take", broken)
    with pytest.raises(RuntimeError):
        told.entries(keeper, acted(Action.ACKNOWLEDGE, 1), acted(Action.NOTE, 1))
    monkeypatch.undo()
    told.entries(keeper)
    told.check()


def test_an_epoch_that_begins_again_after_the_database_was_put_back_is_read_again(
    folder: Path, database: Database
) -> None:
    file = folder / "first" / "alarms.db"
    pressed(file, "a", "b")
    district = KeptDistrict(database, "g1")
    district.take(parcels(file, EPOCHS[0], 0)[0])
    backup = district.copy()
    # It begins further back than it had to, with an entry that is there already.
    begins = parcels(file, EPOCHS[1], 1)[0]
    for _ in range(2):
        assert district.take(begins) is Fit.NEXT
        check_tables(database, "g1", rows_of(file))
        district.put_back(backup)
