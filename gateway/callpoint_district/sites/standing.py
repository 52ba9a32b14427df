"""How the gateways of a district stand: what people and programs see of them."""

import msgspec

from callpoint_district.database import Database
from callpoint_district.journal.store import entry_of
from callpoint_district.sites.retiring import IN_SERVICE
from callpoint_gateway.journal.entries import EventBody
from callpoint_gateway.journal.event_meaning import raises


class GatewayRow(msgspec.Struct, frozen=True):
    """One gateway: how far its journal is kept here, and when it was last heard (Unix ms).

    ``waiting`` is what its journal had when it was last heard and is not kept here. ``alarms``
    are those that no person has closed; ``forgotten`` are those of them that the gateway does not
    have any more, because its journal was put back. ``speaks``: in which version of the protocol
    it was last heard, 0 if not yet. ``retired_ms``: since when it is out of service, None if it
    is in service; nothing that is open there waits for anybody.
    """

    gateway: str
    position: int
    waiting: int
    heard_ms: int
    program: str
    alarms: int
    forgotten: int
    faults: int
    speaks: int
    retired_ms: int | None


class OpenAlarm(msgspec.Struct, frozen=True):
    """An alarm that no person has closed, as the site's gateway has it."""

    gateway: str
    alarm: int
    kind: int
    mark: str
    device: str
    place: str
    handling: str
    condition: str
    occurred_ms: int
    forgotten: bool


class Ahead(msgspec.Struct, frozen=True):
    """An alarm that a copy has told ahead of its turn; its entry is still on its way."""

    gateway: str
    alarm: int
    kind: int
    place: str
    occurred_ms: int


def ahead(database: Database, limit: int = 1000) -> list[Ahead]:
    """Return the alarms that only a copy has told, of gateways in service, the oldest first."""
    with database.transaction() as connection:
        found = connection.execute(
            f"SELECT gateway, row FROM provisional WHERE {IN_SERVICE} "
            "ORDER BY arrived_ms, gateway, position LIMIT %s",
            (limit,),
        ).fetchall()
    alarms = []
    for gateway, row in found:
        entry = entry_of(row)
        if entry is not None and isinstance(entry.body, EventBody) and raises(entry.body):
            body = entry.body
            alarms.append(Ahead(gateway, entry.position, body.kind, body.place, body.occurred_ms))
    return alarms


def gateways(database: Database) -> list[GatewayRow]:
    """Return every gateway, by name."""
    with database.transaction() as connection:
        found = connection.execute(
            "SELECT gateway, position, greatest(head - position, 0), heard_ms, program, "
            "(SELECT count(*) FROM alarms WHERE alarms.gateway = gateways.gateway "
            " AND closed_ms IS NULL), "
            "(SELECT count(*) FROM alarms WHERE alarms.gateway = gateways.gateway "
            " AND closed_ms IS NULL AND forgotten), "
            "(SELECT count(*) FROM faults WHERE faults.gateway = gateways.gateway), speaks, "
            "since_ms FROM gateways LEFT JOIN retirements USING (gateway) ORDER BY gateway"
        ).fetchall()
    return [GatewayRow(*row) for row in found]


def open_alarms(database: Database, limit: int = 1000) -> list[OpenAlarm]:
    """Return the alarms that are not closed at gateways in service, the oldest first."""
    with database.transaction() as connection:
        found = connection.execute(
            "SELECT gateway, position, kind, mark, device, place, handling, condition, "
            f"occurred_ms, forgotten FROM alarms WHERE closed_ms IS NULL AND {IN_SERVICE} "
            "ORDER BY occurred_ms, gateway, position LIMIT %s",
            (limit,),
        ).fetchall()
    return [OpenAlarm(*row) for row in found]
