"""Which class carries reports for each ``protocol`` of ``[[centre]]``.

A new protocol is one line here and one in ``centre_settings.PROTOCOLS``, which says what its
paths need. Settings that only it has are a struct in a table of their own in ``Centre``.
"""

from collections.abc import Callable
from typing import Final

from callpoint_gateway.cap.carrier import CapPath
from callpoint_gateway.centre_settings import Centre, CentrePath
from callpoint_gateway.clock import Clock
from callpoint_gateway.dc09.path import Path as Dc09Path
from callpoint_gateway.delivery import Carrier
from callpoint_gateway.gbt26875.facts import Facts
from callpoint_gateway.gbt26875.path import GbtPath
from callpoint_gateway.receiver_link import open_tcp, open_udp

# Centre, path, account, clock, a memory (what the carrier puts into it outlives a restart), and
# what a centre may ask for, if it may.
Open = Callable[[Centre, CentrePath, str, Clock, dict[str, int], Facts | None], Carrier]
OpenPath = Callable[[CentrePath, str, dict[str, int]], Carrier]


def _dc09(
    centre: Centre,
    way: CentrePath,
    account: str,
    clock: Clock,
    memory: dict[str, int],
    facts: Facts | None,
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
    centre: Centre,
    way: CentrePath,
    account: str,
    clock: Clock,
    memory: dict[str, int],
    facts: Facts | None,
) -> Carrier:
    assert way.url is not None
    assert centre.cap is not None
    return CapPath(way.url, centre.cap, centre.timeout_s, memory)


def _gbt26875(
    centre: Centre,
    way: CentrePath,
    account: str,
    clock: Clock,
    memory: dict[str, int],
    facts: Facts | None,
) -> Carrier:
    assert centre.gbt is not None
    assert facts is not None
    return GbtPath(
        *way.address,
        centre.gbt,
        facts,
        name=centre.name,
        now=lambda: clock.wall_ms() / 1000,
        timeout_s=centre.timeout_s,
        memory=memory,
        open_link=open_udp if way.transport == "udp" else open_tcp,
    )


OPENERS: Final[dict[str, Open]] = {
    "dc09": _dc09,
    "cap": _cap,
    "gbt26875": _gbt26875,
}


def opener(centre: Centre, clock: Clock, facts: Facts | None = None) -> OpenPath:
    """Return what opens a path of ``centre`` for an account.

    ``facts``: for a protocol whose centres ask.
    """
    open_one = OPENERS[centre.protocol]
    return lambda way, account, memory: open_one(centre, way, account, clock, memory, facts)
