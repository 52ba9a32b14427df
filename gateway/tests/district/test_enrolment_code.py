"""The one-time code as people type it."""

import re

import pytest

from callpoint_gateway.enrolment.code import Code, fingerprint, new_code, read_code


def test_a_code_names_the_district_and_is_new_each_time() -> None:
    codes = {new_code(b"an authority") for _ in range(100)}
    assert len(codes) == 100
    assert {code.district for code in codes} == {fingerprint(b"an authority")}
    assert fingerprint(b"another") != fingerprint(b"an authority")
    for code in codes:
        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){10}", code.text)
        assert read_code(code.text) == code


def test_a_code_is_read_as_people_write_it() -> None:
    code = Code("0123456789ABCDEFGHJKMNPQ", "1010101010101010")
    text = code.text
    for typed in (
        text.lower(),
        text.replace("-", " "),
        text.replace("-", ""),
        f"  {text} ",
        text.replace("1", "l").replace("0", "O"),
        text.replace("1", "I"),
    ):
        assert read_code(typed) == code


def test_a_wrong_letter_and_two_that_changed_places_are_found() -> None:
    text = new_code(b"an authority").text
    for at, letter in enumerate(text):
        if letter == "-":
            continue
        other = "7" if letter != "7" else "8"
        with pytest.raises(ValueError, match="mistake"):
            read_code(text[:at] + other + text[at + 1 :])
        near = text[at : at + 2]
        if "-" not in near and len(set(near)) == 2:
            with pytest.raises(ValueError, match="mistake"):
                read_code(text[:at] + near[::-1] + text[at + 2 :])


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "has 0 letters and digits instead of 44"),
        ("ABCD", "has 4 letters"),
        ("0" * 43 + "U", "characters that no code has: U"),
        ("注册码", "characters that no code has"),
        ("0" * 45, "has 45 letters"),
    ],
)
def test_what_is_no_code_is_refused_with_words(typed: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_code(typed)
