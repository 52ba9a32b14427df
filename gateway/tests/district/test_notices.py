"""What the district shows of urgent copies, and what it answers about how far a chain is."""

from collections.abc import Sequence
from contextlib import closing

import msgspec

from callpoint_district.database import CHANGES, Database
from callpoint_district.journal.chain import Known
from callpoint_district.journal.keeping import Keeper, Sent
from callpoint_district.journal.notices import COPIES, Copied, Notices, receipt_of
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.protocols.upstream import Receipt, UrgentCopy

from .listener import Listener
from .test_chain import HASHES, OTHER, OWN, parcel, row

LATER = "2" * 15


def copied(position: int, epoch: str = OWN, gateway: str = "g1") -> Copied:
    """Return the copy of an entry that is not there yet."""
    return Copied(gateway, UrgentCopy(epoch=epoch, row=msgspec.Raw(row(position))))


def shown(database: Database) -> list[tuple[str, str, int]]:
    """Return gateway, epoch and position of each copy that is shown."""
    with database.transaction() as connection:
        found = connection.execute(
            "SELECT gateway, epoch, position FROM provisional ORDER BY 1, 2, 3"
        ).fetchall()
    return [(gateway, epoch, position) for gateway, epoch, position in found]


def begun(database: Database, *gateways: str) -> Notices:
    """Keep five entries of gateways."""
    keeper = Keeper(database, SystemClock())
    keeper.keep([Sent(gateway, parcel(1, 5, begins=True)) for gateway in gateways])
    return keeper.notices


def test_a_copy_is_shown_unless_its_entry_has_come_or_its_epoch_is_over(
    database: Database,
) -> None:
    keeper = Keeper(database, SystemClock())
    keeper.keep([Sent(gateway, parcel(1, 5, begins=True)) for gateway in ("g1", "g2")])
    keeper.keep([Sent("g1", parcel(4, 8, epoch=OTHER))])
    copies = [copied(9), copied(8, OTHER), copied(9, OTHER), copied(1, LATER)]
    copies += [copied(9, OTHER, "g2"), copied(5, gateway="g2"), copied(6, gateway="g2")]
    assert keeper.notices.show(copies) == []
    assert shown(database) == [
        ("g1", OTHER, 9),
        ("g1", LATER, 1),
        ("g2", OWN, 6),
        ("g2", OTHER, 9),
    ]


def test_a_gateway_that_sends_copies_without_end_fills_no_disk(database: Database) -> None:
    notices = begun(database, "g1", "g2")
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO provisional SELECT 'g1', %s, number, '', 0 "
            "FROM generate_series(1, %s) AS number",
            (LATER, COPIES - 2),
        )
    assert (
        notices.show([copied(position) for position in (6, 7, 8)] + [copied(6, OWN, "g2")]) == []
    )
    others = [copy for copy in shown(database) if copy[1] == OWN]
    assert others == [("g1", OWN, 6), ("g1", OWN, 7), ("g2", OWN, 6)]


def test_of_a_copy_that_is_shown_everybody_is_told(database: Database, address: str) -> None:
    notices = begun(database, "g1", "g2")
    with closing(Listener(address, CHANGES)) as listener:
        notices.show([copied(6), copied(5, gateway="g2")])
        assert listener.heard(database) == ["g1"]


def test_what_is_no_entry_is_not_shown(database: Database) -> None:
    no_entry = Copied("g1", UrgentCopy(epoch=OWN, row=msgspec.Raw(b"[]")))
    assert Notices(database, SystemClock()).show([no_entry, copied(6)]) == []
    assert shown(database) == [("g1", OWN, 6)]


def marks(*positions: int) -> Sequence[tuple[int, str]]:
    """Return positions with their hashes."""
    return [(position, HASHES[position].hex()) for position in positions]


def test_a_receipt_has_marks_that_are_twice_as_far_back_each_time(database: Database) -> None:
    notices = begun(database, "g1")
    stands = Receipt(epoch=OWN, position=5, hash=HASHES[5].hex(), marks=list(marks(4, 3, 1)))
    assert notices.receipts(["g1"]) == [stands]
    again = msgspec.structs.replace(stands, again=True)
    assert notices.receipts(["g1"], again=True) == [again]


def test_the_receipt_of_a_gateway_of_which_nothing_is_kept_is_empty(database: Database) -> None:
    notices = begun(database, "g1")
    notices.show([copied(1, gateway="g3")])
    assert notices.receipts(["g2", "g3", "g1"])[:2] == [Receipt(), Receipt()]
    assert notices.receipts(["g2", "g3"], again=True) == [Receipt(again=True)] * 2


def test_a_receipt_for_what_was_kept_asks_for_nothing() -> None:
    kept = Receipt(epoch=OWN, position=5, hash=HASHES[5].hex())
    assert receipt_of(Known(OWN, 5, HASHES[5])) == kept


def test_the_version_that_a_gateway_speaks_is_the_last_that_it_said(database: Database) -> None:
    notices = Notices(database, SystemClock())
    before_ms = SystemClock().wall_ms()
    for version in (8, 9):
        notices.speaks("g1", version)
        with database.transaction() as connection:
            found = connection.execute("SELECT speaks, heard_ms FROM gateways").fetchall()
        assert [row[0] for row in found] == [version]
        assert before_ms <= found[0][1] <= SystemClock().wall_ms()
