"""What happened in an area and how soon people acted there: one line for it, one for each part.

An alarm belongs to the area in which its device is now. Times count from the alarm's arrival at
the gateway; only the targets for arrival and reinforcement count from the dispatch, as in the
report of a site. They are by the wall clock of the gateway. Alarms of exercises are counted apart.
"""

from collections import Counter
from typing import Any, Final

import msgspec

from callpoint_district.database import Database
from callpoint_gateway.journal.entries import Mark
from callpoint_protocol import names

#: The targets for the arrival on the scene and for the reinforcement, in seconds.
ARRIVE_S: Final = 300
REINFORCE_S: Final = 600
#: The share of alarms that were acknowledged within so many seconds.
WITHIN_S: Final = (30, 60, 90, 180)

Area = tuple[str, ...]


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


_STEPS: Final = ("acknowledged", "arrived", "reinforced", "closed")
_CHOSEN: Final = f"""
WITH chosen AS (
  SELECT alarms.*, mark = '{Mark.REAL}' AS real,
    CASE WHEN cardinality(grid) > cardinality(%(area)s::text[])
         THEN grid[1:cardinality(%(area)s::text[]) + 1] END AS part
  FROM alarms LEFT JOIN devices USING (gateway, device)
  WHERE opened_ms >= %(since)s AND opened_ms < %(until)s AND (%(area)s::text[] = '{{}}'
    OR grid[1:cardinality(%(area)s::text[])] = %(area)s::text[]))
"""


def _taken(step: str) -> str:
    took = f"greatest({step}_ms - opened_ms, 0)"
    return ", ".join(
        (
            f"count({step}_ms) FILTER (WHERE real)",
            f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {took}) "
            f"FILTER (WHERE real AND {step}_ms IS NOT NULL)",
            f"percentile_cont(0.9) WITHIN GROUP (ORDER BY {took}) "
            f"FILTER (WHERE real AND {step}_ms IS NOT NULL)",
        )
    )


def _in_time(step: str, seconds: int) -> str:
    return (
        f"avg(({step}_ms - dispatched_ms <= {seconds * 1000})::integer) "
        f"FILTER (WHERE real AND {step}_ms IS NOT NULL AND dispatched_ms IS NOT NULL)"
    )


def _within(seconds: int) -> str:
    soon = f"coalesce(acknowledged_ms - opened_ms <= {seconds * 1000}, false)"
    return f"avg({soon}::integer) FILTER (WHERE real)"


_FIGURES: Final = f"""{_CHOSEN}
SELECT grouping(part) = 1, part, count(*) FILTER (WHERE real),
  count(*) FILTER (WHERE real AND closed_ms IS NULL), count(*) FILTER (WHERE NOT real),
  {_in_time("arrived", ARRIVE_S)}, {_in_time("reinforced", REINFORCE_S)},
  {", ".join(map(_within, WITHIN_S))}, {", ".join(map(_taken, _STEPS))}
FROM chosen GROUP BY GROUPING SETS ((), (part))"""
_COUNTS: Final = f"""{_CHOSEN}
SELECT part, kind, cause, count(*) FROM chosen WHERE real GROUP BY part, kind, cause"""
_PARTS: Final = """
SELECT DISTINCT grid[1:cardinality(%(area)s::text[]) + 1] FROM places
WHERE cardinality(grid) > cardinality(%(area)s::text[]) AND (%(area)s::text[] = '{}'
  OR grid[1:cardinality(%(area)s::text[])] = %(area)s::text[])"""


def figures(database: Database, area: Area, since_ms: int, until_ms: int) -> Figures:
    """Return the figures of the alarms that arrived from ``since_ms`` to before ``until_ms``.

    Both are Unix ms. ``area``: from the city down; empty: everything.
    """
    chosen = {"area": list(area), "since": since_ms, "until": until_ms}
    with database.transaction() as connection:
        parts = [tuple(row[0]) for row in connection.execute(_PARTS, chosen)]
        counts = connection.execute(_COUNTS, chosen).fetchall()
        rows = connection.execute(_FIGURES, chosen).fetchall()
    kinds: dict[Area, Counter[str]] = {}
    causes: dict[Area, Counter[str]] = {}
    for part, kind, cause, count in counts:
        for counted in {area, tuple(part or area)}:
            kinds.setdefault(counted, Counter())[names.KINDS.get(kind, str(kind))] += count
            if cause is not None:
                causes.setdefault(counted, Counter())[cause] += count
    found = {part: AreaFigures(part) for part in (area, *parts)}
    for row in rows:
        if row[0] or row[1] is not None:
            where = area if row[0] else tuple(row[1])
            found[where] = _figures(
                row, where, dict(kinds.get(where, {})), dict(causes.get(where, {}))
            )
    return Figures(found.pop(area), [found[part] for part in sorted(found)])


def _figures(
    row: tuple[Any, ...], area: Area, kinds: dict[str, int], causes: dict[str, int]
) -> AreaFigures:
    alarms, open_, exercises, arrived, reinforced = row[2:7]
    shares = row[7 : 7 + len(WITHIN_S)]
    taken = row[7 + len(WITHIN_S) :]
    steps = {
        step: Taken(count, _whole(median), _whole(p90))
        for step, (count, median, p90) in zip(
            _STEPS, zip(*[iter(taken)] * 3, strict=True), strict=True
        )
    }
    return AreaFigures(
        area=area,
        alarms=alarms,
        open=open_,
        exercises=exercises,
        kinds=dict(sorted(kinds.items())),
        causes=dict(sorted(causes.items())),
        within={s: _share(share) for s, share in zip(WITHIN_S, shares, strict=True) if alarms},
        arrived_in_time=None if arrived is None else _share(arrived),
        reinforced_in_time=None if reinforced is None else _share(reinforced),
        **steps,
    )


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _share(value: Any) -> float:
    return round(float(value), 4)
