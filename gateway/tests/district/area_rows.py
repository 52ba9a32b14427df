"""Rows of a district's database as its gateways would fill them: places, devices, alarms."""

from collections.abc import Sequence

from callpoint_district.database import Database

EPOCH = "0" * 15


def gateway(database: Database, name: str, *grid: str, heard_ms: int = 1) -> None:
    """Add a gateway with one place, "flat-301", and one device there, "button"."""
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO gateways (gateway, epoch, heard_ms) VALUES (%s, %s, %s)",
            (name, EPOCH, heard_ms),
        )
        connection.execute(
            "INSERT INTO epochs (gateway, epoch, number, base, began_ms) VALUES (%s, %s, 1, 0, 0)",
            (name, EPOCH),
        )
        connection.execute(
            "INSERT INTO places (gateway, place, grid) VALUES (%s, 'flat-301', %s)",
            (name, list(grid)),
        )
        connection.execute(
            "INSERT INTO devices (gateway, device, place, grid) "
            "VALUES (%s, 'button', 'flat-301', %s)",
            (name, list(grid)),
        )


def alarm(
    database: Database,
    gateway: str,
    position: int,
    kind: int,
    *,
    mark: str = "",
    handling: str = "new",
    device: str = "button",
) -> None:
    """Add an open alarm at the gateway's device."""
    place = "flat-301" if device == "button" else "elsewhere"
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO alarms (gateway, epoch, position, kind, mark, device, place, handling, "
            "condition, occurred_ms, opened_ms) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 'active', 1, %s)",
            (gateway, EPOCH, position, kind, mark, device, place, handling, position),
        )


def rows(database: Database, query: str, *values: object) -> Sequence[tuple[object, ...]]:
    """Return what a query finds."""
    with database.transaction() as connection:
        return connection.execute(query, values).fetchall()
