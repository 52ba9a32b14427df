"""What every page is rendered from: the site at one moment, read in one thread."""

from collections.abc import Mapping

import msgspec

from callpoint_console.commissioning.signal_log import Measured
from callpoint_console.live.figures import Response
from callpoint_console.live.proofs import Proofs
from callpoint_gateway.alarms.situation import Situation
from callpoint_gateway.journal.entries import Entry


class Snapshot(msgspec.Struct, frozen=True):
    """The site at one moment.

    ``gateway``: whether it runs; None: that may not be known here. ``today`` and ``week``: how
    people responded. ``newest``: the last entries that people read, the newest first.
    ``quiet_since_ms``: since when nothing has been the matter, None if something is. ``proofs``:
    drills and tests. ``measured``: what was measured after the last trial of a device.
    ``retired_ms``: since when the gateway is out of service (Unix ms), None if it is in service.
    """

    situation: Situation
    gateway: bool | None
    today: Response
    week: Response
    newest: tuple[Entry, ...]
    quiet_since_ms: int | None
    proofs: Proofs
    measured: Mapping[str, Measured]
    retired_ms: int | None
