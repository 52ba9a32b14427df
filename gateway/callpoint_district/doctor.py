"""Examines a district: engine, database, certificates, areas, and whether gateways speak."""

import datetime
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography import x509

from callpoint_district import listening
from callpoint_district.areas import rules
from callpoint_district.areas.territory import area_text, gateways_in
from callpoint_district.database import Database, DatabaseError, usable
from callpoint_district.engine import monitor
from callpoint_district.engine.enrolling import GatewayState, states
from callpoint_district.engine.folder import EngineError, EngineFolder
from callpoint_district.engine.monitor import MONITOR, NoAnswer, Varz
from callpoint_district.settings import District
from callpoint_district.sites.silence import findings as silences
from callpoint_district.sites.standing import gateways
from callpoint_gateway.broker.authority import AuthorityError
from callpoint_gateway.configuration.engine_access import EngineAccess
from callpoint_gateway.configuration.toml_file import ConfigError
from callpoint_gateway.doctor import host
from callpoint_gateway.doctor.findings import Finding, Grade, bad, ok, warn
from callpoint_gateway.doctor.upstream import introduced, line
from callpoint_gateway.doctor.validity import validity
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.words.said import said, said_by

#: The first version that can write each message to the disk before it acknowledges it.
OLDEST: Final = (2, 10)
_FULL, _NEARLY_FULL = 0.98, 0.8


def examined(settings: District, files: EngineFolder | None, clock: Clock) -> Iterator[Finding]:
    """Yield what is found. ``files``: the engine's folder, if the engine is on this machine."""
    yield host.clock()
    yield host.memory()
    yield from certificate(settings, clock)
    yield from line(settings)
    if files is None:
        yield from store_of(settings)
    else:
        yield from engine(files, settings.stream_mb)
        yield from enrolled(files)
    if settings.upstream is not None:
        yield from certificate(settings.upstream, clock)
        yield from line(settings.upstream)
    yield from database(settings.database)
    yield from areas(settings)


def certificate(access: EngineAccess, clock: Clock) -> Iterator[Finding]:
    """Examine when the certificate of a line ends; it could be loaded a moment ago."""
    if access.certificate_file is None:
        return
    file = Path(access.certificate_file)
    ends = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    what = said("doctor.certificate", name=file.name)
    yield validity(what, ends, clock, said("upstream.certificate.do"))


def engine(files: EngineFolder, stream_mb: int) -> Iterator[Finding]:
    """Examine the engine on this machine by what it says on its monitoring port.

    ``stream_mb``: what the district wants to store there.
    """
    what = said("doctor.engine_here")
    try:
        port = files.place().monitor
    except EngineError as error:
        yield bad(what, error.why, said("doctor.name_folder"))
        return
    if port is None:
        yield warn(what, said("doctor.no_monitor"), said("doctor.no_monitor.do"))
        return
    try:
        found = monitor.varz(port)
    except NoAnswer:
        text = said("doctor.engine_silent", port=port)
        yield bad(what, text, said("doctor.engine_silent.do", file=str(files.configuration)))
        return
    yield _version(found.version)
    yield from _store(found, stream_mb)


def store_of(settings: District, port: int = MONITOR) -> Iterator[Finding]:
    """Examine version and store of the configured engines.

    An engine says on its own machine only how it stores: it is asked on ``port`` of this one, and
    by its id it is known whether what answers there is one of them.
    """
    here = None
    with suppress(NoAnswer):
        here = monitor.varz(port)
    for server in settings.servers:
        try:
            found = introduced(server, settings.tls)
        except OSError:
            continue  # it was said
        yield _version(found.version)
        if here is not None and here.server_id == found.server_id:
            yield from _store(here, settings.stream_mb)
        else:
            text = said("doctor.store_unseen", server=server, port=port)
            yield warn(said("doctor.engine_store"), text, said("doctor.name_folder"))


def _version(version: str) -> Finding:
    what = said("doctor.engine_version")
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    if numbers < OLDEST:
        return bad(what, said("doctor.engine_old", version=version), said("doctor.engine_old.do"))
    return ok(what, said("doctor.engine_is", version=version))


def _store(found: Varz, stream_mb: int) -> Iterator[Finding]:
    what = said("doctor.engine_store")
    config, stats = found.jetstream.config, found.jetstream.stats
    if config is None or stats is None:
        yield bad(what, said("doctor.no_store"), said("doctor.engine_config.do"))
        return
    if config.sync_always:
        yield ok(what, said("doctor.durable"))
    else:
        yield bad(what, said("doctor.not_durable"), said("doctor.engine_config.do"))
    if config.max_storage < stream_mb << 20:
        small = said("doctor.store_small", most=config.max_storage >> 20, wanted=stream_mb)
        yield bad(what, small, said("doctor.store_small.do"))
    used = stats.storage / config.max_storage if config.max_storage > 0 else 0.0
    text = said(
        "doctor.store_used",
        used=round(stats.storage / 1e6),
        most=round(config.max_storage / 1e6),
    )
    if used >= _FULL:
        yield bad(what, text, said("doctor.store_full.do"))
    elif used >= _NEARLY_FULL:
        yield warn(what, text, said("doctor.store_full.do"))
    else:
        yield ok(what, text)
    yield from host.disk(Path(config.store_dir), max(0, config.max_storage - stats.storage))


def enrolled(files: EngineFolder) -> Iterator[Finding]:
    """Examine the authority: which gateway's certificate ends soon, and the engine's own."""
    try:
        found = [state for state in states(files) if state.ends_s]
        own = x509.load_pem_x509_certificate((files.folder / "broker.pem").read_bytes())
    except (EngineError, AuthorityError, OSError, ValueError) as error:
        yield bad(said("doctor.enrolled"), said_by(error), said("doctor.name_folder"))
        return
    yield validity(
        said("doctor.certificate", name="broker.pem"),
        own.not_valid_after_utc,
        files.clock,
        said("doctor.engine_certificate.do"),
    )
    each = [_of_gateway(state, files.clock) for state in found]
    soon = [finding for finding in each if finding.grade is not Grade.OK]
    yield from soon
    if not soon:
        yield ok(said("doctor.enrolled"), said("doctor.gateways_enrolled", count=len(found)))


def _of_gateway(state: GatewayState, clock: Clock) -> Finding:
    ends = datetime.datetime.fromtimestamp(state.ends_s, datetime.UTC)
    what = said("doctor.certificate_of", name=state.gateway)
    return validity(what, ends, clock, said("doctor.gateway_ends.do"))


def database(address: str) -> Iterator[Finding]:
    """Examine the database, whether the district hears, and which gateways it does not hear."""
    what = said("doctor.database")
    opened = Database(address)
    try:
        missing = opened.missing_steps()
        if missing:
            text = said("doctor.old_schema", steps=missing)
            yield warn(what, text, said("doctor.old_schema.do"))
            return
        yield ok(what, said("doctor.database_answers"))
        with usable():
            count = sum(row.retired_ms is None for row in gateways(opened))
            silent = [name for found in silences(opened) for name in found.gateways]
            with opened.transaction() as connection:
                deaf = listening.is_deaf(opened, connection)
    except DatabaseError as error:
        yield bad(what, error.why, said("doctor.database.do"))
        return
    finally:
        opened.close()
    for gateway in silent:
        yield bad(
            said("doctor.gateway_of_district", gateway=gateway),
            said("doctor.gateway_silent"),
            said("doctor.gateway_silent.do"),
        )
    if deaf:
        yield warn(said("doctor.gateways"), said("doctor.deaf"), said("doctor.deaf.do"))
    elif not silent:
        yield ok(said("doctor.gateways"), said("doctor.gateways_heard", count=count))


def areas(settings: District) -> Iterator[Finding]:
    """Examine the file with the desks of areas, and whether a place lies in each of them."""
    if settings.areas is None:
        return
    what = said("doctor.areas")
    try:
        found = rules.load(Path(settings.areas))
    except ConfigError as error:
        yield bad(what, error.why, said("doctor.areas.do"))
        return
    opened = Database(settings.database)
    try:
        if opened.missing_steps():
            return
        with usable(), opened.transaction() as connection:
            named = [tuple(area.grid) for area in found.area]
            empty = [area_text(area) for area in named if not gateways_in(connection, area)]
    except DatabaseError:
        return  # it was said
    finally:
        opened.close()
    for area in filter(None, empty):
        yield warn(what, said("doctor.area_empty", area=area), said("doctor.area_empty.do"))
    if not any(empty):
        yield ok(what, said("doctor.areas_good", count=len(named)))
