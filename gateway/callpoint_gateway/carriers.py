"""Which class carries reports for each ``protocol`` of ``[[centre]]``.

A new protocol is one line here and one in ``centre_settings.PROTOCOLS``, which says what its
paths need. Settings that only it has are a struct in a table of their own in ``Centre``.
"""

from collections.abc import Callable
from typing import Final

from callpoint_gateway.cap.carrier import CapPath
from callpoint_gateway.centre_settings import Centre, CentrePath
from callpoint_gateway.clock import Clock
from callpoint_gateway.dc09.link import open_tcp, open_udp
from callpoint_gateway.dc09.path import Path as Dc09Path
from callpoint_gateway.delivery import Carrier

# Centre, path, account, clock, and a memory: what the carrier puts into it outlives a restart.
Open = Callable[[Centre, CentrePath, str, Clock, dict[str, int]], Carrier]
OpenPath = Callable[[CentrePath, str, dict[str, int]], Carrier]


def _dc09(
    centre: Centre, way: CentrePath, account: str, clock: Clock, memory: dict[str, int]
) -> Carrier:
    return Dc09Path(
        *way.address,
        account,
        now=lambda: clock.wall_ms() / 1000,
        encoding=centre.encoding,
        key=centre.key,
        receiver=centre.receiver,
        prefix=centre.prefix,
        timestamps=centre.timestamps,
        first_timeout=centre.timeout_s,
        open_link=open_udp if way.transport == "udp" else open_tcp,
        blocks=centre.blocks,
        utf8=centre.utf8,
        category=centre.category,
        memory=memory,
    )


def _cap(
    centre: Centre, way: CentrePath, account: str, clock: Clock, memory: dict[str, int]
) -> Carrier:
    assert way.url is not None
    assert centre.cap is not None
    return CapPath(way.url, centre.cap, centre.timeout_s, memory)


OPENERS: Final[dict[str, Open]] = {
    "dc09": _dc09,
    "cap": _cap,
}


def opener(centre: Centre, clock: Clock) -> OpenPath:
    """Return what opens a path of ``centre`` for an account."""
    open_one = OPENERS[centre.protocol]
    return lambda way, account, memory: open_one(centre, way, account, clock, memory)
