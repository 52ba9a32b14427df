"""The register of each gateway's site as the gateway has told it, in the newest revision.

What it promises:

1. One transaction replaces the register, its places, its devices and the site's own action plans.
   Whoever reads sees one revision, whole.
2. A revision is kept only if it is the one that the gateway announced, by its digest, and the
   checks of the gateway's own files pass it. Otherwise the revision before stays.
3. Parts of it may come in any order, twice, and to several processes.
"""

import hashlib
import zlib
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import psycopg

from callpoint_district.database import Database
from callpoint_district.sites import own_plans
from callpoint_gateway.configuration import revision as revisions
from callpoint_gateway.configuration.levels import AlarmSettingsByLevel
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.configuration.revision import CentreAccount, Revision, RevisionError
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.protocols.upstream import RegisterAnswer, RegisterPart
from callpoint_gateway.upstream.own_plans import plan as plans_in
from callpoint_gateway.words.said import said

# The first of the two numbers of a lock; the second is the gateway's. One process keeps it.
_LOCKS: Final = 0x63616C72


class KeptRegister(msgspec.Struct, frozen=True):
    """A gateway's site: its id, register, time zone, deadlines and centres' account numbers."""

    site: str
    register: Register
    zone: ZoneInfo
    settings: AlarmSettingsByLevel
    centres: list[CentreAccount]
    digest: str


def register_of(connection: psycopg.Connection, gateway: str) -> KeptRegister | None:
    """Return what a gateway has told of its site, None if it has told nothing yet."""
    found = connection.execute(
        "SELECT body::text, digest FROM registers WHERE gateway = %s", (gateway,)
    ).fetchone()
    if found is None:
        return None
    told = _kept(found[0])
    return KeptRegister(told.site, told.register, told.zone, told.settings, told.centre, found[1])


def revision_of(connection: psycopg.Connection, gateway: str) -> Revision | None:
    """Return the revision that a gateway has told, None if it has told nothing yet."""
    found = connection.execute(
        "SELECT body::text FROM registers WHERE gateway = %s", (gateway,)
    ).fetchone()
    return None if found is None else _kept(found[0])


def _kept(body: str) -> Revision:
    # An earlier or later version of this program may have kept it.
    return revisions.known_part(body.encode(), Revision)


def keep(
    connection: psycopg.Connection, gateway: str, revision: Revision, digest: str, told_ms: int
) -> None:
    """Replace what is kept of a gateway's site by a checked revision."""
    connection.execute(
        "INSERT INTO registers (gateway, digest, site, time_zone, body, told_ms) "
        "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (gateway) DO UPDATE SET "
        "digest = excluded.digest, site = excluded.site, time_zone = excluded.time_zone, "
        "body = excluded.body, told_ms = excluded.told_ms",
        (
            gateway,
            digest,
            revision.site,
            revision.time_zone,
            msgspec.json.encode(revision).decode(),
            told_ms,
        ),
    )
    grids = {place.id: list(place.grid) for place in revision.place}
    connection.execute("DELETE FROM places WHERE gateway = %s", (gateway,))
    with connection.cursor().copy(
        "COPY places (gateway, place, grid, latitude, longitude) FROM STDIN"
    ) as copy:
        for place in revision.place:
            copy.write_row((gateway, place.id, grids[place.id], place.latitude, place.longitude))
    connection.execute("DELETE FROM devices WHERE gateway = %s", (gateway,))
    with connection.cursor().copy(
        "COPY devices (gateway, device, place, grid) FROM STDIN"
    ) as copy:
        for device in revision.device:
            copy.write_row((gateway, device.id, device.place, grids[device.place]))


class RegisterKeeper:
    """Keeps the registers that gateways tell. For one thread at a time."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """The schema must be there."""
        self._database = database
        self._clock = clock

    def take(self, gateway: str, part: RegisterPart) -> RegisterAnswer:
        """Keep a part, and the revision when it is whole; say what is missing of it.

        psycopg.Error: nothing was kept, or perhaps all of it; the same part may be given again.
        """
        with self._database.transaction() as connection:
            connection.execute(
                "SELECT pg_advisory_xact_lock(%s, %s)",
                (_LOCKS, zlib.crc32(gateway.encode()) & 0x7FFFFFFF),
            )
            return self._take(connection, gateway, part)

    def _take(
        self, connection: psycopg.Connection, gateway: str, part: RegisterPart
    ) -> RegisterAnswer:
        found = connection.execute(
            "SELECT digest FROM registers WHERE gateway = %s", (gateway,)
        ).fetchone()
        has = found[0] if found else ""
        if has == part.digest:
            return RegisterAnswer(digest=has)
        connection.execute(
            "DELETE FROM register_parts WHERE gateway = %s AND (digest <> %s OR number >= %s)",
            (gateway, part.digest, part.parts),
        )
        if part.text:
            connection.execute(
                "INSERT INTO register_parts (gateway, digest, number, text) "
                "VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (gateway, part.digest, part.number, part.text),
            )
        numbers = connection.execute(
            "SELECT number FROM register_parts WHERE gateway = %s", (gateway,)
        ).fetchall()
        missing = set(range(part.parts)) - {row[0] for row in numbers}
        if missing:
            return RegisterAnswer(digest=has, wants=min(missing))
        return self._whole(connection, gateway, part.digest, has)

    def _whole(
        self, connection: psycopg.Connection, gateway: str, digest: str, has: str
    ) -> RegisterAnswer:
        rows = connection.execute(
            "DELETE FROM register_parts WHERE gateway = %s RETURNING number, text", (gateway,)
        ).fetchall()
        text = b"".join(bytes(row[1]) for row in sorted(rows))
        if hashlib.sha256(text).hexdigest() != digest:
            return RegisterAnswer(digest=has, refused=said("upstream.register_other"))
        try:
            revision, plans = revisions.read(text), plans_in.read(text)
        except RevisionError as error:
            return RegisterAnswer(digest=has, refused=error.why)
        keep(connection, gateway, revision, digest, self._clock.wall_ms())
        own_plans.keep(connection, gateway, plans)
        return RegisterAnswer(digest=digest)
