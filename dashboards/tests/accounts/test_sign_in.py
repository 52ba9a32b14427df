"""Signing in: nobody is told more than *wrong*, guessing is slow, and nobody is locked out."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher

from callpoint_console.accounts.limits import GrowingWait, network_of
from callpoint_console.accounts.sessions import Stage
from callpoint_console.accounts.sign_in import Browser, Refusal, Refused, SignedIn

from .office import ADMIN, HERE, OPERATOR, PASSWORD, VIEWER, ManualClock, Office

THERE = Browser("203.0.113.9", "a script", "")
WRONG = Refused(Refusal.WRONG)


def test_the_right_password_signs_in(office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    entered = asyncio.run(office.enter(" Wang "))
    assert isinstance(entered, SignedIn)
    session = office.accounts.sessions.find(entered.session, click=True)
    assert session is not None
    assert session.stage is Stage.FULL
    assert (session.address, session.browser) == (HERE.address, HERE.description)
    assert entered.device


@pytest.mark.parametrize("login", ["wang", "nobody", "disabled", "wall", "", "x" * 5000, "王\x00"])
def test_nobody_learns_which_accounts_there_are(office: Office, login: str) -> None:
    asyncio.run(office.hire("boss", ADMIN))
    asyncio.run(office.hire("wang", VIEWER))
    asyncio.run(office.hire("disabled", VIEWER))
    office.accounts.store.disable("disabled", disabled=True)
    password = "not the password" if login == "wang" else PASSWORD
    assert asyncio.run(office.enter(login, password)) == WRONG


def test_an_unknown_login_name_costs_as_much_work(office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    for login in ("wang", "nobody", "not a login name"):
        assert asyncio.run(office.enter(login, "a guess of mine")) == WRONG
    assert office.passwords.compared == 3


@pytest.mark.parametrize("login", ["wang", "nobody"])
def test_guessing_becomes_slow_for_known_and_unknown_alike(office: Office, login: str) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    waits = []
    for number in range(30):
        answer = asyncio.run(
            office.enter(login, "guess", THERE._replace(address=f"203.0.113.{number}"))
        )
        assert isinstance(answer, Refused)
        if answer.why is Refusal.WAIT:
            waits.append(answer.wait_s)
            office.clock.advance(answer.wait_s)
    assert waits[:7] == [1, 2, 4, 8, 16, 32, 60]
    assert set(waits[7:]) == {60}


def test_guesses_of_others_keep_nobody_out(office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    entered = asyncio.run(office.enter("wang"))
    assert isinstance(entered, SignedIn)
    for _ in range(200):
        asyncio.run(office.enter("wang", "guess", HERE))
    assert isinstance(asyncio.run(office.enter("wang")), Refused)
    known = HERE._replace(device=entered.device)
    assert isinstance(asyncio.run(office.enter("wang", PASSWORD, known)), SignedIn)
    # From anywhere else, it takes a minute of patience.
    office.clock.advance(60)
    other = HERE._replace(address="198.51.100.1")
    assert isinstance(asyncio.run(office.enter("wang", PASSWORD, other)), SignedIn)


def test_a_stolen_browser_cookie_is_no_way_around_the_limit(office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    asyncio.run(office.hire("li", VIEWER))
    entered = asyncio.run(office.enter("wang"))
    assert isinstance(entered, SignedIn)
    known = HERE._replace(device=entered.device)
    answers = [asyncio.run(office.enter("wang", "guess", known)) for _ in range(7)]
    assert answers[-1] == Refused(Refusal.WAIT, 1)
    # It says nothing about another account.
    answers = [asyncio.run(office.enter("li", "guess", known)) for _ in range(7)]
    assert answers[-1] == Refused(Refusal.WAIT, 1)


def test_a_network_that_guesses_at_everybody_waits(office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    for number in range(21):
        answer = asyncio.run(office.enter(f"user{number}", "guess", THERE))
    assert isinstance(answer, Refused)
    assert answer.why is Refusal.WAIT
    # One right password does not set it free.
    office.clock.advance(answer.wait_s)
    assert isinstance(asyncio.run(office.enter("wang", PASSWORD, THERE)), SignedIn)
    office.clock.advance(2)
    assert asyncio.run(office.enter("somebody", "guess", THERE)) == WRONG
    assert asyncio.run(office.enter("another", "guess", THERE)) == Refused(Refusal.WAIT, 2)
    assert isinstance(asyncio.run(office.enter("wang", PASSWORD, HERE)), SignedIn)


def test_a_thousand_guesses_at_once_are_no_way_around_the_limit(office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))

    async def at_once() -> list[SignedIn | Refused]:
        guesses = [office.enter("wang", f"guess {n}", THERE) for n in range(1000)]
        return await asyncio.gather(*guesses)

    answers = asyncio.run(at_once())
    assert sum(answer == WRONG for answer in answers) <= 6
    assert all(isinstance(answer, Refused) for answer in answers)


def test_many_who_sign_in_at_once_do_not_pile_up(office: Office) -> None:
    async def at_once() -> list[SignedIn | Refused]:
        tries = [
            office.enter(f"user{n}", "guess", Browser(f"198.51.{n}.1", "", "")) for n in range(100)
        ]
        return await asyncio.gather(*tries)

    answers = asyncio.run(at_once())
    assert {answer.why for answer in answers if isinstance(answer, Refused)} == {
        Refusal.WRONG,
        Refusal.BUSY,
    }


def test_a_password_hash_of_old_is_renewed(office: Office) -> None:
    asyncio.run(office.hire("wang", VIEWER))
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    office.database.write(lambda c: c.execute("UPDATE accounts SET password = ?", (weak,)))
    assert isinstance(asyncio.run(office.enter("wang")), SignedIn)
    found = office.accounts.credentials.of("wang")
    assert found is not None
    assert found[1] is not None
    assert "m=19456" in found[1]


def test_the_second_factor_makes_the_session_whole(office: Office) -> None:
    secret = asyncio.run(office.hire("wang", OPERATOR, factor=True))
    assert secret
    session = asyncio.run(office.session("wang"))
    assert session.stage is Stage.FACTOR
    sign_in = office.accounts.sign_in
    assert asyncio.run(sign_in.with_factor(session, "000000", HERE)) == WRONG
    code = office.code(secret)
    whole = asyncio.run(sign_in.with_factor(session, f" {code[:3]} {code[3:]} ", HERE))
    assert isinstance(whole, SignedIn)
    found = office.accounts.sessions.find(whole.session, click=False)
    assert found is not None
    assert found.stage is Stage.FULL
    assert found.number == session.number
    assert found.csrf != session.csrf


def test_a_code_counts_once_and_for_a_minute_and_a_half(office: Office) -> None:
    secret = asyncio.run(office.hire("wang", OPERATOR, factor=True))
    assert secret
    account = office.accounts.store.find("wang").id
    check = office.accounts.credentials.check_factor
    assert not check(account, office.code(secret, -60))
    assert not check(account, office.code(secret, +60))
    early = office.code(secret, -30)
    assert check(account, early)
    assert not check(account, early)
    now = office.code(secret)
    assert check(account, now)
    assert not check(account, now)
    assert not check(account, early)
    office.clock.advance(30)
    assert not check(account, now)
    assert check(account, office.code(secret))


def test_of_two_sign_ins_with_the_same_code_at_once_one_succeeds(office: Office) -> None:
    secret = asyncio.run(office.hire("wang", OPERATOR, factor=True))
    assert secret
    sessions = [asyncio.run(office.session("wang")) for _ in range(4)]
    sign_in, code = office.accounts.sign_in, office.code(secret)

    async def at_once() -> list[SignedIn | Refused]:
        tries = (sign_in.with_factor(session, code, HERE) for session in sessions)
        return await asyncio.gather(*tries)

    answers = asyncio.run(at_once())
    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert answers.count(WRONG) == 3
    # Two consoles' threads have nothing in common but the file.
    check, account = office.accounts.credentials.check_factor, sessions[0].account.id
    office.clock.advance(30)
    code = office.code(secret)
    with ThreadPoolExecutor(8) as threads:
        right = list(threads.map(lambda _: check(account, code), range(8)))
    assert right.count(True) == 1


def test_a_recovery_code_counts_once(office: Office) -> None:
    asyncio.run(office.hire("wang", OPERATOR, factor=True))
    credentials, account = office.accounts.credentials, office.accounts.store.find("wang").id
    old = credentials.new_recovery_codes(account)
    codes = credentials.new_recovery_codes(account)
    assert len(codes) == len(set(codes)) == 10
    assert not credentials.check_factor(account, old[0])
    assert credentials.check_factor(account, codes[0].upper())
    assert not credentials.check_factor(account, codes[0])
    assert credentials.check_factor(account, codes[1].replace("-", " "))
    assert credentials.recovery_codes_left(account) == 8


@pytest.mark.parametrize("code", ["", " ", "0", "１２３４５６", "x" * 10_000, "\ud800"])
def test_what_is_no_code(office: Office, code: str) -> None:
    asyncio.run(office.hire("wang", OPERATOR, factor=True))
    assert not office.accounts.credentials.check_factor(
        office.accounts.store.find("wang").id, code
    )


def test_codes_are_guessed_slowly(office: Office) -> None:
    asyncio.run(office.hire("wang", OPERATOR, factor=True))
    session = asyncio.run(office.session("wang"))
    answers = [
        asyncio.run(office.accounts.sign_in.with_factor(session, "123456", HERE)) for _ in range(9)
    ]
    assert answers[:6] == [WRONG] * 6 or WRONG in answers[:6]
    assert answers[-1] == Refused(Refusal.WAIT, 1)


def test_a_factor_is_set_up_with_its_own_code(office: Office) -> None:
    asyncio.run(office.hire("wang", OPERATOR))
    session = asyncio.run(office.session("wang"))
    assert session.stage is Stage.ENROL
    credentials, account = office.accounts.credentials, session.account.id
    secret = credentials.pending_factor(account)
    assert credentials.pending_factor(account) == secret
    assert credentials.confirm_factor(account, "000000") is None
    code = office.code(secret)
    assert credentials.confirm_factor(account, code)
    assert not credentials.check_factor(account, code)
    assert credentials.confirm_factor(account, code) is None
    credentials.remove_factor(account)
    assert credentials.pending_factor(account) != secret


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "unknown"),
        ("", "unknown"),
    ],
)
def test_what_one_person_has_of_addresses(address: str, network: str) -> None:
    assert network_of(address) == network


def test_failures_are_forgotten_and_take_no_memory_for_ever() -> None:
    clock = ManualClock()
    limit = GrowingWait(2, 60, clock)
    for _ in range(5):
        limit.tried("a")
    assert limit.wait_s("a") == 8
    clock.advance(3601)
    assert limit.wait_s("a") == 0
    limit.tried("a")
    assert limit.wait_s("a") == 0
    for number in range(20_000):
        limit.tried(f"b{number}")
    assert len(limit) == 10_000
