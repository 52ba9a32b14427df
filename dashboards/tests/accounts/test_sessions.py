"""Sessions end when they must, and not while a shift runs."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from callpoint_console.accounts.account import Kind
from callpoint_console.accounts.sessions import Session, Stage
from callpoint_console.accounts.sign_in import SignedIn

from .office import HERE, OPERATOR, PASSWORD, VIEWER, ManualClock, Office, open_database


def signed_in(office: Office, login: str = "wang") -> tuple[str, Session]:
    entered = asyncio.run(office.enter(login))
    assert isinstance(entered, SignedIn)
    session = office.accounts.sessions.find(entered.session, click=False)
    assert session is not None
    return entered.session, session


def lives(office: Office, token: str, *, click: bool = False) -> bool:
    return office.accounts.sessions.find(token, click=click) is not None


def test_the_file_does_not_hold_the_cookie(office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    token, _ = signed_in(office)
    office.database.read(lambda c: c.execute("SELECT 1"))
    for file in office.database.file.parent.iterdir():
        assert token.encode() not in file.read_bytes()


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 10_000, "\ud800"])
def test_a_cookie_that_was_never_given(office: Office, token: str) -> None:
    assert not lives(office, token)


def test_it_ends_after_half_an_hour_without_a_click(office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    token, _ = signed_in(office)
    for _ in range(10):
        office.clock.advance(1790)
        assert lives(office, token, click=True)
    office.clock.advance(1790)
    assert lives(office, token)  # a page's own request is no click
    office.clock.advance(20)
    assert not lives(office, token)


def test_it_ends_after_twelve_hours_in_any_case(office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    token, _ = signed_in(office)
    for _ in range(43):
        office.clock.advance(1000)
        assert lives(office, token, click=True)
    office.clock.advance(1000)
    assert not lives(office, token, click=True)


def test_a_clock_that_is_set_back_makes_no_session_younger(office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    token, _ = signed_in(office)
    office.clock.wall -= 1000 * 86_400
    assert not lives(office, token)


class Shifts:
    """Whose shift runs."""

    def __init__(self) -> None:
        self.running: set[int] = set()

    def __call__(self, connection: sqlite3.Connection, account: int) -> bool:
        connection.execute("SELECT 1")  # it may read the shifts there
        return account in self.running


@pytest.fixture
def shifts() -> Shifts:
    return Shifts()


@pytest.fixture
def desk(tmp_path: Path, clock: ManualClock, shifts: Shifts) -> Iterator[Office]:
    opened = Office(open_database(tmp_path), clock, shifts)
    yield opened
    opened.close()


def test_a_shift_keeps_its_session(desk: Office, shifts: Shifts) -> None:
    secret = asyncio.run(desk.hire("wang", OPERATOR, factor=True))
    assert secret
    asyncio.run(desk.hire("li", VIEWER))
    _, session = signed_in(desk)
    whole = asyncio.run(desk.accounts.sign_in.with_factor(session, desk.code(secret), HERE))
    assert isinstance(whole, SignedIn)
    other, _ = signed_in(desk, "li")
    shifts.running.add(session.account.id)
    desk.clock.advance(13 * 3600)
    assert lives(desk, whole.session)
    assert not lives(desk, other)
    shifts.running.clear()
    assert not lives(desk, whole.session)


def test_a_shift_does_not_keep_half_a_session(desk: Office, shifts: Shifts) -> None:
    asyncio.run(desk.hire("wang", OPERATOR, factor=True))
    token, session = signed_in(desk)
    shifts.running.add(session.account.id)
    desk.clock.advance(601)
    assert not lives(desk, token)


def test_a_renewed_session_has_another_cookie(office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    token, session = signed_in(office)
    renewed = office.accounts.sessions.renew(session)
    assert not lives(office, token)
    assert lives(office, renewed)


def test_a_new_password_ends_every_session_but_its_own(office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    first, session = signed_in(office)
    second, _ = signed_in(office)
    changed = asyncio.run(
        office.accounts.sign_in.set_password(
            session.account, "eight loud herons", HERE, factor=False, link=None
        )
    )
    assert changed is not None
    assert not lives(office, first)
    assert not lives(office, second)
    assert lives(office, changed.session)
    assert isinstance(asyncio.run(office.enter("wang", "eight loud herons")), SignedIn)
    assert not isinstance(asyncio.run(office.enter("wang", PASSWORD)), SignedIn)


def test_everybody_ends_only_their_own(office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    asyncio.run(office.hire("li", VIEWER))
    _, mine = signed_in(office)
    here, this = signed_in(office)
    theirs, their_session = signed_in(office, "li")
    sessions = office.accounts.sessions
    assert not sessions.end(this.account.id, their_session.number)
    assert lives(office, theirs)
    assert {found.number for found in sessions.of(this.account.id)} == {mine.number, this.number}
    assert sessions.end_others(this) == 1
    assert lives(office, here)
    assert sessions.end(this.account.id, this.number)
    assert not lives(office, here)


def test_a_role_that_needs_a_factor_asks_for_it_with_the_next_click(office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    token, session = signed_in(office)
    assert session.stage is Stage.FULL
    office.accounts.store.regrant("wang", [OPERATOR], [])
    found = office.accounts.sessions.find(token, click=True)
    assert found is not None
    assert found.stage is Stage.ENROL


def test_a_screen_shows_until_it_is_disabled(office: Office) -> None:

    store, sessions = office.accounts.store, office.accounts.sessions

    link = store.add("wall", [VIEWER], "zh", Kind.SCREEN)
    account = store.linked(link, Kind.SCREEN)
    assert account is not None
    assert office.accounts.credentials.use_link(link, account.id)
    assert not office.accounts.credentials.use_link(link, account.id)
    token = sessions.begin(account.id, HERE.address, HERE.description)
    office.clock.advance(300 * 86_400)
    assert lives(office, token)
    store.log_out("wall")
    assert not lives(office, token)


def test_ended_sessions_do_not_pile_up(office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    for _ in range(5):
        signed_in(office)
        office.clock.advance(86_400)
    signed_in(office)
    count = office.database.read(lambda c: c.execute("SELECT count(*) FROM sessions").fetchone())
    assert count == (1,)
