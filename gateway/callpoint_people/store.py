"""The store of contacts: people with their addresses, and what they are responsible for.

What it promises:

1. What names a person or leads to one is on disk only sealed (``sealing``). It can be searched by
   id, role and cell.
2. Nobody sees a record before the look is on record (``looks``).
3. A change is made completely or not at all. ``delete`` removes all that is known of a person,
   from the write-ahead log and from free pages as well.

One instance may be used by several threads; several processes may have the store open.
"""

import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from callpoint_gateway.host.clock import Clock, SystemClock
from callpoint_people import roles
from callpoint_people.cells import shown
from callpoint_people.database import open_people, purge
from callpoint_people.links import Link, Links
from callpoint_people.looks import Look, RecordedLook, RecordLook
from callpoint_people.person import Person, Responsibility
from callpoint_people.words import PeopleError

_ID_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_decode = msgspec.json.Decoder(Person).decode


def household_id(cell: str) -> str:
    """Return the id under which what is noted of a household is sealed; no person's begins so."""
    return f"household {cell}"


class Contact(msgspec.Struct, frozen=True):
    """A person as stored: an id that says nothing, the record, the responsibilities."""

    id: str
    person: Person
    responsible: tuple[Responsibility, ...]


class Deleted(msgspec.Struct, frozen=True):
    """What a deletion has removed. ``traces_gone``: also from the log of another reader.

    ``households``: notes and codes of flats in which nobody else is known to live.
    """

    person: str
    responsible: int
    shifts: int
    traces_gone: bool
    households: int = 0


def _new_id() -> str:
    return "p-" + "".join(secrets.choice(_ID_LETTERS) for _ in range(10))


class PeopleStore:
    """The contacts of a site."""

    def __init__(
        self, state_dir: Path, look: RecordLook | None = None, clock: Clock | None = None
    ) -> None:
        """Open the store, and make it if there is none. PeopleError: it cannot be used.

        ``look`` records each look; None: the store itself does.
        """
        self._connection, seal = open_people(state_dir)
        self._seal = seal
        self._clock = clock or SystemClock()
        self._look = look or self.record_look
        self._lock = threading.RLock()
        #: Makes and reads the links of this store.
        self.links = Links(seal)

    def close(self) -> None:
        """Release the file."""
        self._connection.close()

    def __enter__(self) -> "PeopleStore":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection for a change that is made completely or not at all."""
        with self._lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        """Return the rows of a query, read in one short transaction."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    # Changes.

    def add(self, person: Person, responsible: Iterable[Responsibility] = ()) -> str:
        """Store a new person and return its id. PeopleError: a responsibility is taken."""
        id = _new_id()
        with self.changing() as connection:
            sealed = self._seal.seal(id, msgspec.json.encode(person))
            connection.execute("INSERT INTO person VALUES (?, ?)", (id, sealed))
            for responsibility in responsible:
                self.give(id, responsibility)
        return id

    def replace(self, id: str, person: Person) -> None:
        """Store another record of a person. PeopleError: there is no such person."""
        with self.changing() as connection:
            sealed = self._seal.seal(id, msgspec.json.encode(person))
            changed = connection.execute(
                "UPDATE person SET sealed = ? WHERE id = ?", (sealed, id)
            ).rowcount
            if not changed:
                raise PeopleError("person.unknown", person=id)

    def give(self, id: str, responsibility: Responsibility) -> None:
        """Make a person responsible. PeopleError: unknown, or the role of the cell is taken."""
        role, cell = responsibility.role, responsibility.cell
        with self.changing() as connection:
            self._known(id)
            if role in roles.SINGLE and self.rows(
                "SELECT 1 FROM responsibility WHERE role = ? AND cell = ? AND person <> ?",
                (role, cell, id),
            ):
                raise PeopleError("role.taken", cell=shown(cell), role=roles.name_of(role))
            connection.execute(
                "INSERT OR REPLACE INTO responsibility VALUES (?, ?, ?, ?)",
                (id, role, cell, responsibility.order),
            )

    def take(self, id: str, role: str, cell: str) -> None:
        """End a responsibility, with its shifts. PeopleError: the person does not have it."""
        with self.changing() as connection:
            had = connection.execute(
                "DELETE FROM responsibility WHERE person = ? AND role = ? AND cell = ?",
                (id, role, cell),
            ).rowcount
            if not had:
                raise PeopleError("role.none", role=roles.name_of(role), cell=shown(cell))
            connection.execute(
                "DELETE FROM shift WHERE person = ? AND role = ? AND cell = ?", (id, role, cell)
            )

    def delete(self, id: str) -> Deleted:
        """Remove all that is known of a person. PeopleError: there is no such person."""
        with self._lock:
            with self.changing() as connection:
                self._known(id)
                households = self._left_empty(id)
                responsible, shifts = (
                    connection.execute(f"DELETE FROM {table} WHERE person = ?", (id,)).rowcount
                    for table in ("responsibility", "shift")
                )
                connection.execute("DELETE FROM person WHERE id = ?", (id,))
                for cell in households:
                    connection.execute("DELETE FROM household WHERE cell = ?", (cell,))
            gone = purge(self._connection)
            return Deleted(id, responsible, shifts, gone, len(households))

    def _left_empty(self, id: str) -> list[str]:
        """Return the cells with notes in which a person is the only resident."""
        found = self.rows(
            "SELECT cell FROM household WHERE cell IN"
            " (SELECT cell FROM responsibility WHERE role = ?1 AND person = ?2)"
            " AND cell NOT IN"
            " (SELECT cell FROM responsibility WHERE role = ?1 AND person <> ?2)",
            (roles.RESIDENT, id),
        )
        return [cell for (cell,) in found]

    def forget_household(self, cell: str) -> bool:
        """Remove what is noted of a cell, from every file; say whether there was anything."""
        with self._lock:
            with self.changing() as connection:
                gone = connection.execute("DELETE FROM household WHERE cell = ?", (cell,)).rowcount
            if gone:
                purge(self._connection)
            return bool(gone)

    def seal(self, id: str, record: bytes) -> bytes:
        """Return a record sealed under an id of its own."""
        return self._seal.seal(id, record)

    def open(self, id: str, sealed: bytes) -> bytes:
        """Return a sealed record; the look is on record already. PeopleError: it cannot be."""
        return self._seal.open(id, sealed)

    def look(self, look: Look) -> None:
        """Put a look on record before what it shows is handed out."""
        self._look(look)

    def _is_known(self, id: str) -> bool:
        return bool(self.rows("SELECT 1 FROM person WHERE id = ?", (id,)))

    def _known(self, id: str) -> None:
        if not self._is_known(id):
            raise PeopleError("person.unknown", person=id)

    # Looks.

    def contact(self, id: str, who: str) -> Contact:
        """Return one person, on record as a look by ``who``. PeopleError: there is none."""
        self._known(id)
        self._look(Look(who=who, what="show", persons=1, person=id))
        return self._opened([id])[0]

    def contacts(self, who: str, what: str = "list", cells: Sequence[str] = ()) -> list[Contact]:
        """Return the people of these cells, or all, on record as a look by ``who``."""
        marks = ",".join("?" * len(cells))
        where = f"WHERE id IN (SELECT person FROM responsibility WHERE cell IN ({marks}))"
        found = self.rows(f"SELECT id FROM person {where if cells else ''} ORDER BY id", cells)
        ids = [id for (id,) in found]
        self._look(Look(who=who, what=what, persons=len(ids), cell=", ".join(cells)))
        return self._opened(ids)

    def those(self, ids: Sequence[str], who: str, what: str, cell: str = "") -> list[Contact]:
        """Return people by their ids, on record as one look; who was deleted is left out.

        ``what`` says why ("alarm"), ``cell`` at which place.
        """
        found = [id for id in dict.fromkeys(ids) if self._is_known(id)]
        person = found[0] if len(found) == 1 else ""
        self._look(Look(who=who, what=what, persons=len(found), person=person, cell=cell))
        return self._opened(found)

    def for_machine(self, id: str) -> Person | None:
        """Return a record for a program that shows it to nobody; None: it was deleted."""
        contacts = self._opened([id])
        return contacts[0].person if contacts else None

    def _opened(self, ids: Sequence[str]) -> list[Contact]:
        found = []
        with self._lock:
            for id in ids:
                for (sealed,) in self.rows("SELECT sealed FROM person WHERE id = ?", (id,)):
                    person = _decode(self._seal.open(id, sealed))
                    found.append(Contact(id, person, self.responsibilities(id)))
        return found

    def record_look(self, look: Look) -> None:
        """Put a look on the store's own record."""
        with self.changing() as connection:
            connection.execute(
                "INSERT INTO look (at_ms, who, what, persons, person, cell) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (
                    self._clock.wall_ms(),
                    look.who,
                    look.what,
                    look.persons,
                    look.person,
                    look.cell,
                ),
            )

    def looks(self, limit: int = 1000) -> list[RecordedLook]:
        """Return the newest looks of the store's own record, newest first."""
        rows = self.rows(
            "SELECT number, at_ms, who, what, persons, person, cell FROM look "
            "ORDER BY number DESC LIMIT ?",
            (limit,),
        )
        return [
            RecordedLook(
                number=number,
                at_ms=at_ms,
                who=who,
                what=what,
                persons=persons,
                person=person,
                cell=cell,
            )
            for number, at_ms, who, what, persons, person, cell in rows
        ]

    # What names nobody.

    def ids(self) -> list[str]:
        """Return every person's id."""
        return [id for (id,) in self.rows("SELECT id FROM person ORDER BY id")]

    def responsibilities(self, id: str) -> tuple[Responsibility, ...]:
        """Return what a person is responsible for."""
        rows = self.rows(
            "SELECT role, cell, place_in_order FROM responsibility WHERE person = ? "
            "ORDER BY role, cell",
            (id,),
        )
        return tuple(Responsibility(*row) for row in rows)

    def count(self, role: str) -> int:
        """Return how many people have a role anywhere."""
        query = "SELECT count(DISTINCT person) FROM responsibility WHERE role = ?"
        return int(self.rows(query, (role,))[0][0])

    def holders(self, role: str, cell: str) -> list[str]:
        """Return the ids of those who have a role at this very cell, in their order."""
        rows = self.rows(
            "SELECT person FROM responsibility WHERE role = ? AND cell = ? "
            "ORDER BY place_in_order, person",
            (role, cell),
        )
        return [id for (id,) in rows]

    # Links.

    def use_link(self, token: str) -> Link:
        """Use a link up and return it. PeopleError: not valid, expired, or used before."""
        now_s = self._clock.wall_ms() // 1000
        link = self.links.read(token, now_s)
        with self.changing() as connection:
            connection.execute("DELETE FROM used_link WHERE expires_s <= ?", (now_s,))
            fresh = connection.execute(
                "INSERT OR IGNORE INTO used_link VALUES (?, ?)", (link.id, link.expires_s)
            ).rowcount
            if not fresh:
                raise PeopleError("link.used")
        return link

    def read_link(self, token: str) -> Link:
        """Return a link without using it up. PeopleError: as for ``use_link``."""
        link = self.links.read(token, self._clock.wall_ms() // 1000)
        if self.rows("SELECT 1 FROM used_link WHERE id = ?", (link.id,)):
            raise PeopleError("link.used")
        return link
