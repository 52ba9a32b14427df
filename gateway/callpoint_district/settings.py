"""The settings of a district: one TOML file, checked before anything starts."""

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from callpoint_gateway.configuration.console import ConsoleSettings
from callpoint_gateway.configuration.engine_access import EngineAccess
from callpoint_gateway.configuration.relative_files import from_folder
from callpoint_gateway.configuration.toml_file import read, refuse
from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.protocols.upstream import Name
from callpoint_gateway.words.said import of, said


class District(EngineAccess, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``district.toml``: the engine (NATS), the database (PostgreSQL), and where it belongs.

    ``database``: as libpq reads it. ``stream_mb``: what the engine
    keeps of parcels; when it is full, the oldest go, and a gateway sends again what was not kept.
    ``areas``: the file with the desks of each area (``areas.rules``).
    ``state_dir``: a folder of the console, for its accounts. ``map_file``: the map that it draws,
    GeoJSON. ``upstream``: the city, of which this district is a gateway.
    """

    district: Name
    database: str
    stream_mb: Annotated[int, Meta(ge=16, le=1_000_000)] = 1024
    retention_months: Annotated[int, Meta(ge=1, le=600)] = 24
    time_zone: str = "UTC"
    areas: str | None = None
    state_dir: str = "district-state"
    map_file: str | None = None
    console: ConsoleSettings = ConsoleSettings()
    upstream: Upstream | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which people read times; checked when it was loaded."""
        return ZoneInfo(self.time_zone)


def load(path: Path) -> District:
    """Read the file. ConfigError: it names what is wrong and where.

    Relative paths are relative to the file's folder.
    """
    settings = _absolute(read(path, District), path.parent)
    if wrong := settings.access_mistake():
        raise refuse(path, (wrong[0],), wrong[1])
    if settings.upstream is not None and (wrong := settings.upstream.mistake()):
        raise refuse(path, ("upstream", wrong[0]), wrong[1])
    try:
        settings.zone  # noqa: B018 - a zone that there is not must show now
    except (ZoneInfoNotFoundError, ValueError, OSError):
        what = of("time_zone", said("config.time_zone", name=settings.time_zone))
        raise refuse(path, ("time_zone",), what) from None
    if mistake := settings.console.mistake():
        raise refuse(path, ("console", mistake[0]), mistake[1])
    return settings


def _absolute(settings: District, folder: Path) -> District:
    """Return the settings with every file relative to the folder of the configuration."""
    return msgspec.structs.replace(
        from_folder(settings, folder, "areas"),
        console=from_folder(settings.console, folder),
        upstream=settings.upstream and from_folder(settings.upstream, folder),
    )
