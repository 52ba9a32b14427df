"""What the district makes of a parcel: it follows, is old or ahead, begins an epoch, is broken."""

import msgspec
import pytest

from callpoint_district.journal.chain import Fit, Known, columns_of, judge
from callpoint_gateway.protocols.upstream import GENESIS, Parcel, hash_of

OWN, OTHER = "0" * 15, "1" * 15


def row(position: int, text: str = "a", **others: object) -> bytes:
    """Return a row as a journal hashes it."""
    values = {"device": "button", "boot": 1, "seq": position} | others
    columns = [position, "event", 1, "boot", 1, *values.values(), None, text.encode()]
    return msgspec.json.encode(columns)


ROWS = [row(position) for position in range(1, 11)]
HASHES = [GENESIS]
for each in ROWS:
    HASHES.append(hash_of(HASHES[-1], each))


class Kept:
    """A district that has the first five rows, in the epoch ``OWN``."""

    def has_epoch(self, epoch: str) -> bool:
        return epoch == OWN

    def hash_at(self, epoch: str, position: int) -> bytes | None:
        return HASHES[position] if epoch == OWN and 1 <= position <= 5 else None

    def epoch_of(self, position: int, hash: bytes) -> str | None:
        return OWN if 1 <= position <= 5 and HASHES[position] == hash else None


KNOWN = Known(OWN, 5, HASHES[5])


def parcel(
    first: int, last: int, *, epoch: str = OWN, previous: bytes | None = None, begins: bool = False
) -> Parcel:
    """Return the rows from ``first`` to ``last`` as a parcel."""
    return Parcel(
        epoch=epoch,
        first=first,
        previous=(HASHES[first - 1] if previous is None else previous).hex(),
        rows=[msgspec.Raw(each) for each in ROWS[first - 1 : last]],
        begins=begins,
    )


def test_rows_that_follow_are_kept_with_their_hashes() -> None:
    judgement = judge(KNOWN, parcel(6, 8), Kept())
    assert judgement.fit is Fit.NEXT
    assert [(each.position, each.hash) for each in judgement.rows] == [
        (position, HASHES[position]) for position in (6, 7, 8)
    ]
    assert judgement.base is None


def test_rows_that_are_there_already_are_passed_over() -> None:
    judgement = judge(KNOWN, parcel(3, 7), Kept())
    assert [each.position for each in judgement.rows] == [6, 7]
    assert judge(KNOWN, parcel(2, 5), Kept()).fit is Fit.OLD


def test_a_gap_waits() -> None:
    assert judge(KNOWN, parcel(7, 8), Kept()).fit is Fit.AHEAD


@pytest.mark.parametrize(
    "wrong",
    [
        parcel(6, 8, previous=b"\1" * 32),
        parcel(4, 8, previous=b"\1" * 32),
        parcel(2, 4, previous=b"\1" * 32),
        parcel(6, 5),
        msgspec.structs.replace(parcel(6, 8), first=6, rows=parcel(7, 8).rows),
        msgspec.structs.replace(parcel(6, 8), rows=[*parcel(6, 7).rows, msgspec.Raw(b"{}")]),
    ],
    ids=["follows another", "overlaps another", "old, of another", "empty", "position", "no row"],
)
def test_what_does_not_fit_is_broken(wrong: Parcel) -> None:
    assert judge(KNOWN, wrong, Kept()).fit is Fit.BROKEN


def test_an_epoch_begins_behind_any_entry_that_is_there() -> None:
    judgement = judge(KNOWN, parcel(4, 8, epoch=OTHER), Kept())
    assert (judgement.fit, judgement.base, judgement.parent) == (Fit.NEXT, 3, OWN)
    anew = judge(KNOWN, parcel(1, 8, epoch=OTHER, begins=True), Kept())
    assert (anew.fit, anew.base, anew.parent) == (Fit.NEXT, 0, None)
    assert judge(KNOWN, parcel(8, 9, epoch=OTHER), Kept()).fit is Fit.BROKEN
    in_the_middle = parcel(8, 9, epoch=OTHER, previous=GENESIS)
    assert judge(KNOWN, in_the_middle, Kept()).fit is Fit.BROKEN
    # The next tier could not prove the hashes of a journal that begins with another.
    strange = parcel(1, 8, epoch=OTHER, previous=b"\1" * 32, begins=True)
    assert judge(KNOWN, strange, Kept()).fit is Fit.BROKEN


def test_an_epoch_goes_on_otherwise_than_the_one_before() -> None:
    forked = msgspec.structs.replace(
        parcel(4, 4, epoch=OTHER), rows=[msgspec.Raw(row(4, "otherwise"))]
    )
    judgement = judge(KNOWN, forked, Kept())
    assert (judgement.fit, judgement.base, judgement.parent) == (Fit.NEXT, 3, OWN)
    assert [each.position for each in judgement.rows] == [4]


def test_an_epoch_that_is_over_does_not_begin_again() -> None:
    known = Known(OTHER, 2, HASHES[2])
    assert judge(known, parcel(4, 5), Kept()).fit is Fit.OLD
    assert judge(known, parcel(6, 8), Kept()).fit is Fit.BROKEN
    assert judge(known, parcel(4, 5, previous=b"\1" * 32), Kept()).fit is Fit.BROKEN


@pytest.mark.parametrize(
    "no_row",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        row(1, device="a\0b"),
        row(1, device=5),
        row(1, seq=2**63),
        row(1, seq="1"),
        b"[" * 100_000,
    ],
)
def test_what_no_database_can_keep_is_no_row(no_row: bytes) -> None:
    assert columns_of(no_row) is None


def test_a_row_has_numbers_and_text_up_to_a_size() -> None:
    most = 2**62
    for number in (-most, most):
        assert columns_of(row(1, seq=number)) is not None
    for number in (-most - 1, most + 1):
        assert columns_of(row(1, seq=number)) is None
    assert columns_of(row(1, device="d" * 1000)) is not None
    assert columns_of(row(1, device="d" * 1001)) is None
