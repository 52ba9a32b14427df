"""Closes at the district an alarm that its gateway does not have any more: nobody else can."""

import msgspec
import psycopg

from callpoint_district.database import CHANGES, tell_all
from callpoint_gateway.alarms.case import Case, Handling, Step
from callpoint_gateway.configuration import privacy
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.ages import now
from callpoint_gateway.journal.entries import Action, Cause
from callpoint_gateway.words.said import said


def close(
    connection: psycopg.Connection,
    gateway: str,
    epoch: str,
    position: int,
    cause: Cause,
    note: str,
    by: By,
    clock: Clock,
) -> None:
    """Close a forgotten alarm; who did it stands in its ``state``.

    QuestionRefused: there is no such alarm open, or the note has what must not be on record.
    """
    try:
        privacy.note(note)
    except privacy.Unsaid as error:
        raise QuestionRefused(error.why) from None
    found = connection.execute(
        "SELECT state FROM alarms WHERE gateway = %s AND epoch = %s AND position = %s "
        "AND forgotten AND closed_ms IS NULL FOR UPDATE",
        (gateway, epoch, position),
    ).fetchone()
    if found is None:
        raise QuestionRefused(said("district.not_forgotten"))
    moment, state = now(clock), None
    if found[0] is not None:
        case = msgspec.json.decode(bytes(found[0]), type=Case)
        case.steps.append(Step(moment, Action.CLOSE, by.account, by.origin, cause, note))
        case.handling = Handling.CLOSED
        state = msgspec.json.encode(case)
    connection.execute(
        "UPDATE alarms SET handling = %s, closed_ms = %s, cause = %s, "
        "state = coalesce(%s, state) WHERE gateway = %s AND epoch = %s AND position = %s",
        (Handling.CLOSED.value, moment.wall_ms, cause.value, state, gateway, epoch, position),
    )
    tell_all(connection, CHANGES, [gateway])
