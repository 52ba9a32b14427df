"""How the line of a district to its city stands, as one line of text."""

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from callpoint_cli.times import short
from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.words.words import Words

if TYPE_CHECKING:
    from callpoint_district.relay.city_line import CityLine


def city_text(words: Words, upstream: Upstream, line: "CityLine | None", zone: ZoneInfo) -> str:
    """Return it; None: no process of the district has relayed to the city yet."""
    city = upstream.district
    if line is None:
        return words("district.city_never", city=city)
    if not line.relayed(SystemClock().wall_ms()):
        return words("district.city_old", city=city, time=short(line.told_ms, zone))
    since, why = short(line.since_ms, zone), words.told(line.why)
    if line.up:
        return words("district.city_up", city=city, time=since, why=why)
    return words("district.city_down", city=city, time=since, why=why)
