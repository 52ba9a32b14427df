"""Links in messages: only ours, only in time, and one use however often they are opened."""

import threading
from pathlib import Path

import pytest

from callpoint_people.links import Link
from callpoint_people.store import PeopleStore
from callpoint_people.words import PeopleError

from ..conftest import ManualClock


def _link(clock: ManualClock) -> Link:
    return Link(alarm=1234, message=77, expires_s=clock.wall_ms() // 1000 + 3600)


def test_opening_a_link_does_not_use_it_up_and_acting_does(
    tmp_path: Path, clock: ManualClock
) -> None:
    with PeopleStore(tmp_path, clock=clock) as people:
        token = people.links.token(_link(clock))
        assert len(token) == 50
        for _ in range(3):
            assert people.read_link(token) == _link(clock)
        assert people.use_link(token).alarm == 1234
        for again in (people.read_link, people.use_link):
            with pytest.raises(PeopleError, match="has been used"):
                again(token)
        assert people.links.token(_link(clock)) == token  # a repeated message has the same link
    with PeopleStore(tmp_path, clock=clock) as people, pytest.raises(PeopleError, match="used"):
        people.use_link(token)


def test_a_link_expires_and_is_then_forgotten(tmp_path: Path, clock: ManualClock) -> None:
    with PeopleStore(tmp_path, clock=clock) as people:
        token = people.links.token(_link(clock))
        people.use_link(token)
        clock.advance(3_600_000)
        with pytest.raises(PeopleError, match="expired"):
            people.read_link(token)
        people.use_link(people.links.token(Link(1, 2, clock.wall_ms() // 1000 + 60)))
        assert len(people.rows("SELECT * FROM used_link")) == 1


def test_no_other_token_is_taken(tmp_path: Path, clock: ManualClock) -> None:
    with (
        PeopleStore(tmp_path / "here", clock=clock) as people,
        PeopleStore(tmp_path / "there", clock=clock) as others,
    ):
        token = people.links.token(_link(clock))
        foreign = others.links.token(_link(clock))
        padded = f"{token[:4]}!!!!{token[4:]}"
        changed = [
            token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
            for place in range(len(token) - 1)
        ]
        for wrong in ["", "x", token[:-2], token + "AA", "�", foreign, padded, *changed]:
            with pytest.raises(PeopleError) as refused:
                people.use_link(wrong)
            assert refused.value.key == "link.invalid", wrong


def test_of_two_who_press_at_the_same_moment_one_has_it(
    tmp_path: Path, clock: ManualClock
) -> None:
    with PeopleStore(tmp_path, clock=clock) as one, PeopleStore(tmp_path, clock=clock) as other:
        for number in range(20):
            token = one.links.token(Link(number, number, clock.wall_ms() // 1000 + 60))
            taken: list[bool] = []

            def press(people: PeopleStore, token: str = token, to: list[bool] = taken) -> None:
                try:
                    people.use_link(token)
                    to.append(True)
                except PeopleError:
                    to.append(False)

            threads = [threading.Thread(target=press, args=(people,)) for people in (one, other)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sorted(taken) == [False, True]
