"""What the district makes of parcels of one gateway that it takes together."""

from callpoint_district.database import Database
from callpoint_district.journal.chain import Fit
from callpoint_district.journal.keeping import Keeper, Sent
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.chain import ChainRow

from .folded import check_tables
from .test_chain import HASHES, OTHER, OWN, ROWS, parcel


def test_parcels_of_one_batch_are_judged_in_their_order(database: Database) -> None:
    begins = parcel(1, 2, begins=True)
    sent = [begins, begins, parcel(2, 4), parcel(6, 6), parcel(5, 5), parcel(6, 6, epoch=OTHER)]
    taken = Keeper(database, SystemClock()).keep([Sent("g1", each) for each in sent])
    fits = [Fit.NEXT, Fit.OLD, Fit.NEXT, Fit.AHEAD, Fit.NEXT, Fit.NEXT]
    assert [each.fit for each in taken] == fits
    known = [each.known for each in taken]
    assert [(each.epoch, each.position, each.hash) for each in known] == [
        (epoch, position, HASHES[position])
        for epoch, position in ((OWN, 2), (OWN, 2), (OWN, 4), (OWN, 4), (OWN, 5), (OTHER, 6))
    ]
    journal = [
        ChainRow(position, ROWS[position - 1], HASHES[position]) for position in range(1, 7)
    ]
    check_tables(database, "g1", journal)
