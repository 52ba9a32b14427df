"""What stands in the blocks behind the data, and link tests of both editions."""

import msgspec
import siadc09.message  # type: ignore[import-untyped]

from callpoint_gateway.protocols.dc09.codes import code_for
from callpoint_gateway.protocols.dc09.frame import build, parse
from callpoint_gateway.protocols.dc09.message import (
    Encoding,
    degrees,
    event_frame,
    extended_blocks,
    link_test,
    printable,
)
from callpoint_gateway.protocols.report import (
    PATH_1,
    PATH_2,
    PATH_OTHER,
    TEST_WITH_TROUBLE,
    Report,
)
from callpoint_protocol import names

FULL = Report(
    names.SMOKE,
    names.ALARM,
    2,
    1_795_350_890_000,
    late=True,
    place=(
        "Lake Road",
        "3",
        "301",
    ),
    building="3",
    room="301",
    site="estate",
    latitude=46.946_483,
    longitude=7.435_383,
)


def test_every_block_that_is_asked_for_and_known() -> None:
    assert extended_blocks(FULL, Encoding.SIA_DCS, letters="ILORSXY") == (
        "H12:34:50,11-22-2026",
        "ILake Road / 3 / 301",
        "LLake Road / 3 / 301",
        "O3",
        "R301",
        "Sestate",
        "X007E26.123",
        "Y46N56.789",
    )
    assert extended_blocks(Report(names.SMOKE, names.ALARM, 2, 0), Encoding.SIA_DCS) == ()


def test_contact_id_carries_one_block() -> None:
    assert extended_blocks(FULL, Encoding.ADM_CID) == ("H12:34:50,11-22-2026",)


def test_siadc09_reads_all_of_them() -> None:
    frame = event_frame(FULL, 2, "1234", Encoding.SIA_DCS, letters="ILORSXY")
    theirs = siadc09.message.parse_frame(build(frame), None)
    assert len(theirs.xdata) == 8


def test_positions_on_both_sides_of_the_line() -> None:
    assert degrees(-33.5, 2, "NS") == "33S30.000"
    assert degrees(-0.000_01, 3, "EW") == "000W00.001"
    assert degrees(179.999_999_9, 3, "EW") == "180E00.000"


def test_texts_in_other_scripts_only_when_allowed() -> None:
    assert printable("花园 3") == "3"
    assert printable("花园 3", utf8=True) == "花园 3"
    assert printable("园" * 64, utf8=True) == "园" * 21  # 64 bytes, no half characters
    assert printable("a\u200b[b]|c\n", utf8=True) == "abc"
    raw = build(event_frame(FULL, 2, "1234", Encoding.SIA_DCS))
    assert parse(raw).extended[1] == "ILake Road / 3 / 301"


def test_a_link_test_may_say_its_category() -> None:
    frame = link_test("1234", "DP4")
    assert (frame.token, frame.number, frame.extended) == ("XNM", 0, ("CDP4",))
    theirs = siadc09.message.parse_frame(build(frame), None)
    assert (theirs.idtoken, theirs.seq) == ("XNM", 0)


def test_what_the_gateway_says_of_itself() -> None:
    codes = {
        (state, detail): code_for(names.SUPERVISION, state, detail)
        for state in (names.TROUBLE, names.TROUBLE_RESTORE)
        for detail in (PATH_1, PATH_2, PATH_OTHER)
    }
    assert {key: (code.contact_id, code.dcs) for key, code in codes.items() if code} == {
        (names.TROUBLE, PATH_1): ("1351", "LT"),
        (names.TROUBLE, PATH_2): ("1352", "LT"),
        (names.TROUBLE, PATH_OTHER): ("1350", "YS"),
        (names.TROUBLE_RESTORE, PATH_1): ("3351", "LR"),
        (names.TROUBLE_RESTORE, PATH_2): ("3352", "LR"),
        (names.TROUBLE_RESTORE, PATH_OTHER): ("3350", "YK"),
    }
    trouble = code_for(names.TEST, names.TESTED, TEST_WITH_TROUBLE)
    assert trouble is not None
    assert (trouble.contact_id, trouble.dcs) == ("1608", "RY")


def test_the_vector_of_the_extended_link_test() -> None:
    frame = msgspec.structs.replace(link_test("1234", "DP4"), time=1_795_350_896)
    assert build(frame) == b'\n9F7B002C"XNM"0000L0#1234[][CDP4]_12:34:56,11-22-2026\r'
