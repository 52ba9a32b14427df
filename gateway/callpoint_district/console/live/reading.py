"""Reads from the district's database what its pages show, as little as each change needs."""

from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

import msgspec
import psycopg

from callpoint_console.site_map import Spot
from callpoint_district.console.live.snapshot import (
    BEHIND,
    DeskTurn,
    Key,
    Site,
    SiteAlarm,
    revision_in,
)
from callpoint_district.console.site_addresses import code_of
from callpoint_district.journal.store import entry_of
from callpoint_district.sites.doubles import SOURCE as DOUBLE
from callpoint_district.sites.retiring import IN_SERVICE
from callpoint_gateway.alarms.case import Case, Condition, Handling, Step
from callpoint_gateway.alarms.fold import opened
from callpoint_gateway.alarms.model import alarm_of
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.levels import AlarmSettingsByLevel, LevelSettings
from callpoint_gateway.configuration.revision import known_part
from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.journal.ages import Stamp
from callpoint_gateway.journal.entries import Action, EventBody, Mark
from callpoint_gateway.journal.event_meaning import raises

#: Parts of a place's grid, from the city down to the building.
BUILDING: Final = 5
#: An epoch is a text; no alarm that a copy has told is in one that is kept.
COPIED: Final = "copy"

_USUAL: Final = AlarmSettingsByLevel(AlarmSettings())
_decode_case = msgspec.json.Decoder(Case).decode


class KnownAlarm(NamedTuple):
    """An open alarm as the database has it; which deadlines hold depends on the moment."""

    case: Case
    condition: Condition
    spot: Spot
    place: str
    copied: bool
    forgotten: bool
    desk: DeskTurn | None


class _Settings(msgspec.Struct, frozen=True):
    """The deadlines of people, as a register has them."""

    alarms: AlarmSettings
    level: list[LevelSettings] = []


class Told(NamedTuple):
    """What a gateway has told of its site, as far as pages over all sites need it."""

    digest: str
    site: str
    settings: AlarmSettingsByLevel
    spots: tuple[Spot, ...]
    latitude: float | None
    longitude: float | None


_ALARMS: Final = f"""
SELECT alarms.gateway, alarms.epoch, position, kind, mark, alarms.device, alarms.place, handling,
  condition, occurred_ms, opened_ms, forgotten, state,
  coalesce(places.grid, devices.grid, '{{}}'), coalesce(places.place, devices.place, ''),
  desk.turn, desk.area, desk.level, desk.desk, desk.centre, desk.responders
FROM alarms
LEFT JOIN places ON places.gateway = alarms.gateway AND places.place = alarms.place
LEFT JOIN devices ON devices.gateway = alarms.gateway AND devices.device = alarms.device
LEFT JOIN LATERAL (
  SELECT turn, area, level, desk, centre, responders FROM desks
  WHERE desks.gateway = alarms.gateway AND desks.epoch = alarms.epoch
    AND desks.position = alarms.position ORDER BY turn DESC LIMIT 1) AS desk ON true
WHERE closed_ms IS NULL AND alarms.{IN_SERVICE}
"""
_COPIES: Final = f"""
SELECT provisional.gateway, provisional.row FROM provisional
WHERE NOT EXISTS (SELECT 1 FROM alarms WHERE alarms.gateway = provisional.gateway
  AND alarms.epoch = provisional.epoch AND alarms.position = provisional.position)
  AND provisional.{IN_SERVICE}
"""


def open_alarms(
    connection: psycopg.Connection, gateways: Collection[str] | None = None
) -> dict[Key, KnownAlarm]:
    """Return the open alarms of some gateways in service, also those that copies have told.

    ``gateways`` None: of all.
    """
    some = "" if gateways is None else "AND {}.gateway = ANY(%(gateways)s)"
    values = {"gateways": list(gateways or ())}
    found: dict[Key, KnownAlarm] = {}
    for row in connection.execute(_ALARMS + some.format("alarms"), values):
        found[row[0], row[1], row[2]] = _known(row)
    copies = connection.execute(_COPIES + some.format("provisional"), values).fetchall()
    cases = [(gateway, case) for gateway, row in copies if (case := _copied(bytes(row)))]
    for (gateway, case), (spot, place) in zip(cases, _spots(connection, cases), strict=True):
        found[gateway, COPIED, case.position] = KnownAlarm(
            case, Condition.ACTIVE, spot, place, True, False, None
        )
    return found


def _known(row: tuple[Any, ...]) -> KnownAlarm:
    state, grid, place, turn = row[12], row[13], row[14], row[15]
    case = None if state is None else _case(bytes(state))
    if case is None:
        case = _bare_case(row)
    desk = None
    if turn is not None:
        desk = DeskTurn(turn, tuple(row[16]), row[17], row[18], row[19], tuple(row[20]))
    return KnownAlarm(case, Condition(row[8]), tuple(grid), place, False, row[11], desk)


def _case(state: bytes) -> Case | None:
    """Return what is kept of an alarm, None if this version cannot read it."""
    try:
        return _decode_case(state)
    except NOT_JSON:
        return None


def _bare_case(row: tuple[Any, ...]) -> Case:
    """Return what the columns alone say of an alarm."""
    moment = Stamp(row[10], "", row[10])
    handling = Handling(row[7])
    steps = (
        [] if handling is Handling.NEW else [Step(moment, Action.ACKNOWLEDGE, "", "", None, "")]
    )
    return Case(
        position=row[2],
        device=row[5],
        kind=row[3],
        zone=0,
        place=row[6],
        partition=0,
        mark=Mark(row[4]),
        opened=moment,
        occurred_ms=row[9],
        last=moment,
        events=1,
        handling=handling,
        steps=steps,
    )


def _copied(row: bytes) -> Case | None:
    entry = entry_of(row)
    if entry is None or entry.device is None:
        return None
    body = entry.body
    if not isinstance(body, EventBody) or not raises(body):
        return None
    case = opened(entry, body, entry.device)
    case.events = 1
    return case


def _spots(
    connection: psycopg.Connection, cases: Collection[tuple[str, Case]]
) -> list[tuple[Spot, str]]:
    """Return grid and id of the place of each case."""
    if not cases:
        return []
    found = connection.execute(
        "SELECT coalesce(places.grid, devices.grid, '{}'), "
        "coalesce(places.place, devices.place, '') "
        "FROM unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY AS asked (g, p, d, n) "
        "LEFT JOIN places ON places.gateway = g AND places.place = p "
        "LEFT JOIN devices ON devices.gateway = g AND devices.device = d ORDER BY n",
        (
            [gateway for gateway, _ in cases],
            [case.place for _, case in cases],
            [case.device for _, case in cases],
        ),
    ).fetchall()
    return [(tuple(grid), place) for grid, place in found]


def alarm_at(key: Key, known: KnownAlarm, told: Told | None, level: int, now_ms: int) -> SiteAlarm:
    """Return an alarm as it is at a moment; ``level``: the response level that holds there.

    ``told``: what its gateway has told of the site.
    """
    settings = told.settings if told else _USUAL
    alarm = alarm_of(
        known.case,
        settings.at(level),
        lambda moment: max(0, now_ms - moment.wall_ms),
        condition=known.condition,
        where=" / ".join(known.spot),
        level=level,
    )
    gateway, epoch, position = key
    within = f".{epoch}" if known.forgotten else ""
    return SiteAlarm(
        gateway=gateway,
        epoch=epoch,
        alarm=alarm,
        spot=known.spot,
        place=known.place,
        copied=known.copied,
        forgotten=known.forgotten,
        desk=known.desk,
        id=f"{code_of(gateway)}{within}.{position}",
        at_ms=now_ms,
        revision=revision_in(told.digest) if told else "",
    )


def told_by(connection: psycopg.Connection, known: Mapping[str, Told]) -> dict[str, Told]:
    """Return what each gateway has told of its site; it reads what is not in ``known`` yet."""
    digests: dict[str, str] = dict(
        connection.execute("SELECT gateway, digest FROM registers").fetchall()
    )
    told = {
        gateway: each for gateway, each in known.items() if digests.get(gateway) == each.digest
    }
    if lacking := list(digests.keys() - told.keys()):
        told |= _read_told(connection, lacking)
    return told


def _read_told(connection: psycopg.Connection, gateways: list[str]) -> dict[str, Told]:
    spots: dict[str, tuple[list[Spot], float | None, float | None]] = {}
    for gateway, grid, latitude, longitude in connection.execute(
        "SELECT gateway, grid[1:%s] AS spot, avg(latitude), avg(longitude) FROM places "
        "WHERE gateway = ANY(%s) GROUP BY gateway, spot ORDER BY gateway, spot",
        (BUILDING, gateways),
    ):
        found, north, _ = spots.get(gateway, ([], None, None))
        found.append(tuple(grid))
        if north is None:
            spots[gateway] = (found, latitude, longitude)
    told = {}
    for gateway, digest, site, text in connection.execute(
        "SELECT gateway, digest, site, jsonb_build_object('alarms', coalesce(body->'alarms', "
        "'{}'), 'level', coalesce(body->'level', '[]'))::text "
        "FROM registers WHERE gateway = ANY(%s)",
        (gateways,),
    ):
        kept = known_part(text.encode(), _Settings)
        settings = AlarmSettingsByLevel(kept.alarms, kept.level)
        found, latitude, longitude = spots.get(gateway, ([], None, None))
        told[gateway] = Told(digest, site, settings, tuple(found), latitude, longitude)
    return told


def sites(connection: psycopg.Connection, told: Mapping[str, Told]) -> dict[str, Site]:
    """Return every gateway with how it stands."""
    faults: dict[str, list[str]] = {}
    for gateway, source, _ in connection.execute(
        "SELECT gateway, source, since_ms FROM faults "
        "UNION ALL SELECT gateway, %s, since_ms FROM doubles ORDER BY gateway, since_ms, source",
        (DOUBLE,),
    ):
        faults.setdefault(gateway, []).append(source)
    found = {}
    for row in connection.execute(
        "SELECT gateways.gateway, program, speaks, position, greatest(head - position, 0), "
        "heard_ms, silences.since_ms, finding, retirements.since_ms FROM gateways "
        "LEFT JOIN silences USING (gateway) LEFT JOIN retirements USING (gateway) "
        "ORDER BY gateways.gateway"
    ):
        gateway, program, speaks, position, behind, heard_ms, silent_ms, finding, retired_ms = row
        site = told.get(gateway)
        found[gateway] = Site(
            gateway=gateway,
            site=site.site if site else gateway,
            spots=site.spots if site else (),
            latitude=site.latitude if site else None,
            longitude=site.longitude if site else None,
            program=program,
            speaks=speaks,
            position=position,
            behind=behind if behind >= BEHIND else 0,
            heard_ms=heard_ms,
            faults=tuple(faults.get(gateway, ())),
            silent_ms=silent_ms,
            finding=finding,
            retired_ms=retired_ms,
        )
    return found


def levels(connection: psycopg.Connection, now_ms: int) -> list[tuple[Spot, int]]:
    """Return each area that is put to a response level of the district, and that level."""
    found = connection.execute(
        "SELECT area, level FROM area_levels WHERE ended_ms IS NULL AND until_ms > %s", (now_ms,)
    )
    return [(tuple(area), level) for area, level in found]
