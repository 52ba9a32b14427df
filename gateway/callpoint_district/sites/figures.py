"""What happened in an area and how soon people acted there: one line for it, one for each part.

An alarm belongs to the area in which its device is now. Times count from the alarm's arrival at
the gateway; only the targets for arrival and reinforcement count from the dispatch, as in the
report of a site. They are by the wall clock of the gateway. Alarms of exercises are counted apart.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from callpoint_district.database import Database
from callpoint_district.sites.parts import PLACED, WORK, Area, parted
from callpoint_gateway.journal.entries import Mark
from callpoint_protocol import names

#: The targets for the arrival on the scene and for the reinforcement, in seconds.
ARRIVE_S: Final = 300
REINFORCE_S: Final = 600
#: The share of alarms that were acknowledged within so many seconds.
WITHIN_S: Final = (30, 60, 90, 180)


class Taken(msgspec.Struct, frozen=True):
    """How long a step took: the alarms that came so far, and the times of these, in ms."""

    count: int = 0
    median_ms: int | None = None
    p90_ms: int | None = None


class AreaFigures(msgspec.Struct, frozen=True):
    """The figures of one area. Shares are 0 to 1, None if there is nothing to take one of.

    ``within``: the share of all alarms that was acknowledged within so many seconds;
    ``arrived_in_time`` and ``reinforced_in_time``: of those that came so far after a dispatch.
    """

    area: Area
    alarms: int = 0
    open: int = 0
    exercises: int = 0
    kinds: dict[str, int] = {}
    causes: dict[str, int] = {}
    acknowledged: Taken = Taken()
    arrived: Taken = Taken()
    reinforced: Taken = Taken()
    closed: Taken = Taken()
    within: dict[int, float] = {}
    arrived_in_time: float | None = None
    reinforced_in_time: float | None = None


class Figures(msgspec.Struct, frozen=True):
    """The figures of an area, and of each area directly in it, in order of the name.

    Alarms whose place is no further known than the area are in ``whole`` alone.
    """

    whole: AreaFigures
    parts: list[AreaFigures]


_REAL: Final = f"mark = '{Mark.REAL}'"
_STEPS: Final = ("acknowledged", "arrived", "reinforced", "closed")


def _taken(step: str) -> str:
    took = f"greatest({step}_ms - opened_ms, 0)"
    return ", ".join(
        (
            f"count({step}_ms) FILTER (WHERE {_REAL})",
            f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {took}) "
            f"FILTER (WHERE {_REAL} AND {step}_ms IS NOT NULL)",
            f"percentile_cont(0.9) WITHIN GROUP (ORDER BY {took}) "
            f"FILTER (WHERE {_REAL} AND {step}_ms IS NOT NULL)",
        )
    )


def _in_time(step: str, seconds: int) -> str:
    return (
        f"avg(({step}_ms - dispatched_ms <= {seconds * 1000})::integer) "
        f"FILTER (WHERE {_REAL} AND {step}_ms IS NOT NULL AND dispatched_ms IS NOT NULL)"
    )


def _within(seconds: int) -> str:
    soon = f"coalesce(acknowledged_ms - opened_ms <= {seconds * 1000}, false)"
    return f"avg({soon}::integer) FILTER (WHERE {_REAL})"


# The times are in the columns in the order of ``_figures``; of a count by kind and cause it is the
# only one. Both read what was chosen once.
_FIGURES: Final = f"""WITH {PLACED},
narrow AS MATERIALIZED (
  SELECT part, mark, kind, cause, opened_ms, acknowledged_ms, dispatched_ms, arrived_ms,
    reinforced_ms, closed_ms FROM chosen)
SELECT part, NULL AS kind, NULL AS cause, ARRAY[count(*) FILTER (WHERE {_REAL}),
  count(*) FILTER (WHERE {_REAL} AND closed_ms IS NULL), count(*) FILTER (WHERE NOT {_REAL}),
  {_in_time("arrived", ARRIVE_S)}, {_in_time("reinforced", REINFORCE_S)},
  {", ".join(map(_within, WITHIN_S))}, {", ".join(map(_taken, _STEPS))}]::double precision[]
FROM narrow GROUP BY GROUPING SETS ((), (part))
UNION ALL
SELECT part, kind, cause, ARRAY[count(*)]::double precision[] FROM narrow WHERE {_REAL}
GROUP BY part, kind, cause"""


def figures(
    database: Database, area: Area, since_ms: int, until_ms: int, *, deep: bool = False
) -> Figures:
    """Return the figures of the alarms that arrived from ``since_ms`` to before ``until_ms``.

    Both are Unix ms. ``area``: from the city down; empty: everything. ``deep``: instead of a
    single part those within it.
    """
    with database.transaction() as connection:
        found = parted(connection, area, deep=deep)
        connection.execute(WORK)
        rows = connection.execute(_FIGURES, found.values(since_ms, until_ms)).fetchall()
    kinds: dict[int | None, Counter[str]] = {}
    causes: dict[int | None, Counter[str]] = {}
    values: dict[int | None, list[Any]] = {}
    for part, kind, cause, numbers in rows:
        if kind is None:
            values[part] = numbers
            continue
        for counted in (None, part):
            kinds.setdefault(counted, Counter())[names.KINDS.get(kind, str(kind))] += int(
                numbers[0]
            )
            if cause is not None:
                causes.setdefault(counted, Counter())[cause] += int(numbers[0])

    def of(number: int | None, where: Area) -> AreaFigures:
        if number not in values:
            return AreaFigures(where)
        return _figures(values[number], where, kinds.get(number, {}), causes.get(number, {}))

    parts = [of(number, found.part(number)) for number in range(1, len(found.names) + 1)]
    return Figures(of(None, area), parts)


def _figures(
    values: list[Any], area: Area, kinds: Mapping[str, int], causes: Mapping[str, int]
) -> AreaFigures:
    alarms, open_, exercises, arrived, reinforced = values[:5]
    shares = values[5 : 5 + len(WITHIN_S)]
    taken = values[5 + len(WITHIN_S) :]
    steps = {
        step: Taken(int(count), _whole(median), _whole(p90))
        for step, (count, median, p90) in zip(
            _STEPS, zip(*[iter(taken)] * 3, strict=True), strict=True
        )
    }
    return AreaFigures(
        area=area,
        alarms=int(alarms),
        open=int(open_),
        exercises=int(exercises),
        kinds=dict(sorted(kinds.items())),
        causes=dict(sorted(causes.items())),
        within={s: _share(share) for s, share in zip(WITHIN_S, shares, strict=True) if alarms},
        arrived_in_time=None if arrived is None else _share(arrived),
        reinforced_in_time=None if reinforced is None else _share(reinforced),
        **steps,
    )


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _share(value: float) -> float:
    return round(value, 4)
