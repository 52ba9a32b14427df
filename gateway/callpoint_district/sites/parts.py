"""The parts of an area, and which alarms lie in each: as SQL that reads no more than it must.

Arrays are in the order of their parts, and NULL comes after each text. So all grids within an area
lie between the area and the area with a NULL behind it, side by side in the index of the grids.
"""

from typing import Final, NamedTuple

import psycopg

Area = tuple[str, ...]

#: The next part behind ``part``, or the first one.
_NEXT: Final = """
SELECT grid[1:cardinality(%(area)s::text[]) + 1] FROM places
WHERE grid > {} AND grid < array_append(%(area)s::text[], NULL)
ORDER BY grid LIMIT 1"""
_PARTS: Final = f"""
WITH RECURSIVE found (part) AS (
  ({_NEXT.format("%(area)s::text[]")})
  UNION ALL
  SELECT ({_NEXT.format("array_append(part, NULL)")}) FROM found WHERE part IS NOT NULL)
SELECT part FROM found WHERE part IS NOT NULL"""

#: Alarms that came in a time, those of devices in an area, with the ``number`` of their part:
#: from 1, in the order of its names; 0 where the place is no further known. For everything also
#: the alarms of devices that no register has. Use it with ``Parted.values``.
PLACED: Final = """
placed AS (
  SELECT gateway, device, grid, number FROM devices LEFT JOIN unnest(%(names)s::text[])
    WITH ORDINALITY AS part (name, number)
    ON grid > %(base)s::text[] AND grid < array_append(%(base)s::text[], NULL)
    AND grid[cardinality(%(base)s::text[]) + 1] = name
  WHERE grid >= %(area)s::text[] AND grid < array_append(%(area)s::text[], NULL)),
chosen AS (
  SELECT alarms.*, coalesce(number, 0) AS part, grid IS NOT NULL AS known
  FROM alarms LEFT JOIN placed
    USING (gateway, device)
  WHERE opened_ms >= %(since)s AND opened_ms < %(until)s
    AND (grid IS NOT NULL OR %(area)s::text[] = '{}'))"""
#: So much may an operation of one of these statements keep in memory, before it writes to disk.
WORK: Final = "SET LOCAL work_mem = '32MB'"


class Parted(NamedTuple):
    """An area, and the parts of it that are counted: those directly in ``base``."""

    area: Area
    base: Area
    names: tuple[str, ...]

    def part(self, number: int) -> Area:
        """Return the part with this number."""
        return (*self.base, self.names[number - 1])

    def values(self, since_ms: int, until_ms: int) -> dict[str, object]:
        """Return the values of a statement; times are Unix ms, the latter excluded."""
        return {
            "area": list(self.area),
            "base": list(self.base),
            "names": list(self.names),
            "since": since_ms,
            "until": until_ms,
        }


def parted(connection: psycopg.Connection, area: Area, *, deep: bool) -> Parted:
    """Return an area with the parts in it that have a place; ``deep``: of one city its districts.

    Where there is a single part, and that has parts, those are taken.
    """
    base, names = area, _names(connection, area)
    while deep and len(names) == 1 and (below := _names(connection, (*base, *names))):
        base, names = (*base, *names), below
    return Parted(area, base, names)


def _names(connection: psycopg.Connection, area: Area) -> tuple[str, ...]:
    rows = connection.execute(_PARTS, {"area": list(area)}).fetchall()
    return tuple(sorted(row[0][-1] for row in rows))
