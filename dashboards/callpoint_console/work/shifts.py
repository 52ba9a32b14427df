"""Shifts and hand-overs: who is responsible for the desk, since when, and who took over from whom.

A shift that is handed over runs until somebody else has signed for it, so that the desk is never
without anybody. What was handed over is on record as it was then.
"""

import sqlite3
from typing import Final

import msgspec

from callpoint_console.database import Database
from callpoint_gateway.configuration import privacy
from callpoint_gateway.host.clock import Clock


class Shift(msgspec.Struct, frozen=True):
    """A shift. ``until_ms``: None while it runs; ``ended_by``: who signed for it, or ended it."""

    number: int
    account: int
    login: str
    since_ms: int
    until_ms: int | None
    ended_by: str


class HandedAlarm(msgspec.Struct, frozen=True):
    """An open alarm: its number, kind, place and device, and when it was opened (Unix ms).

    ``mark``: that of the exercise it belongs to, "" if it is real.
    """

    alarm: int
    kind: int
    place: str
    device: str
    opened_ms: int
    mark: str = ""


class HandedInhibit(msgspec.Struct, frozen=True):
    """An inhibit in force: of a device or of a place."""

    number: int
    device: str
    place: str
    until_ms: int


class HandedLevel(msgspec.Struct, frozen=True):
    """A response level in force; ``area``: "" for the whole site."""

    number: int
    level: int
    area: str
    until_ms: int


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """What a desk has to do when it is handed over.

    ``areas``: the places of whoever hands it over. ``exercise``: the mark of the one that runs,
    "" if none does. ``orders``: the numbers of the open work orders.
    """

    areas: tuple[str, ...] = ()
    alarms: tuple[HandedAlarm, ...] = ()
    exercise: str = ""
    inhibits: tuple[HandedInhibit, ...] = ()
    levels: tuple[HandedLevel, ...] = ()
    orders: tuple[int, ...] = ()


class HandOver(msgspec.Struct, frozen=True):
    """A hand-over. ``taken_by``: "" and ``signed_ms``: None until somebody has signed for it."""

    number: int
    shift: int
    login: str
    made_ms: int
    note: str
    handed: Handed
    taken_by: str
    signed_ms: int | None


class NotYours(Exception):
    """Nobody signs for their own hand-over."""


class Over(Exception):
    """The shift has ended, or the hand-over was signed or withdrawn."""


_SHIFT: Final = "number, account, login, since_ms, until_ms, ended_by"


def on_shift(connection: sqlite3.Connection, account: int) -> bool:
    """Say whether the shift of an account (its id) runs; see ``sessions.OnShift``."""
    return _running(connection, account) is not None


class ShiftStore:
    """Keeps shifts and hand-overs. DatabaseFault from every method: the file cannot be used."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Use an open database that has the subject ``schema.SHIFTS``."""
        self._database, self._clock = database, clock

    def start(self, account: int, login: str) -> None:
        """Begin the shift of an account; nothing changes if it runs already."""
        now = self._clock.wall_ms()
        self._database.write(lambda c: _start(c, account, login, now))

    def end(self, number: int, who: str) -> bool:
        """End a shift that nobody takes over; False: it has ended already."""
        now = self._clock.wall_ms()
        return self._database.write(lambda c: _end(c, number, who, now))

    def hand_over(self, account: int, handed: Handed, note: str) -> int:
        """Return the number of the hand-over of an account's shift, which waits for a signature.

        One that waits already is replaced. Over: no shift runs. privacy.Unsaid: the note names a
        person.
        """
        checked, now = privacy.note(note), self._clock.wall_ms()

        def insert(connection: sqlite3.Connection) -> int:
            shift = _running(connection, account)
            if shift is None:
                raise Over
            _withdraw(connection, shift.number)
            cursor = connection.execute(
                "INSERT INTO hand_overs (shift, login, made_ms, note, handed)"
                " VALUES (?, ?, ?, ?, ?)",
                (shift.number, shift.login, now, checked, msgspec.json.encode(handed).decode()),
            )
            assert cursor.lastrowid is not None
            return cursor.lastrowid

        return self._database.write(insert)

    def withdraw(self, account: int) -> None:
        """Take back the hand-over of an account's shift, if one waits."""

        def work(connection: sqlite3.Connection) -> None:
            if (shift := _running(connection, account)) is not None:
                _withdraw(connection, shift.number)

        self._database.write(work)

    def sign(self, number: int, account: int, login: str) -> None:
        """Have an account sign for a hand-over: the one shift ends, the other begins.

        NotYours: it is its own. Over: it was signed or withdrawn, or the shift has ended.
        """
        now = self._clock.wall_ms()

        def work(connection: sqlite3.Connection) -> None:
            waiting = _hand_overs(connection, "number = ? AND signed_ms IS NULL", number)
            if not waiting:
                raise Over
            if waiting[0].login == login:
                raise NotYours
            connection.execute(
                "UPDATE hand_overs SET taken_by = ?, signed_ms = ? WHERE number = ?",
                (login, now, number),
            )
            if not _end(connection, waiting[0].shift, login, now):
                raise Over
            _start(connection, account, login, now)

        self._database.write(work)

    def running(self) -> list[Shift]:
        """Return the shifts that run, the oldest first."""
        return self._database.read(lambda c: _shifts(c, "until_ms IS NULL", ""))

    def latest(self, limit: int) -> list[Shift]:
        """Return the last shifts, the newest first."""
        return self._database.read(
            lambda c: _shifts(c, "1 = 1", f"ORDER BY number DESC LIMIT {int(limit)}")
        )

    def waiting(self) -> list[HandOver]:
        """Return the hand-overs that nobody has signed for, the oldest first."""
        return self._database.read(lambda c: _hand_overs(c, "signed_ms IS NULL"))

    def hand_overs(self, shifts: list[int]) -> list[HandOver]:
        """Return the hand-overs of some shifts, the oldest first."""
        marks = ", ".join("?" for _ in shifts)
        return self._database.read(lambda c: _hand_overs(c, f"shift IN ({marks})", *shifts))

    def find(self, number: int) -> HandOver | None:
        """Return a hand-over; None: there is none, or it was withdrawn."""
        found = self._database.read(lambda c: _hand_overs(c, "number = ?", number))
        return found[0] if found else None


def _running(connection: sqlite3.Connection, account: int) -> Shift | None:
    found = _shifts(connection, "account = ? AND until_ms IS NULL", "", account)
    return found[0] if found else None


def _shifts(
    connection: sqlite3.Connection, condition: str, order: str, *values: object
) -> list[Shift]:
    rows = connection.execute(
        f"SELECT {_SHIFT} FROM shifts WHERE {condition} {order or 'ORDER BY number'}", values
    )
    return [Shift(*row) for row in rows]


def _hand_overs(connection: sqlite3.Connection, condition: str, *values: object) -> list[HandOver]:
    rows = connection.execute(
        "SELECT number, shift, login, made_ms, note, handed, taken_by, signed_ms FROM hand_overs"
        f" WHERE {condition} ORDER BY number",
        values,
    )
    return [
        HandOver(
            number,
            shift,
            login,
            made_ms,
            note,
            msgspec.json.decode(handed, type=Handed),
            taken_by,
            signed_ms,
        )
        for number, shift, login, made_ms, note, handed, taken_by, signed_ms in rows
    ]


def _start(connection: sqlite3.Connection, account: int, login: str, now_ms: int) -> None:
    if _running(connection, account) is None:
        connection.execute(
            "INSERT INTO shifts (account, login, since_ms) VALUES (?, ?, ?)",
            (account, login, now_ms),
        )


def _end(connection: sqlite3.Connection, number: int, who: str, now_ms: int) -> bool:
    _withdraw(connection, number)
    return (
        connection.execute(
            "UPDATE shifts SET until_ms = ?, ended_by = ? WHERE number = ? AND until_ms IS NULL",
            (now_ms, who, number),
        ).rowcount
        == 1
    )


def _withdraw(connection: sqlite3.Connection, shift: int) -> None:
    connection.execute("DELETE FROM hand_overs WHERE shift = ? AND signed_ms IS NULL", (shift,))
