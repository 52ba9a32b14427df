"""Work orders: who is to mend what, by when, and what became of it."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from callpoint_console.database import Database
from callpoint_console.work.matters import Matter
from callpoint_gateway.configuration import privacy
from callpoint_gateway.host.clock import Clock

#: Matters of one work order at most; a larger group has several.
MOST_MATTERS: Final = 200
_DAY_MS: Final = 86_400_000
#: A fault that comes again this much later is another one.
RETURN_MS: Final = 30 * _DAY_MS


class State(StrEnum):
    """The state of a work order."""

    OPEN = "open"
    DONE = "done"
    REOPENED = "reopened"


class Step(StrEnum):
    """What happened to a work order."""

    MADE = "made"
    DONE = "done"  # a person says so
    RESTORED = "restored"  # the fault is over
    REOPENED = "reopened"  # a person says so
    RETURNED = "returned"  # the fault came again


_STATE_AFTER: Final = {
    Step.MADE: State.OPEN,
    Step.DONE: State.DONE,
    Step.RESTORED: State.DONE,
    Step.REOPENED: State.REOPENED,
    Step.RETURNED: State.REOPENED,
}


class WorkOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A work order. Times are Unix ms.

    ``assignee``: an account's login, or ``@`` and a role. ``due``: the last day, such as
    2026-11-30, by the site's clock.
    """

    number: int
    assignee: str
    due: str
    note: str
    state: State
    made_ms: int
    made_by: str
    changed_ms: int
    matters: tuple[Matter, ...] = ()

    @property
    def places(self) -> frozenset[str]:
        """The places of its matters, see ``Matter.place``."""
        return frozenset(matter.place for matter in self.matters)

    def overdue(self, today: str) -> bool:
        """Say whether its last day is before ``today`` and it is not done."""
        return self.state is not State.DONE and self.due < today


class StepRow(msgspec.Struct, frozen=True):
    """One line of a work order's history; ``who``: "" for what came of itself."""

    order: int
    at_ms: int
    step: Step
    who: str
    note: str


class Move(NamedTuple):
    """What becomes of a work order by itself."""

    order: int
    step: Step


def moves(
    orders: Sequence[WorkOrder], present: Mapping[str, Matter], now_ms: int
) -> tuple[list[Move], dict[tuple[int, str], bool]]:
    """Return what follows from the matters that last now, and which matters came or went.

    A work order is done when the last of its matters goes, and open again when one comes again.
    """
    found: list[Move] = []
    flags: dict[tuple[int, str], bool] = {}
    for order in orders:
        ending = [matter for matter in order.matters if matter.ends]
        here = [matter for matter in ending if matter.key in present]
        if order.state is not State.DONE:
            if not here and any(not matter.gone for matter in ending):
                found.append(Move(order.number, Step.RESTORED))
        elif now_ms - order.changed_ms <= RETURN_MS and any(
            matter.gone or (present[matter.key].since_ms or 0) > order.changed_ms
            for matter in here
        ):
            found.append(Move(order.number, Step.RETURNED))
        for matter in ending:
            if matter.gone is (matter.key in present):
                flags[order.number, matter.key] = not matter.gone
    return found, flags


class OrderStore:
    """Keeps work orders. DatabaseFault from every method: the file cannot be used."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Use an open database that has the subject ``schema.WORK_ORDERS``."""
        self._database, self._clock = database, clock

    def make(
        self, matters: Collection[Matter], assignee: str, due: str, note: str, who: str
    ) -> int:
        """Return the number of a new work order. privacy.Unsaid: the note names a person."""
        checked, now = privacy.note(note), self._clock.wall_ms()

        def insert(connection: sqlite3.Connection) -> int:
            cursor = connection.execute(
                "INSERT INTO work_orders"
                " (assignee, due, note, state, made_ms, made_by, changed_ms)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (assignee, due, checked, State.OPEN, now, who, now),
            )
            number = cursor.lastrowid
            assert number is not None
            connection.executemany(
                "INSERT INTO work_matters (work_order, key, device, zone, kind, place)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [(number, m.key, m.device, m.zone, m.kind, m.place) for m in matters],
            )
            _note(connection, StepRow(number, now, Step.MADE, who, checked))
            return number

        return self._database.write(insert)

    def change(self, number: int, step: Step, who: str, note: str) -> bool:
        """Have a person say that it is done, or to be done again.

        False: it is so already, or there is none. privacy.Unsaid: as ``make``.
        """
        checked, now = privacy.note(note), self._clock.wall_ms()
        return self._database.write(lambda c: _step(c, StepRow(number, now, step, who, checked)))

    def follow(self, present: Mapping[str, Matter]) -> bool:
        """Carry out ``moves``; False: nothing has changed."""
        now = self._clock.wall_ms()

        def work(connection: sqlite3.Connection) -> bool:
            found, flags = moves(_lasting(connection, now), present, now)
            for move in found:
                _step(connection, StepRow(move.order, now, move.step, "", ""))
            connection.executemany(
                "UPDATE work_matters SET gone = ? WHERE work_order = ? AND key = ?",
                [(int(gone), number, key) for (number, key), gone in flags.items()],
            )
            return bool(found or flags)

        return self._database.write(work)

    def lasting(self) -> list[WorkOrder]:
        """Return what is open, and what may open again by itself; the next due first."""
        now = self._clock.wall_ms()
        return self._database.read(lambda c: _lasting(c, now))

    def all(self) -> list[WorkOrder]:
        """Return every work order, the newest first."""
        return self._database.read(lambda c: _orders(c, "1 = 1", (), "number DESC"))

    def find(self, number: int) -> WorkOrder | None:
        """Return a work order; None: there is none of that number."""
        found = self._database.read(lambda c: _orders(c, "number = ?", (number,), "number"))
        return found[0] if found else None

    def steps(self, number: int | None = None) -> list[StepRow]:
        """Return the history of a work order, or of all, the oldest step first."""
        return self._database.read(
            lambda c: [
                StepRow(order, at_ms, Step(step), who, note)
                for order, at_ms, step, who, note in c.execute(
                    "SELECT work_order, at_ms, step, who, note FROM work_steps"
                    " WHERE ?1 IS NULL OR work_order = ?1 ORDER BY number",
                    (number,),
                )
            ]
        )


def _lasting(connection: sqlite3.Connection, now_ms: int) -> list[WorkOrder]:
    return _orders(
        connection,
        "state != ? OR changed_ms >= ?",
        (State.DONE, now_ms - RETURN_MS),
        "due, number",
    )


def _orders(
    connection: sqlite3.Connection, condition: str, values: tuple[object, ...], order: str
) -> list[WorkOrder]:
    rows = connection.execute(
        "SELECT number, assignee, due, note, state, made_ms, made_by, changed_ms"
        f" FROM work_orders WHERE {condition} ORDER BY {order}",
        values,
    ).fetchall()
    matters: dict[int, list[Matter]] = {}
    for number, key, device, zone, kind, place, gone in connection.execute(
        "SELECT work_order, key, device, zone, kind, place, gone FROM work_matters"
        f" JOIN work_orders ON number = work_order WHERE {condition}",
        values,
    ):
        matter = Matter(key=key, device=device, zone=zone, kind=kind, place=place, gone=bool(gone))
        matters.setdefault(number, []).append(matter)
    return [
        WorkOrder(
            number=number,
            assignee=assignee,
            due=due,
            note=note,
            state=State(state),
            made_ms=made_ms,
            made_by=made_by,
            changed_ms=changed_ms,
            matters=tuple(matters.get(number, ())),
        )
        for number, assignee, due, note, state, made_ms, made_by, changed_ms in rows
    ]


def _step(connection: sqlite3.Connection, row: StepRow) -> bool:
    """Bring a work order to the state after a step; False: it is done already, or open."""
    state = _STATE_AFTER[row.step]
    other = "!=" if state is State.DONE else "="
    changed = connection.execute(
        f"UPDATE work_orders SET state = ?, changed_ms = ? WHERE number = ? AND state {other} ?",
        (state, row.at_ms, row.order, State.DONE),
    ).rowcount
    if changed:
        _note(connection, row)
    return bool(changed)


def _note(connection: sqlite3.Connection, row: StepRow) -> None:
    connection.execute(
        "INSERT INTO work_steps (work_order, at_ms, step, who, note) VALUES (?, ?, ?, ?, ?)",
        (row.order, row.at_ms, row.step, row.who, row.note),
    )
