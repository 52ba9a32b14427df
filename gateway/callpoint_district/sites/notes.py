"""Notes about alarms that people of the district write, also while a site is away.

A note is kept here at once, and told to the site's gateway as soon as it is there. The question
carries the note's own id, by which the gateway records it once, however often it is told; a note
that came late has the time at which it was written.
"""

import asyncio
import secrets
from collections.abc import Callable
from functools import partial
from typing import Final, cast

import msgspec
import psycopg

from callpoint_district.database import CHANGES, Database, tell_all
from callpoint_district.journal.store import fork
from callpoint_district.sites.asking import AskingLine, NotAnswered
from callpoint_district.sites.errands import Errand
from callpoint_district.sites.retiring import IN_SERVICE, retired_since
from callpoint_gateway.alarms.questions import ActOnAlarm, AlarmView
from callpoint_gateway.configuration import privacy
from callpoint_gateway.control.access import for_account
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.question import AnswerT, Question, QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.entries import Action
from callpoint_gateway.protocols.upstream import PATH
from callpoint_gateway.words.said import NOTHING, Said, said
from callpoint_gateway.words.unknown import near_number

#: A note that is as old when it is first told is late. Until then whoever wrote it tells it.
LATE_MS: Final = 3_000


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A note about an alarm; times are Unix ms.

    ``delivered_ms`` is None as long as its gateway has not confirmed it. ``why``: the words of its
    refusal, at ``refused_ms``; a refused note stays at the district.
    """

    request: str
    gateway: str
    alarm: int
    note: str
    who: str
    role: Role
    origin: str
    written_ms: int
    delivered_ms: int | None = None
    refused_ms: int | None = None
    why: Said = NOTHING

    @property
    def waits(self) -> bool:
        """Whether it is still to be delivered."""
        return self.delivered_ms is None and self.refused_ms is None


_COLUMNS: Final = (
    "request, gateway, alarm, note, who, role, origin, written_ms, delivered_ms, refused_ms, "
    "refused AS why"
)


def keep(
    connection: psycopg.Connection, gateway: str, alarm: int, note: str, by: By, now_ms: int
) -> Note:
    """Keep a note about an alarm. QuestionRefused: it might name a person, or no such alarm."""
    for_account(ActOnAlarm(alarm=alarm, action=Action.NOTE), by)
    if not PATH.fullmatch(gateway):
        raise QuestionRefused(said("district.bad_name", name=gateway))
    try:
        note = privacy.reason(note, "note")
    except privacy.Unsaid as error:
        raise QuestionRefused(error.why) from None
    known = connection.execute(
        "SELECT position FROM alarms WHERE gateway = %s AND position = %s AND NOT forgotten "
        "UNION SELECT position FROM provisional WHERE gateway = %s AND position = %s",
        (gateway, alarm, gateway, alarm),
    ).fetchone()
    if known is None:
        found = connection.execute(
            "SELECT position FROM alarms WHERE gateway = %s AND closed_ms IS NULL", (gateway,)
        ).fetchall()
        near = near_number(alarm, [row[0] for row in found])
        raise QuestionRefused(said("district.no_alarm", gateway=gateway, name=alarm, near=near))
    kept = Note(
        request=secrets.token_hex(8),
        gateway=gateway,
        alarm=alarm,
        note=note,
        who=by.account,
        role=by.role,
        origin=by.origin,
        written_ms=now_ms,
    )
    connection.execute(
        "INSERT INTO notes (request, gateway, epoch, alarm, note, who, role, origin, written_ms) "
        "SELECT %s, gateway, epoch, %s, %s, %s, %s, %s, %s FROM gateways WHERE gateway = %s",
        (kept.request, alarm, note, kept.who, kept.role, kept.origin, now_ms, gateway),
    )
    tell_all(connection, CHANGES, [gateway])
    return kept


async def write(
    database: Database, line: AskingLine, clock: Clock, gateway: str, alarm: int, note: str, by: By
) -> Note:
    """Keep a note and deliver it; return it as it stands then.

    It ``waits`` if the line does not stand, and is delivered later. QuestionRefused: see ``keep``;
    the gateway's own refusal is in ``why``.
    """
    kept, _ = await _written(database, line, clock, gateway, alarm, note, by)
    return kept


async def ask(
    database: Database,
    line: AskingLine,
    clock: Clock,
    gateway: str,
    question: Question[AnswerT],
    by: By,
) -> AnswerT:
    """Return a gateway's answer as ``AskingLine.ask`` does, and keep a note before it is asked.

    NotAnswered of a note says that it is delivered later.
    """
    if not isinstance(question, ActOnAlarm) or question.action is not Action.NOTE:
        return await line.ask(gateway, question, by)
    kept, view = await _written(database, line, clock, gateway, question.alarm, question.note, by)
    if view is None:
        if kept.waits:
            raise NotAnswered(await asyncio.to_thread(why_it_waits, database, gateway))
        raise QuestionRefused(kept.why)
    return cast(AnswerT, view)


async def _written(
    database: Database, line: AskingLine, clock: Clock, gateway: str, alarm: int, note: str, by: By
) -> tuple[Note, AlarmView | None]:
    def kept() -> Note:
        with database.transaction() as connection:
            return keep(connection, gateway, alarm, note, by, clock.wall_ms())

    def finish(do: Callable[..., None], *values: object) -> Note:
        with database.transaction() as connection:
            do(written, connection, *values, clock.wall_ms())
            (found,) = _found(connection, "request = %s", written.request)
            return found

    written = await asyncio.to_thread(kept)
    try:
        view = await line.ask(gateway, _question(written, late=False), by)
    except NotAnswered:
        return written, None
    except QuestionRefused as error:
        return await asyncio.to_thread(finish, _refuse, error.why), None
    return await asyncio.to_thread(finish, _deliver, view), view


def why_it_waits(database: Database, gateway: str) -> Said:
    """Return why a gateway has not taken a note."""
    with database.transaction() as connection:
        gone = retired_since(connection, gateway) is not None
    if gone:
        return said("district.note_of_retired", gateway=gateway)
    return said("district.note_kept", gateway=gateway)


def undelivered(connection: psycopg.Connection, gateway: str) -> list[Note]:
    """Return the district's notes that a gateway has not taken, the oldest first."""
    return _found(connection, "gateway = %s AND delivered_ms IS NULL", gateway)


def waiting(connection: psycopg.Connection) -> list[Note]:
    """Return the notes that are still to be delivered to gateways in service, the oldest first."""
    return _found(connection, f"delivered_ms IS NULL AND refused_ms IS NULL AND {IN_SERVICE}")


def due(connection: psycopg.Connection, now_ms: int) -> list[Errand]:
    """Return the notes that are to be told now; see ``errands.Source``."""
    _refuse_forgotten(connection, now_ms)
    notes = _found(
        connection,
        "delivered_ms IS NULL AND refused_ms IS NULL AND written_ms <= %s",
        now_ms - LATE_MS,
    )
    return [
        Errand(
            note.gateway,
            _question(note, late=True),
            By(note.who, note.role, note.origin),
            answered=partial(_deliver, note),
            refused=partial(_refuse, note),
        )
        for note in notes
    ]


def _refuse_forgotten(connection: psycopg.Connection, now_ms: int) -> None:
    """Keep the notes whose alarm the gateway has forgotten: its number means another one there."""
    found = connection.execute(
        "SELECT request, notes.epoch, gateways.epoch FROM notes JOIN gateways USING (gateway) "
        "WHERE delivered_ms IS NULL AND refused_ms IS NULL AND notes.epoch <> gateways.epoch"
    ).fetchall()
    for request, then, now in found:
        (note,) = _found(connection, "request = %s", request)
        if fork(connection, note.gateway, then, now) < note.alarm:
            _refuse(note, connection, said("district.note_forgotten"), now_ms)


def _question(note: Note, *, late: bool) -> ActOnAlarm:
    return ActOnAlarm(
        alarm=note.alarm,
        action=Action.NOTE,
        note=note.note,
        request=note.request,
        written_ms=note.written_ms if late else None,
    )


def _found(connection: psycopg.Connection, condition: str, *values: object) -> list[Note]:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM notes WHERE {condition} ORDER BY written_ms, request", values
    ).fetchall()
    names = [column.split()[-1] for column in _COLUMNS.split(", ")]
    found = []
    for row in rows:
        fields = dict(zip(names, row, strict=True))
        found.append(msgspec.convert({**fields, "why": fields["why"] or {}}, Note))
    return found


def _deliver(note: Note, connection: psycopg.Connection, _: AlarmView | None, now_ms: int) -> None:
    connection.execute(
        "UPDATE notes SET delivered_ms = %s WHERE request = %s AND delivered_ms IS NULL",
        (now_ms, note.request),
    )
    tell_all(connection, CHANGES, [note.gateway])


def _refuse(note: Note, connection: psycopg.Connection, why: Said, now_ms: int) -> None:
    connection.execute(
        "UPDATE notes SET refused_ms = %s, refused = %s::jsonb WHERE request = %s",
        (now_ms, msgspec.json.encode(why).decode(), note.request),
    )
    tell_all(connection, CHANGES, [note.gateway])
