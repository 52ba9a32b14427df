"""Sums up alarms for a report: how soon people acted, and what the alarms turned out to be.

Times count from the alarm's arrival at the gateway; only the target for the arrival on the scene
counts from the dispatch. They are taken from the monotonic clock if both ends are of one boot.
Alarms of exercises are counted apart.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from statistics import median, quantiles
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import msgspec

from callpoint_gateway.alarms.case import Case
from callpoint_gateway.alarms.fold import TYPES, Cases
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.journal.ages import Stamp, between_ms, stamp_of
from callpoint_gateway.journal.entries import Action, DeliveryBody, Entry, Mark, Type
from callpoint_protocol import names

BLOCK: Final = 5000
WITHIN_S: Final = (30, 60, 90, 180)
CENTRE, ACKNOWLEDGED, ARRIVED, CLOSED = "centre", "acknowledged", "arrived", "closed"
STAGES: Final = (CENTRE, ACKNOWLEDGED, ARRIVED, CLOSED)


class Entries(Protocol):
    """Whatever gives the entries of a journal."""

    def read(self, after: int, limit: int, types: Sequence[Type] = ()) -> list[Entry]:
        """Return up to ``limit`` entries of ``types`` behind position ``after``, in order."""


class Course(msgspec.Struct, frozen=True):
    """The course of one alarm, opened at ``opened_ms`` (Unix ms).

    ``times``: ms until each stage that was reached.

    ``met``: for each reached stage with a target, whether it was reached in time.
    """

    alarm: int
    opened_ms: int
    kind: str
    place: str
    month: str
    mark: str
    cause: str | None
    times: dict[str, int]
    met: dict[str, bool]


class Timing(msgspec.Struct, frozen=True):
    """How long a stage took; ``met``: the share in time (0 to 1), None without a target."""

    count: int
    median_ms: int
    p90_ms: int
    worst_ms: int
    met: float | None


class Summary(msgspec.Struct, frozen=True):
    """The summary of a set of alarms. ``within``: the share acknowledged within so many s."""

    alarms: int
    open: int
    causes: dict[str, int]
    stages: dict[str, Timing]
    within: dict[int, float]


def courses(
    reader: Entries,
    settings: AlarmSettings,
    zone: ZoneInfo,
    since_ms: int = 0,
    until_ms: int | None = None,
) -> list[Course]:
    """Return the alarms that were opened from ``since_ms`` to ``until_ms``, oldest first.

    Both are Unix ms. ``zone``: the time zone by which an alarm belongs to a month.
    """
    centre: dict[int, Stamp] = {}
    finished: list[Case] = []
    cases = Cases(closed=finished.append)
    after = 0
    while entries := reader.read(after, BLOCK, TYPES):
        after = entries[-1].position
        for entry in entries:
            body = entry.body
            if isinstance(body, DeliveryBody) and body.accepted and entry.about is not None:
                centre.setdefault(entry.about, stamp_of(entry))
            cases.take(entry)
    every = sorted([*finished, *cases.open_cases()], key=lambda case: case.position)
    return [
        _course(case, centre.get(case.position), settings, zone)
        for case in every
        if case.opened.wall_ms >= since_ms and (until_ms is None or case.opened.wall_ms < until_ms)
    ]


def _course(case: Case, centre: Stamp | None, settings: AlarmSettings, zone: ZoneInfo) -> Course:
    times: dict[str, int] = {}
    met: dict[str, bool] = {}
    if centre is not None:
        times[CENTRE] = between_ms(case.opened, centre)
        met[CENTRE] = times[CENTRE] <= settings.centre_s * 1000
    for stage, action in (
        (ACKNOWLEDGED, Action.ACKNOWLEDGE),
        (ARRIVED, Action.ARRIVE),
        (CLOSED, Action.CLOSE),
    ):
        if step := case.done(action):
            times[stage] = between_ms(case.opened, step.at)
    if ACKNOWLEDGED in times:
        limit_s = settings.acknowledge_s[settings.priority(case.kind) - 1]
        met[ACKNOWLEDGED] = times[ACKNOWLEDGED] <= limit_s * 1000
    dispatched, arrived = case.done(Action.DISPATCH), case.done(Action.ARRIVE)
    if dispatched is not None and arrived is not None:
        met[ARRIVED] = between_ms(dispatched.at, arrived.at) <= settings.arrive_s * 1000
    closed = case.done(Action.CLOSE)
    return Course(
        alarm=case.position,
        opened_ms=case.opened.wall_ms,
        kind=names.KINDS.get(case.kind, str(case.kind)),
        place=case.place or case.device,
        month=datetime.fromtimestamp(case.opened.wall_ms / 1000, zone).strftime("%Y-%m"),
        mark=case.mark.value,
        cause=closed.cause.value if closed and closed.cause else None,
        times=times,
        met=met,
    )


def summary_of(chosen: Iterable[Course]) -> Summary:
    """Return the summary of alarms. One that was never acknowledged counts as not in time."""
    alarms = list(chosen)
    acknowledged = [alarm.times.get(ACKNOWLEDGED) for alarm in alarms]
    return Summary(
        alarms=len(alarms),
        open=sum(alarm.cause is None for alarm in alarms),
        causes=dict(sorted(Counter(alarm.cause for alarm in alarms if alarm.cause).items())),
        stages={stage: timing for stage in STAGES if (timing := _timing(alarms, stage))},
        within={
            s: round(sum(t is not None and t <= s * 1000 for t in acknowledged) / len(alarms), 4)
            for s in WITHIN_S
            if alarms
        },
    )


def _timing(alarms: list[Course], stage: str) -> Timing | None:
    times = sorted(alarm.times[stage] for alarm in alarms if stage in alarm.times)
    if not times:
        return None
    met = [alarm.met[stage] for alarm in alarms if stage in alarm.met]
    p90 = quantiles(times, n=10, method="inclusive")[-1] if len(times) > 1 else times[0]
    share = round(sum(met) / len(met), 4) if met else None
    return Timing(len(times), round(median(times)), round(p90), times[-1], share)


def grouped(alarms: Iterable[Course], by: str) -> Iterator[tuple[str, Summary]]:
    """Yield the summary of each ``place``, ``kind`` or ``month``, in order of the name."""
    groups: dict[str, list[Course]] = {}
    for alarm in alarms:
        groups.setdefault(getattr(alarm, by), []).append(alarm)
    for name in sorted(groups):
        yield name, summary_of(groups[name])


def real(alarms: Iterable[Course], *, exercises: bool = False) -> list[Course]:
    """Return the real alarms, or (``exercises``) those of drills."""
    return [alarm for alarm in alarms if (alarm.mark != Mark.REAL) == exercises]
