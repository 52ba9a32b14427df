"""Which desk has each open alarm: recorded, and passed on when nobody takes it in time.

It says which desk has an alarm and delays nothing: the site tells its own centres as it is set up
to, and whoever may see an alarm sees it at once. An alarm is taken when somebody acknowledges it
at the site's desk, at the site or at the district. Alarms of a drill have desks as real ones do
and stay marked, and a walk test opens no alarm. What is open at a gateway out of service stays
with the desk that had it.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec
import psycopg

from callpoint_district.areas.routing import DeskStep, desks_for
from callpoint_district.areas.rules import Areas
from callpoint_district.database import CHANGES, Database, tell_all
from callpoint_district.sites.retiring import IN_SERVICE
from callpoint_gateway.host.clock import Clock
from callpoint_protocol import names

LOOK_S: Final = 0.5
#: An alarm for which no area has a desk is looked at again after this time: its gateway may not
#: have told its register yet.
AGAIN_MS: Final = 5_000
#: Alarms that one look takes; the rest is for the next look, at once.
MOST: Final = 500
#: The grid of an alarm's place, as SQL with the tables ``alarms``, ``places`` and ``devices``.
GRID: Final = "coalesce(places.grid, devices.grid, '{}')"
PLACED: Final = (
    "LEFT JOIN places ON places.gateway = alarms.gateway AND places.place = alarms.place "
    "LEFT JOIN devices ON devices.gateway = alarms.gateway AND devices.device = alarms.device"
)

_Key = tuple[str, str, int]


class DeskTurn(msgspec.Struct, frozen=True, kw_only=True):
    """The desk that has, or had, an alarm; times are Unix ms.

    ``turn`` counts from 1. Without ``desk`` no area has one for it. ``due_ms``: who comes next has
    it then, unless somebody takes it; None: nobody comes next, or its time is over.
    """

    turn: int
    area: tuple[str, ...]
    level: str
    desk: str
    centre: str
    responders: tuple[str, ...]
    since_ms: int
    due_ms: int | None


def turns_of(
    connection: psycopg.Connection, alarms: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], list[DeskTurn]]:
    """Return the desks of alarms, given and keyed by gateway and number, the latest desk last.

    An alarm without any is not in it.
    """
    found = connection.execute(
        "SELECT desks.gateway, desks.position, turn, area, level, desk, centre, responders, "
        "since_ms, due_ms FROM desks "
        "JOIN unnest(%s::text[], %s::bigint[]) AS asked (g, p) ON gateway = g AND position = p "
        "JOIN alarms USING (gateway, epoch, position) WHERE NOT forgotten "
        "ORDER BY turn",
        ([gateway for gateway, _ in alarms], [position for _, position in alarms]),
    ).fetchall()
    turns: dict[tuple[str, int], list[DeskTurn]] = {}
    for gateway, position, turn, area, level, desk, centre, responders, since, due in found:
        turns.setdefault((gateway, position), []).append(
            DeskTurn(
                turn=turn,
                area=tuple(area),
                level=level,
                desk=desk,
                centre=centre,
                responders=tuple(responders),
                since_ms=since,
                due_ms=due,
            )
        )
    return turns


class Desks:
    """Gives alarms to desks. One process of a district does it at a time."""

    def __init__(self, database: Database, areas: Areas, clock: Clock) -> None:
        """``areas``: the rules."""
        self._database = database
        self._areas = areas
        self._clock = clock

    async def run(self) -> None:
        """Look for ever."""
        while True:
            if not await asyncio.to_thread(self.look):
                await asyncio.sleep(LOOK_S)

    def look(self) -> bool:
        """Give each new alarm to its first desk, and pass on what is due; say if there is more."""
        with self._database.transaction() as connection:
            new = connection.execute(
                f"SELECT alarms.gateway, alarms.epoch, alarms.position, kind, {GRID} "
                f"FROM alarms {PLACED} WHERE closed_ms IS NULL AND NOT forgotten "
                f"AND alarms.{IN_SERVICE} "
                "AND NOT EXISTS (SELECT 1 FROM desks WHERE desks.gateway = alarms.gateway "
                "  AND desks.epoch = alarms.epoch AND desks.position = alarms.position) "
                "ORDER BY opened_ms LIMIT %s",
                (MOST,),
            ).fetchall()
            for gateway, epoch, position, kind, grid in new:
                steps = self._steps(kind, grid)
                self._give(connection, (gateway, epoch, position), 1, steps, 0)
            due = connection.execute(
                "SELECT alarms.gateway, alarms.epoch, alarms.position, kind, "
                f"{GRID}, desks.turn, desks.area, desks.desk, "
                "handling = 'new' AND closed_ms IS NULL AND NOT forgotten "
                f"AND alarms.{IN_SERVICE} "
                f"FROM desks JOIN alarms USING (gateway, epoch, position) {PLACED} "
                "WHERE due_ms <= %s ORDER BY due_ms LIMIT %s",
                (self._clock.wall_ms(), MOST),
            ).fetchall()
            for gateway, epoch, position, kind, grid, turn, area, desk, waits in due:
                alarm = (gateway, epoch, position)
                self._is_over(connection, alarm, turn)
                if waits:
                    steps = self._steps(kind, grid)
                    self._pass_on(connection, alarm, turn, area, desk, steps)
        return MOST in (len(new), len(due))

    def _steps(self, kind: int, grid: Sequence[str]) -> list[DeskStep]:
        return desks_for(self._areas, tuple(grid), names.KINDS.get(kind, ""))

    def _pass_on(
        self,
        connection: psycopg.Connection,
        alarm: _Key,
        turn: int,
        area: Sequence[str],
        desk: str,
        steps: list[DeskStep],
    ) -> None:
        """Give an alarm that nobody took to whom comes next; the rules may have changed."""
        had = [(step.area, step.desk) for step in steps]
        here = (tuple(area), desk)
        following = had.index(here) + 1 if here in had else 0
        if following < len(steps):
            self._give(connection, alarm, turn + 1, steps, following)
        elif not desk:
            connection.execute(
                "UPDATE desks SET due_ms = %s "
                "WHERE gateway = %s AND epoch = %s AND position = %s AND turn = %s",
                (self._clock.wall_ms() + AGAIN_MS, *alarm, turn),
            )

    def _is_over(self, connection: psycopg.Connection, alarm: _Key, turn: int) -> None:
        """Keep that a desk's time is over: nothing follows from it any more."""
        connection.execute(
            "UPDATE desks SET due_ms = NULL "
            "WHERE gateway = %s AND epoch = %s AND position = %s AND turn = %s",
            (*alarm, turn),
        )

    def _give(
        self,
        connection: psycopg.Connection,
        alarm: _Key,
        turn: int,
        steps: list[DeskStep],
        number: int,
    ) -> None:
        now_ms = self._clock.wall_ms()
        if steps:
            step = steps[number]
            due_ms = None if step.after_s is None else now_ms + step.after_s * 1000
            row = (step.area, step.level, step.desk, step.centre, step.responders)
        else:
            due_ms, row = now_ms + AGAIN_MS, ((), "", "", "", ())
        area, level, desk, centre, responders = row
        connection.execute(
            "INSERT INTO desks (gateway, epoch, position, turn, area, level, desk, centre, "
            "responders, since_ms, due_ms) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (*alarm, turn, list(area), level, desk, centre, list(responders), now_ms, due_ms),
        )
        tell_all(connection, CHANGES, [alarm[0]])
