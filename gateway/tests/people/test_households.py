"""Notes and access codes of households: sealed, looked at on record, gone when it is asked."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from callpoint_people.cells import Cells
from callpoint_people.csv_lines import Refused
from callpoint_people.database import FILE, FOLDER
from callpoint_people.household_csv import export_households, import_households
from callpoint_people.households import Household, HouseholdStore, Noted, household
from callpoint_people.person import Responsibility
from callpoint_people.store import PeopleStore
from callpoint_people.words import PeopleError

from .estate import TODAY, register, someone

FLAT = "b3-u2-301"
CODE = "4711#canary"
RECORD = Household(note="two dogs\nring twice", code=CODE, consent_on="2026-01-02")


@pytest.fixture
def people(tmp_path: Path) -> Iterator[PeopleStore]:
    with PeopleStore(tmp_path) as opened:
        yield opened


def on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in (folder / FOLDER).iterdir())


def test_a_record_is_sealed_and_each_look_at_it_is_on_record(
    tmp_path: Path, people: PeopleStore
) -> None:
    store = HouseholdStore(people)
    assert store.of([FLAT], "desk-1", FLAT) == []
    assert people.looks() == [], "where nothing is noted, nothing was seen"
    store.keep(FLAT, RECORD)
    assert b"canary" not in on_disk(tmp_path)
    assert b"dogs" not in on_disk(tmp_path)
    assert store.cells() == [FLAT]
    assert store.of([FLAT, "b3", FLAT], "desk-1", FLAT) == [Noted(FLAT, RECORD)]
    assert [(look.who, look.what, look.cell) for look in people.looks()] == [
        ("desk-1", "notes", FLAT)
    ]


def test_nothing_is_handed_out_that_cannot_be_recorded(tmp_path: Path) -> None:
    with PeopleStore(tmp_path) as people:
        HouseholdStore(people).keep(FLAT, RECORD)

    def refuse(_: object) -> None:
        raise OSError("the disk is full")

    with PeopleStore(tmp_path, refuse) as people, pytest.raises(OSError, match="full"):
        HouseholdStore(people).of([FLAT], "desk-1", FLAT)


def test_a_record_cannot_stand_at_another_flat(people: PeopleStore) -> None:
    store = HouseholdStore(people)
    store.keep(FLAT, RECORD)
    with people.changing() as connection:
        connection.execute("UPDATE household SET cell = 'b3-u2-302'")
    with pytest.raises(PeopleError, match="cannot be read"):
        store.of(["b3-u2-302"], "desk-1", "b3-u2-302")


def test_what_is_removed_leaves_no_trace(tmp_path: Path, people: PeopleStore) -> None:
    store = HouseholdStore(people)
    store.keep(FLAT, RECORD)
    ((sealed,),) = people.rows("SELECT sealed FROM household")
    assert store.remove(FLAT)
    assert sealed[13:29] not in on_disk(tmp_path)
    assert not store.remove(FLAT)


def test_with_the_last_resident_the_notes_go(people: PeopleStore) -> None:
    store = HouseholdStore(people)
    store.keep(FLAT, RECORD)
    store.keep("b3", Household(code="0000", consent_on="2026-01-02"))
    first = people.add(someone(), [Responsibility("resident", FLAT)])
    last = people.add(someone("Li", "13800138001"), [Responsibility("resident", FLAT)])
    holder = people.add(someone("Wu", "13800138002"), [Responsibility("key_holder", FLAT)])
    assert people.delete(first).households == 0
    assert people.delete(holder).households == 0
    assert people.delete(last).households == 1
    assert store.cells() == ["b3"]


@pytest.mark.parametrize(
    ("note", "code", "consent_on", "key"),
    [
        ("n" * 501, "", "2026-01-02", "household.note"),
        ("fine\n=HYPERLINK()", "", "2026-01-02", "household.note"),
        ("", "1" * 65, "2026-01-02", "household.code"),
        ("", "@SUM", "2026-01-02", "household.code"),
        (" ", " ", "2026-01-02", "household.empty"),
        ("", "1234", "", "person.consent"),
        ("", "1234", "2999-01-01", "person.consent"),
    ],
)
def test_what_can_be_no_record_is_refused_without_its_value(
    note: str, code: str, consent_on: str, key: str
) -> None:
    with pytest.raises(PeopleError) as refused:
        household(note, code, consent_on, TODAY)
    assert refused.value.key == key
    assert code.strip() == "" or code not in str(refused.value)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_file_that_goes_out_comes_in_again(
    tmp_path: Path, people: PeopleStore, language: str
) -> None:
    store, cells = HouseholdStore(people), Cells(register(tmp_path))
    store.keep(FLAT, RECORD)
    store.keep("Lake Road / Garden", Household(note="barrier", consent_on="2026-01-03"))
    before = store.all("boss")
    content = export_households(before, language)
    assert [look.what for look in people.looks()] == ["export"]
    for cell in store.cells():
        store.remove(cell)
    assert len(import_households(store, cells, content, TODAY)) == 2
    assert store.all("boss") == before


def test_a_file_is_stored_whole_or_not_at_all(tmp_path: Path, people: PeopleStore) -> None:
    store, cells = HouseholdStore(people), Cells(register(tmp_path))
    text = (
        "地点,门禁密码,备注,同意日期\n"
        f"{FLAT},1234,,2026-01-02\n"
        f"{FLAT},1234,,2026-01-02\n"
        "nowhere,1234,,2026-01-02\n"
        "b4,1234,,\n"
    )
    with pytest.raises(Refused) as refused:
        import_households(store, cells, text.encode(), TODAY)
    assert [str(each).partition(":")[0] for each in refused.value.mistakes] == [
        "line 3, column 1 (地点)",
        "line 4, column 1 (地点)",
        "line 5, column 4 (同意日期)",
    ]
    assert "1234" not in str(refused.value)
    assert store.cells() == []
    with pytest.raises(Refused, match="no column 'age'"):
        import_households(store, cells, b"place,age,consent on\nb4,7,2026-01-02\n", TODAY)


def test_a_store_of_an_older_version_gets_the_new_table(tmp_path: Path) -> None:
    with PeopleStore(tmp_path) as people:
        id = people.add(someone())
    with closing(sqlite3.connect(tmp_path / FOLDER / FILE)) as older:
        older.execute("DROP TABLE household")
        older.execute("PRAGMA user_version=1")
    with PeopleStore(tmp_path) as people:
        assert people.ids() == [id]
        HouseholdStore(people).keep(FLAT, RECORD)
        assert HouseholdStore(people).cells() == [FLAT]
