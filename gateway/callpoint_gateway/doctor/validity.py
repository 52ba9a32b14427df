"""Says whether a certificate has ended, or ends soon."""

import datetime
from typing import Final

from callpoint_gateway.doctor.findings import Finding, bad, ok, warn
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.words.said import Said, said

EXPIRES_SOON: Final = datetime.timedelta(days=30)


def validity(what: Said, ends: datetime.datetime, clock: Clock, remedy: Said) -> Finding:
    """Return what is to be said of a certificate that ``ends`` then."""
    now = datetime.datetime.fromtimestamp(clock.wall_ms() / 1000, datetime.UTC)
    day = f"{ends:%Y-%m-%d}"
    if ends <= now:
        return bad(what, said("doctor.expired", day=day), remedy)
    if ends <= now + EXPIRES_SOON:
        return warn(what, said("doctor.valid", day=day), remedy)
    return ok(what, said("doctor.valid", day=day))
