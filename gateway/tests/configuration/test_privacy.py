"""One rule for what people write freely: what identifies a person is refused, nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callpoint_gateway.configuration.privacy import (
    MAX_NOTE,
    Unsaid,
    note,
    origin,
    personal,
    reason,
    who,
)

PERSONAL = [
    "13800138000",
    "138 0013 8000",
    "138-0013-8000",
    "1 3 8 0 0 1 3 8 0 0 0",
    "１３８００１３８０００",
    "+86 138 0013 8000",
    "008613800138000",
    "call 62345678",
    "电话 87654321",
    "tel:0551-6234567",
    "010-62345678",
    "(010) 6234 5678",
    "0551 6234567",
    "+49 170 1234567",
    "0170 1234567",
    "030/1234567",
    "400-820-8820",
    "555-867-5309",
    "(212) 555-0123",
    "11010519491231002X",
    "110105 19491231 0021",
    "a.b@example.com",
    "flat 301, 13800138000",
    "301 13800138000",
    "0551-62345678 301",
]
HARMLESS = [
    "",
    "2026-11-29",
    "2026/11/29 14:03",
    "29.11.2026 12:00:01",
    "2026年11月29日",
    "20261129",
    "from 14:03 to 15:10 on 2026-11-29",
    "2026-11-29 至 2026-12-03",
    "2026-11-29 1201 1202",
    "2026-11-18 301 302 303",
    "01.12.2026 12 flats",
    "call back on 2026-11-29",
    "2026年11月29日联系 2026-12-03 14:03",
    "flats 1201 and 1202",
    "1201 1202",
    "1301 1302 201",
    "0101 0102 0103",
    "厨房有烟 3-2-301",
    "building 3 unit 2 flat 301 302 303",
    "meter 12345678",
    "meter 202311290001",
    "meter no. 0012345678",
    "电表号 3301061234",
    "waits @ the desk",
    "3200 mV at 4.7 kOhm",
]


@pytest.mark.parametrize("text", PERSONAL)
def test_what_identifies_a_person_is_refused_everywhere(text: str) -> None:
    assert personal(text)
    for rule in (note, reason):
        with pytest.raises(Unsaid) as refused:
            rule(text)
        assert "no telephone numbers" in str(refused.value)
        assert "电话号码" in refused.value.why.in_("zh")


@pytest.mark.parametrize("text", HARMLESS)
def test_what_does_not_passes(text: str) -> None:
    assert note(text) == text


@pytest.mark.parametrize("text", ["Wang", "王", "13800138000", "desk-13800", "", "a" * 33, None])
def test_an_id_is_ascii_and_both_languages_say_so(text: object) -> None:
    with pytest.raises(Unsaid, match="in ASCII in every language") as refused:
        who(text)
    assert "只用 ASCII" in refused.value.why.in_("zh")


def test_origins_and_lengths() -> None:
    assert origin("console:3") == "console:3"
    for wrong in ("Desk", "a13800138000", ""):
        with pytest.raises(Unsaid, match=r"^origin: "):
            origin(wrong)
    for text in ("x" * (MAX_NOTE + 1), "a\nb", 5):
        with pytest.raises(Unsaid, match=r"^note: one line"):
            note(text)
    with pytest.raises(Unsaid, match=r"^reason: write"):
        reason("  ")


@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_a_mobile_number_is_found_in_any_text_around_it(before: str, after: str) -> None:
    assert personal(f"{before} ; 13912345678 ; {after}")


@given(text=st.text(max_size=200))
def test_any_text_is_judged(text: str) -> None:
    personal(text)


@given(day=st.dates(), sign=st.sampled_from("-/."))
def test_no_date_is_a_number_of_a_person(day: object, sign: str) -> None:
    year, month, date = str(day).split("-")
    if year >= "1900" and year <= "2100":
        assert not personal(sign.join((year, month, date)))
        assert not personal(sign.join((date, month, year)))
