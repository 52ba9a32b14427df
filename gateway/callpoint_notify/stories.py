"""What happened, as the notifier tells it: taken from an entry of the journal or a work order.

A story has places, kinds and times, which are data of the site. It has no note that somebody wrote
and no person.
"""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from callpoint_gateway.alarms.case import Case
from callpoint_gateway.alarms.site_state import SiteState
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    Entry,
    EscalationBody,
    EventBody,
    FaultBody,
    Mark,
)
from callpoint_gateway.journal.event_meaning import raises, restores
from callpoint_gateway.words.said import NOTHING, Said, stored
from callpoint_people.work_news import WorkNews
from callpoint_protocol import names

LIFE, DAMAGE, FAULT, NOTICE = 1, 2, 3, 4


class What(StrEnum):
    """The kind of news."""

    ALARM = "alarm"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    TROUBLE = "trouble"
    TROUBLE_OVER = "trouble_over"
    FAULT = "fault"
    FAULT_OVER = "fault_over"
    TEST = "test"
    WORK_GIVEN = "work_given"
    WORK_REOPENED = "work_reopened"
    WORK_DUE = "work_due"


class Story(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One piece of news. ``position``: of its entry; ``alarm``: of the alarm, 0 if there is none.

    ``place``: the register's id; ``where``: its text. ``at_ms``: Unix ms of what happened.
    ``overdue``: the missed deadline of an escalation; ``to``: whom that step informs. ``order``:
    the number of a work order, with its last day ``due`` and what is to be mended; ``turn``: see
    ``WorkNews``.
    """

    what: What
    priority: int
    position: int
    at_ms: int
    alarm: int = 0
    kind: int = 0
    state: int = 0
    detail: int = 0
    device: str = ""
    zone: int = 0
    place: str = ""
    where: str = ""
    mark: Mark = Mark.REAL
    overdue: str = ""
    overdue_ms: int = 0
    to: str = ""
    who: str = ""
    cause: str = ""
    source: str = ""
    reason: Said = NOTHING
    remedy: Said = NOTHING
    order: int = 0
    due: str = ""
    turn: str = ""
    matter: Said = NOTHING

    @property
    def subject(self) -> str:
        """What it is about: news about the same subject waits for the cooldown."""
        if self.order:
            return f"{self.what}/{self.order}/{self.turn}"
        if self.source:
            return f"{self.what}/{self.source}"
        if self.what in (What.TROUBLE, What.TROUBLE_OVER):
            return f"{self.what}/{self.device}/{self.zone}/{self.kind}/{self.detail}"
        return f"{self.what}/{self.alarm}"


def work_story(news: WorkNews, register: Register) -> Story:
    """Return what is told of a work order; what is late is a fault, the rest a notice."""
    known = register.place(news.place)
    return Story(
        what=What(news.what.value),
        priority=FAULT if news.late else NOTICE,
        position=0,
        at_ms=news.at_ms,
        place=news.place,
        where=str(known) if known is not None else news.place,
        order=news.order,
        due=news.due,
        turn=news.turn,
        matter=news.matter,
    )


class Teller:
    """Makes the stories of entries. It needs the state of the site after each entry."""

    def __init__(self, state: SiteState, settings: AlarmSettings, register: Register) -> None:
        """``state``: fed by the caller, an entry before it is told here."""
        self._state = state
        self._settings = settings
        self._register = register

    def of(self, entry: Entry, before: Case | None) -> Iterator[Story]:
        """Yield what an entry tells. ``before``: the open alarm that it is about, if any."""
        match entry.body:
            case EventBody() as body if entry.device is not None:
                yield from self._event(entry, body)
            case EscalationBody() as body if before is not None:
                yield self._about(
                    before,
                    entry,
                    What.ESCALATED,
                    self._settings.priority(before.kind),
                    overdue=body.deadline,
                    overdue_ms=body.overdue_ms,
                    to=body.to,
                )
            case ActionBody() as body if before is not None:
                yield from self._action(entry, body, before)
            case FaultBody() as body:
                yield Story(
                    what=What.FAULT if body.active else What.FAULT_OVER,
                    priority=FAULT if body.active else NOTICE,
                    position=entry.position,
                    at_ms=entry.recorded_ms,
                    source=body.source,
                    reason=stored(body.why, body.reason),
                    remedy=stored(body.to_do, body.remedy),
                )

    def _event(self, entry: Entry, body: EventBody) -> Iterator[Story]:
        case = self._state.cases.case(entry.position)
        if case is not None and case.position == entry.position:
            yield self._about(
                case, entry, What.ALARM, self._settings.priority(case.kind), detail=body.detail
            )
        elif _is_trouble(body) and case is None:
            over = body.state == names.TROUBLE_RESTORE
            yield Story(
                what=What.TROUBLE_OVER if over else What.TROUBLE,
                priority=NOTICE if over else FAULT,
                position=entry.position,
                at_ms=body.occurred_ms,
                kind=body.kind,
                state=body.state,
                detail=body.detail,
                device=entry.device or "",
                zone=body.zone,
                place=body.place,
                where=self._where(body.place),
            )

    def _action(self, entry: Entry, body: ActionBody, case: Case) -> Iterator[Story]:
        what = {Action.ACKNOWLEDGE: What.ACKNOWLEDGED, Action.CLOSE: What.CLOSED}.get(body.action)
        if what is not None:
            # Who runs there already must know; it is no alarm of its own.
            priority = max(DAMAGE, self._settings.priority(case.kind))
            cause = body.cause.value if body.cause else ""
            yield self._about(case, entry, what, priority, who=body.who, cause=cause)

    def _about(self, case: Case, entry: Entry, what: What, priority: int, **more: object) -> Story:
        at_ms = case.occurred_ms if what is What.ALARM else entry.recorded_ms
        story = Story(
            what=what,
            priority=priority,
            position=entry.position,
            at_ms=at_ms,
            alarm=case.position,
            kind=case.kind,
            state=names.ALARM,
            device=case.device,
            zone=case.zone,
            place=case.place,
            where=self._where(case.place),
            mark=case.mark,
        )
        return msgspec.structs.replace(story, **more)

    def _where(self, place: str) -> str:
        known = self._register.place(place)
        return str(known) if known is not None else place


def _is_trouble(body: EventBody) -> bool:
    """Say whether an event is a trouble, or the end of one, that raises or ends no alarm."""
    trouble = body.state in (names.TROUBLE, names.TROUBLE_RESTORE)
    return trouble and not (body.inhibited or raises(body) or restores(body))
