"""An open alarm as every page of the console shows it."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec

from callpoint_console.site_map import Spot
from callpoint_console.views.context import Context
from callpoint_console.words.page_words import PageWords
from callpoint_console.work.matters import alarm_key
from callpoint_console.work.roles import MAKERS, SEE
from callpoint_gateway.alarms.case import STEPS, Handling, Step
from callpoint_gateway.alarms.questions import may_act
from callpoint_gateway.alarms.situation import Alarm, Deadline
from callpoint_gateway.control.roles import DESK, Role
from callpoint_gateway.journal.entries import Action, Mark
from callpoint_people.roles import names_of

LATE_MS: Final = 60_000
_STEADY_MS: Final = 2_000


class Overdue(msgspec.Struct, frozen=True):
    """A missed deadline: the text around the age that counts from ``since_ms`` (Unix ms)."""

    before: str
    since_ms: int
    after: str


class AlarmRow(msgspec.Struct, frozen=True, kw_only=True):
    """An open alarm. Times are Unix ms, texts are in one language.

    ``began_ms``: when its age counts from. ``late``: it happened more than a minute before it
    arrived. ``owner``: who has acknowledged it, "" while nobody has. ``next``: what may be done
    about it now, by whoever looks. ``version`` is another one after each change of the alarm,
    and of what its card is made of.
    ``orders``: its open work orders; ``makes``: whoever looks may make one, ``calls``: may see
    the household, ``sees``: may see who is responsible there.
    """

    number: int
    level: int
    kind: str
    spot: Spot
    where: str
    device: str
    zone: int
    handling: str
    handling_text: str
    condition: str
    mark: str
    mark_text: str
    events: int
    opened: str
    began_ms: int
    occurred: str
    late: bool
    owner: str
    owned_at: str
    overdue: tuple[Overdue, ...]
    told: tuple[str, ...]
    accepted_by: tuple[str, ...]
    refused_by: tuple[str, ...]
    waiting: bool
    next: frozenset[str]
    orders: tuple[int, ...]
    makes: bool
    calls: bool
    sees: bool
    version: str

    @property
    def new(self) -> bool:
        """Whether nobody has acknowledged it."""
        return self.handling == Handling.NEW.value


class Around(NamedTuple):
    """What the row of an alarm shows beside the alarm itself.

    ``place``: the id of its place. ``has(roles, places)``: whoever looks has one of these roles
    there. ``orders``: its open work orders, where ``keeps_orders`` says that there are any.
    ``keeps_people``: the people of its place are known here. ``revision``: see ``Console``.
    """

    words: PageWords
    now_ms: int
    clock: Callable[[int], str]
    spot: Spot
    where: str
    place: str
    has: Callable[[frozenset[Role], Sequence[str]], bool]
    orders: tuple[int, ...] = ()
    keeps_orders: bool = False
    keeps_people: bool = True
    revision: str = ""


def alarm_row(alarm: Alarm, context: Context) -> AlarmRow:
    """Return the row of an alarm of the site."""
    spot = _spot(alarm, context)
    return row_of(
        alarm,
        Around(
            words=context.words,
            now_ms=context.now_ms,
            clock=context.clock,
            spot=spot,
            where=context.site.short(spot) or alarm.device,
            place=_place(alarm, context),
            has=context.has,
            orders=context.work.numbers_about(alarm_key(alarm.alarm)),
            keeps_orders=context.work.kept,
            keeps_people=not context.elsewhere,
            revision=context.revision,
        ),
    )


def row_of(alarm: Alarm, around: Around) -> AlarmRow:
    """Return the row of an alarm of any site."""
    words, clock, has, place = around.words, around.clock, around.has, around.place
    taken = _first(alarm, Action.ACKNOWLEDGE)
    return AlarmRow(
        number=alarm.alarm,
        level=alarm.priority,
        kind=words.kind(alarm.kind),
        spot=around.spot,
        where=around.where,
        device=alarm.device,
        zone=alarm.zone,
        handling=alarm.handling.value,
        handling_text=words.handling(alarm.handling.value),
        condition=words.condition(alarm.condition.value),
        mark=alarm.mark.value,
        mark_text=words.mark(alarm.mark.value),
        events=alarm.events,
        opened=clock(alarm.opened_ms),
        began_ms=began_ms(around.now_ms, alarm.age_ms, alarm.opened_ms),
        occurred=clock(alarm.occurred_ms),
        late=alarm.opened_ms - alarm.occurred_ms > LATE_MS,
        owner=taken.who if taken else "",
        owned_at=clock(taken.at.wall_ms) if taken else "",
        overdue=tuple(
            _overdue(deadline, around) for deadline in alarm.deadlines if deadline.rest_ms < 0
        ),
        told=tuple(dict.fromkeys(names_of(step.to, words.language) for step in alarm.escalated)),
        accepted_by=alarm.accepted_by,
        refused_by=alarm.refused_by,
        waiting=bool(alarm.awaited) and not alarm.accepted_by and alarm.mark is Mark.REAL,
        next=frozenset(
            action.value
            for action, (states, _) in STEPS.items()
            if alarm.handling in states and has(may_act(action), [place])
        ),
        orders=around.orders,
        makes=around.keeps_orders and has(MAKERS, [place]),
        calls=alarm.mark is Mark.REAL and has(DESK, [place]),
        sees=around.keeps_people and has(SEE, [place]),
        version=f"{len(alarm.steps)}.{alarm.events}.{len(alarm.accepted_by)}.{alarm.condition}"
        f"{around.revision}",
    )


def alarm_rows(context: Context) -> list[AlarmRow]:
    """Return the rows of all open alarms in scope: the most urgent first, then the oldest."""
    return [
        alarm_row(alarm, context)
        for alarm in context.snapshot.situation.alarms
        if context.sees(alarm.device)
    ]


def began_ms(now_ms: int, age_ms: int, recorded_ms: int) -> int:
    """Return from when an age counts. The recorded moment, unless a clock was stepped since."""
    counted_ms = now_ms - age_ms
    if abs(counted_ms - recorded_ms) < _STEADY_MS:
        return recorded_ms
    return counted_ms // 1000 * 1000


def _overdue(deadline: Deadline, around: Around) -> Overdue:
    before, after = around.words.overdue(deadline.what)
    return Overdue(before, (around.now_ms + deadline.rest_ms + 500) // 1000 * 1000, after)


def _spot(alarm: Alarm, context: Context) -> Spot:
    if alarm.place:
        return context.site.spot_of(alarm.place)
    sensed = context.site.devices.get(alarm.device)
    return sensed.spot if sensed else ()


def _first(alarm: Alarm, action: Action) -> Step | None:
    return next((step for step in alarm.steps if step.action is action), None)


def _place(alarm: Alarm, context: Context) -> str:
    return alarm.place or context.site.place_of(alarm.device)
