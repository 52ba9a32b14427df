"""Writes and reads dates and times in the time zone of the site."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from callpoint_cli.language import texts
from callpoint_gateway.words.said import said

_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def _at(time_ms: int, zone: ZoneInfo) -> datetime | None:
    """Return Unix ms in a zone; None outside the calendar (years 1 to 9999)."""
    try:
        moment = datetime.fromtimestamp(time_ms // 1000, zone)
    except (OverflowError, ValueError, OSError):
        return None
    return moment.replace(microsecond=time_ms % 1000 * 1000)


def iso(time_ms: int, zone: ZoneInfo) -> str:
    """Return Unix ms as ISO 8601 text with the zone's offset (RFC 3339), `Z` for UTC.

    A time outside the calendar (years 1 to 9999) is the number with `ms`.
    """
    moment = _at(time_ms, zone)
    if moment is None:
        return f"{time_ms} ms"
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def short(time_ms: int, zone: ZoneInfo) -> str:
    """Return Unix ms as date and time to the second, for a screen that names the zone itself."""
    moment = _at(time_ms, zone)
    return f"{time_ms} ms" if moment is None else moment.strftime("%Y-%m-%d %H:%M:%S")


def moment_ms(text: str | None, zone: ZoneInfo, now_ms: int) -> int | None:
    """Return Unix ms of ``10m`` (that long before ``now_ms``) or of an ISO 8601 date or time.

    A time without an offset is in ``zone``. None if ``text`` is None; BadParameter if it is
    neither.
    """
    if text is None:
        return None
    if ago := re.fullmatch(r"(\d{1,6})([smhd])", text):
        return now_ms - int(ago[1]) * _UNIT_S[ago[2]] * 1000
    try:
        moment = datetime.fromisoformat(text)
        return int(moment.replace(tzinfo=moment.tzinfo or zone).astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise click.BadParameter(
            texts().told(said("cli.no_time", text=text, zone=zone.key))
        ) from None
