"""Accounts: made with a one-time link, changed at once, and never without an admin."""

import asyncio
from pathlib import Path

import pytest

from callpoint_console.accounts.account import Kind
from callpoint_console.accounts.roles import Grant
from callpoint_console.accounts.store import LINK_MS, LastAdmin, LoginTaken, NoAccount
from callpoint_console.database import file_in
from callpoint_gateway.control.roles import Role

from .office import ADMIN, HERE, OPERATOR, PASSWORD, VIEWER, Office


def test_an_account_is_as_it_was_made(office: Office) -> None:
    store = office.accounts.store
    assert store.empty()
    store.add("wall", [VIEWER], "zh", Kind.SCREEN)
    assert store.empty()  # nobody can sign in as a screen
    store.add("wang", [Grant(Role.OPERATOR, "b3"), VIEWER, VIEWER], "zh")
    assert not store.empty()
    account = store.find("wang")
    assert account.grants == (Grant(Role.OPERATOR, "b3"), VIEWER)
    assert (account.language, account.kind, account.disabled) == ("zh", Kind.PERSON, False)
    assert account.must_change
    assert account.needs_factor
    assert not account.factor
    assert [found.login for found in store.all()] == ["wall", "wang"]


def test_a_login_name_is_taken_once(office: Office) -> None:
    office.accounts.store.add("wang", [VIEWER], "en")
    with pytest.raises(LoginTaken):
        office.accounts.store.add("wang", [ADMIN], "en")
    assert office.accounts.store.find("wang").grants == (VIEWER,)


@pytest.mark.parametrize("what", ["find", "log_out", "link"])
def test_an_account_that_is_not_there(office: Office, what: str) -> None:
    with pytest.raises(NoAccount):
        getattr(office.accounts.store, what)("nobody")
    with pytest.raises(NoAccount):
        office.accounts.store.disable("nobody", disabled=True)
    with pytest.raises(NoAccount):
        office.accounts.store.regrant("nobody", [ADMIN], [])
    with pytest.raises(NoAccount):
        office.accounts.store.reset("nobody", factor=True)


def test_a_link_sets_one_password_within_a_day(office: Office) -> None:
    accounts = office.accounts
    link = accounts.store.add("wang", [VIEWER], "en")
    assert link.encode() not in file_in(office.database.file.parents[1]).read_bytes()
    account = accounts.store.linked(link, Kind.PERSON)
    assert account is not None
    assert accounts.store.linked(link, Kind.SCREEN) is None
    assert accounts.store.linked(link + "x", Kind.PERSON) is None
    set_password = accounts.sign_in.set_password

    async def twice() -> list[bool]:
        done = [await set_password(account, PASSWORD, HERE, factor=False, link=link) for _ in "ab"]
        return [signed_in is not None for signed_in in done]

    assert asyncio.run(twice()) == [True, False]
    assert accounts.store.linked(link, Kind.PERSON) is None
    late = accounts.store.link("wang")
    office.clock.advance(LINK_MS / 1000)
    assert accounts.store.linked(late, Kind.PERSON) is None


def test_a_new_link_ends_the_earlier(office: Office) -> None:
    store = office.accounts.store
    first = store.add("wang", [VIEWER], "en")
    second = store.link("wang")
    assert store.linked(first, Kind.PERSON) is None
    assert store.linked(second, Kind.PERSON) is not None
    store.add("li", [ADMIN], "en")
    store.disable("wang", disabled=True)
    assert store.linked(second, Kind.PERSON) is None
    store.disable("wang", disabled=False)
    assert store.linked(second, Kind.PERSON) is None


@pytest.mark.parametrize("what", ["disable", "regrant", "reset", "log_out"])
def test_whatever_takes_rights_away_ends_the_sessions(office: Office, what: str) -> None:
    store, sessions = office.accounts.store, office.accounts.sessions
    asyncio.run(office.hire("boss", ADMIN))
    asyncio.run(office.hire("wang", VIEWER, Grant(Role.MANAGER)))
    session = asyncio.run(office.session("wang"))
    assert sessions.lives(session.number)
    if what == "disable":
        assert store.disable("wang", disabled=True) == 1
    elif what == "regrant":
        store.regrant("wang", [], [Grant(Role.MANAGER)])
    elif what == "reset":
        store.reset("wang", factor=False)
    else:
        assert store.log_out("wang") == 1
    assert not sessions.lives(session.number)


def test_a_new_role_counts_at_once_and_ends_nothing(office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    session = asyncio.run(office.session("wang"))
    office.accounts.store.regrant("wang", [Grant(Role.MANAGER, "b3")], [])
    (found,) = office.accounts.sessions.of(session.account.id)
    assert Grant(Role.MANAGER, "b3") in found.account.grants


def test_somebody_stays_admin(office: Office) -> None:
    store = office.accounts.store
    store.add("boss", [ADMIN], "en")
    store.add("deputy", [Grant(Role.ADMIN, "b3")], "en")
    with pytest.raises(LastAdmin):
        store.disable("boss", disabled=True)
    with pytest.raises(LastAdmin):
        store.regrant("boss", [VIEWER], [ADMIN])
    assert store.find("boss").grants == (ADMIN,)
    store.regrant("deputy", [ADMIN], [])
    store.disable("boss", disabled=True)
    assert store.find("boss").disabled


def test_a_reset_takes_the_factor_only_if_it_is_told_to(office: Office) -> None:
    store = office.accounts.store
    asyncio.run(office.hire("wang", OPERATOR, factor=True))
    store.reset("wang", factor=False)
    assert store.find("wang").factor
    assert office.accounts.credentials.of("wang") == (store.find("wang"), None)
    store.reset("wang", factor=True)
    assert not store.find("wang").factor
    assert office.accounts.credentials.recovery_codes_left(store.find("wang").id) == 0


def test_no_secret_of_a_reset_account_is_left_to_sign_in(office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    office.accounts.store.reset("wang", factor=False)
    refused = asyncio.run(office.enter("wang"))
    assert refused == (type(refused))("wrong", 0)


def test_the_language_is_remembered(office: Office) -> None:
    office.accounts.store.add("wang", [VIEWER], "en")
    office.accounts.store.set_language(office.accounts.store.find("wang").id, "zh")
    assert office.accounts.store.find("wang").language == "zh"


def test_looks_are_on_record_newest_first(office: Office, tmp_path: Path) -> None:
    looks = office.accounts.looks
    for place in ("b3", "b3-u2-301", "b3"):
        looks.record_look("wang", "household", place, alarm=7)
    looks.record_look("li", "export", "", persons=120, why="yearly letter")
    assert [look.place for look in looks.looks()] == ["", "b3", "b3-u2-301", "b3"]
    assert [look.account for look in looks.looks(account="li")] == ["li"]
    newest = looks.looks(place="b3")[0]
    assert (newest.alarm, newest.persons, newest.at_ms) == (7, 1, office.clock.wall)
    assert [look.number for look in looks.looks(before=newest.number, limit=1)] == [2]
    assert looks.looks(account="li")[0].why == "yearly letter"
