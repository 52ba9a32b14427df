"""Passwords: which are refused, and that what is stored tells nothing."""

import pytest

from callpoint_console.accounts.passwords import MOST, Passwords, mistake
from callpoint_console.accounts.tokens import new_token, stored


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short secret", None),
        ("elevenchars", "password.short"),
        ("x" * (MOST + 1), "password.long"),
        ("wang.li wang.li", "password.login"),
        ("Wang.Li-2026", "password.login"),
        ("wang.li and the seven herons", None),
        ("七只安静的苍鹭在湖边飞翔", None),
        ("Tr0ub4dor&3 is fine", None),
        ("seven quiet herons", None),
        ("k7#mQz!2vLp9", None),
    ],
)
def test_length_counts(password: str, why: str | None) -> None:
    assert mistake(password, "wang.li") == why


@pytest.mark.parametrize(
    "password",
    [
        "123456789012",
        "1234567890123456",
        "password1234",
        "Password2026!",
        "P@ssw0rd1234",
        "passwordpassword",
        "qwertyuiop12",
        "qwertyuiop[]",
        "1qaz2wsx3edc",
        "!QAZ2wsx#EDC1qaz",
        "1q2w3e4r5t6y",
        "aaaaaaaaaaaa",
        "abcabcabcabc",
        "abcdefghijkl",
        "zyxwvutsrqpo",
        "woaini1314520",
        "iloveyou1234",
        "a123456789012",
        "5201314520131",
        "adminadmin123",
        "administrator",
        "callpoint2026",
        "Callpoint-2026!",
        "letmein123456",
        "111111222222",
        "121212121212",
        "admin@123456",
        "qq1234567890",
        "zhang1234567",
        "000000000000",
        "abc123456789",
        "asdfghjkl123",
        "123123123123",
        "welcome12345",
    ],
)
def test_what_everybody_tries_is_refused(password: str) -> None:
    assert mistake(password, "wang.li") == "password.common"


def test_a_short_login_name_does_not_forbid_its_letters() -> None:
    assert mistake("seven olive herons", "li") is None


def test_what_is_stored_is_another_each_time_and_holds_no_password() -> None:
    passwords = Passwords()
    first, second = passwords.hashed("seven quiet herons"), passwords.hashed("seven quiet herons")
    assert first != second
    assert first.startswith("$argon2id$")
    assert "herons" not in first
    assert passwords.right(first, "seven quiet herons")
    assert not passwords.right(first, "seven quiet heron")
    assert not passwords.outdated(first)


def test_a_password_is_right_however_it_was_typed() -> None:
    passwords = Passwords()
    assert passwords.right(
        passwords.hashed("caf\u00e9 \uff11\uff12 herons"), "cafe\u0301 12 herons"
    )


@pytest.mark.parametrize("nothing", [None, "", "no hash at all"])
def test_without_a_stored_password_none_is_right(nothing: str | None) -> None:
    passwords = Passwords()
    assert not passwords.right(nothing, "nobody has this password")
    assert not passwords.right(nothing, "")


def test_a_weaker_hash_is_known_as_such() -> None:
    weak = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ"
    assert Passwords().outdated(weak)


def test_tokens_are_long_and_stored_as_something_else() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 43 for token in tokens)
    token = tokens.pop()
    assert token.encode() not in stored(token)
    assert stored("x" * 100) != stored("x" * 64)
    assert stored("\ud800")
