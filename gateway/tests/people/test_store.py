"""Contacts are sealed, searched by place and role only, looked at on record, and forgotten."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from callpoint_people.cells import Cells
from callpoint_people.looks import Look
from callpoint_people.person import Responsibility, address, person
from callpoint_people.responsible import Responsible
from callpoint_people.roles import checked
from callpoint_people.store import PeopleStore
from callpoint_people.words import PeopleError

from ..conftest import ManualClock
from .estate import TODAY, register, someone

CANARY = "Canary Quillfeather"
NUMBER = "13912345678"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "people").iterdir()}


def test_nothing_on_disk_names_a_person_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    with PeopleStore(tmp_path) as people:
        id = people.add(someone(CANARY, NUMBER), [Responsibility("resident", "b3-u2-301")])
        assert people.contact(id, "desk-1").person.name == CANARY
        for name, content in _files(tmp_path).items():
            assert CANARY.encode() not in content, name
            assert NUMBER.encode() not in content, name
        for path in (tmp_path / "people").iterdir():
            assert path.stat().st_mode & 0o077 == 0, path
    assert (tmp_path / "people").stat().st_mode & 0o077 == 0


def test_a_record_cannot_stand_under_another_id_or_be_read_with_another_key(
    tmp_path: Path,
) -> None:
    with PeopleStore(tmp_path) as people:
        one, other = people.add(someone("One")), people.add(someone("Other"))
    with closing(sqlite3.connect(tmp_path / "people" / "people.sqlite3")) as file:
        file.execute(
            "UPDATE person SET sealed = (SELECT sealed FROM person WHERE id = ?) WHERE id = ?",
            (one, other),
        )
        file.commit()
    with PeopleStore(tmp_path) as people:
        assert people.contact(one, "desk-1").person.name == "One"
        with pytest.raises(PeopleError, match="the key is another one"):
            people.contact(other, "desk-1")
    key = tmp_path / "people" / "people.key"
    key.write_text("00" * 32)
    with PeopleStore(tmp_path) as people, pytest.raises(PeopleError, match=r"another one"):
        people.contact(one, "desk-1")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda key: key.unlink(), "is missing"),
        (lambda key: key.chmod(0o640), "others may use"),
        (lambda key: key.write_text("no key"), "is no key"),
    ],
)
def test_a_key_that_cannot_be_used_is_named_and_never_made_anew(
    tmp_path: Path, spoil: object, words: str
) -> None:
    with PeopleStore(tmp_path) as people:
        people.add(someone())
    spoil(tmp_path / "people" / "people.key")  # type: ignore[operator]
    with pytest.raises(PeopleError, match=words):
        PeopleStore(tmp_path)


def test_every_look_is_on_record_before_it_is_granted(tmp_path: Path, clock: ManualClock) -> None:
    with PeopleStore(tmp_path, clock=clock) as people:
        id = people.add(someone(), [Responsibility("guard", "")])
        people.contact(id, "desk-1")
        people.contacts("desk-2")
        people.contacts("desk-2", "at", ["b4"])
        looks = [(look.who, look.what, look.persons, look.person) for look in people.looks()]
        assert looks == [
            ("desk-2", "at", 0, ""),
            ("desk-2", "list", 1, ""),
            ("desk-1", "show", 1, id),
        ]
        assert people.looks()[0].at_ms == clock.wall_ms()

        found = people.those([id, "p-deleted"], "desk-2", "alarm", "b3")
        assert [one.id for one in found] == [id]
        look = people.looks()[0]
        assert (look.what, look.cell, look.person, look.persons) == ("alarm", "b3", id, 1)

    seen: list[Look] = []
    with PeopleStore(tmp_path, seen.append) as people:
        people.contact(id, "desk-3")
    assert [look.who for look in seen] == ["desk-3"]

    def refuse(look: Look) -> None:
        raise OSError("the record is full")

    with PeopleStore(tmp_path, refuse) as people, pytest.raises(OSError, match="full"):
        people.contact(id, "desk-3")


def test_a_deleted_person_is_gone_from_every_file(tmp_path: Path) -> None:
    with PeopleStore(tmp_path) as people:
        kept = people.add(someone("Kept"), [Responsibility("guard", "")])
        id = people.add(
            someone(CANARY), [Responsibility("guard", ""), Responsibility("volunteer", "b3")]
        )
        (sealed,) = people.rows("SELECT sealed FROM person WHERE id = ?", (id,))[0]
        assert any(sealed in content for content in _files(tmp_path).values())
        deleted = people.delete(id)
        assert (deleted.person, deleted.responsible, deleted.traces_gone) == (id, 2, True)
        # Not even a part of the ciphertext is left, in free pages or the write-ahead log.
        for name, content in _files(tmp_path).items():
            assert sealed[13:29] not in content, name
            assert id.encode() not in content, name
        assert people.ids() == [kept]
        assert people.holders("guard", "") == [kept]
        assert people.for_machine(id) is None
        with pytest.raises(PeopleError, match="no contact"):
            people.delete(id)


def test_a_deletion_says_when_another_reader_keeps_traces(tmp_path: Path) -> None:
    with PeopleStore(tmp_path) as people:
        id = people.add(someone())
        people._connection.execute("PRAGMA busy_timeout=10")  # noqa: SLF001 - not ten seconds
        with closing(
            sqlite3.connect(tmp_path / "people" / "people.sqlite3", isolation_level=None)
        ) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM person").fetchall()
            assert not people.delete(id).traces_gone
        assert people.ids() == []


def test_a_cell_has_one_officer_one_grid_worker_and_any_number_of_volunteers(
    tmp_path: Path,
) -> None:
    with PeopleStore(tmp_path) as people:
        first, second = people.add(someone("First")), people.add(someone("Second"))
        for role in ("police_officer", "grid_worker"):
            people.give(first, Responsibility(role, "b3"))
            with pytest.raises(PeopleError, match="already"):
                people.give(second, Responsibility(role, "b3"))
            people.give(second, Responsibility(role, "b4"))
        people.give(first, Responsibility("volunteer", "b3"))
        people.give(second, Responsibility("volunteer", "b3"))
        with pytest.raises(PeopleError):
            people.add(someone("Third"), [Responsibility("police_officer", "b3")])
        assert len(people.ids()) == 2  # nothing half done


def test_the_nearest_cell_above_has_the_responders(tmp_path: Path) -> None:
    places = register(tmp_path)
    with PeopleStore(tmp_path) as people:
        officer = people.add(someone("Officer"), [Responsibility("police_officer", "Lake Road")])
        street = people.add(someone("Street"), [Responsibility("volunteer", "Lake Road")])
        house = people.add(someone("House"), [Responsibility("volunteer", "b3")])
        site = people.add(someone("Site"), [Responsibility("manager", "")])
        responsible = Responsible(people, places, ZoneInfo("Asia/Shanghai"))

        def at(place: str, *words: str) -> list[str]:
            return [holder.person for holder in responsible.at(place, words, NOW)]

        assert at("b3-u2-301", "responders") == [officer, house]
        assert at("b4", "responders") == [officer, street]
        assert at("b4", "manager", "grid_worker") == [site]
        assert at("no such place", "manager", "volunteer") == [site]


def test_a_household_is_known_at_its_flat_only_with_key_holders_in_order(tmp_path: Path) -> None:
    places = register(tmp_path)
    with PeopleStore(tmp_path) as people:
        resident = people.add(someone("Resident"), [Responsibility("resident", "b3-u2-301")])
        second = people.add(someone("Second"), [Responsibility("key_holder", "b3-u2-301", 2)])
        first = people.add(someone("First"), [Responsibility("key_holder", "b3-u2-301", 1)])
        people.add(someone("House"), [Responsibility("resident", "b3")])
        responsible = Responsible(people, places, ZoneInfo("UTC"))

        def household(place: str) -> list[str]:
            return [holder.person for holder in responsible.household(place, NOW)]

        assert household("b3-u2-301") == [resident, first, second]
        assert household("b3-u2-301-kitchen") == [resident, first, second]
        assert household("b3-u2-302") == []


def test_a_cell_is_written_as_an_id_or_as_it_is_shown(tmp_path: Path) -> None:
    cells = Cells(register(tmp_path))
    assert cells.cell(" b3 ") == "b3"
    assert cells.cell("lake road/GARDEN") == "Lake Road / Garden"
    assert cells.cell("") == ""
    with pytest.raises(PeopleError, match=r"did you mean Lake Road"):
        cells.cell("Lake Raod")


@pytest.mark.parametrize(
    ("name", "consent", "key"),
    [
        ("", "2026-01-02", "person.name"),
        ("=cmd()", "2026-01-02", "person.name"),
        ("Wang\nFang", "2026-01-02", "person.name"),
        ("Wang", "", "person.consent"),
        ("Wang", "2126-01-02", "person.consent"),
        ("Wang", "yes", "person.consent"),
    ],
)
def test_what_cannot_be_a_record_is_refused(name: str, consent: str, key: str) -> None:
    with pytest.raises(PeopleError) as refused:
        person(name, "zh", consent, {}, (), TODAY)
    assert refused.value.key == key


@pytest.mark.parametrize(
    ("kind", "text", "stored"),
    [
        ("phone", "+86 138-0013-8000", "+8613800138000"),
        ("phone", "110", "110"),
        ("phone", "12", None),
        ("phone", "call me", None),
        ("email", "a.b@example.com", "a.b@example.com"),
        ("email", "=a@example.com", None),
        ("email", "a@b", None),
        ("bark", "aBc123", "aBc123"),
        ("bark", "=cmd|x", None),
        ("Bark", "x", None),
    ],
)
def test_addresses_are_stored_as_they_are_used(kind: str, text: str, stored: str | None) -> None:
    if stored is not None:
        assert address(kind, text) == stored
        return
    with pytest.raises(PeopleError) as refused:
        address(kind, text)
    assert text not in str(refused.value) or len(text) < 3


def test_roles_are_known_by_their_names_in_both_languages() -> None:
    assert checked("网格员") == checked("grid worker") == "grid_worker"
    assert checked("night-guards") == "night-guards"
    for word in ("responders", "Night Guards", ""):
        with pytest.raises(PeopleError):
            checked(word)
