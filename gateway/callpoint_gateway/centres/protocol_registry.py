"""Which class carries reports for each ``protocol`` of ``[[centre]]``.

A new protocol is one line here and one in ``centre_settings.PROTOCOLS``, which says what its
paths need. Settings that only it has are a struct in a table of their own in ``Centre``.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from callpoint_gateway.centres.cap_path import CapPath
from callpoint_gateway.centres.dc09_path import Path as Dc09Path
from callpoint_gateway.centres.gbt26875_facts import Facts
from callpoint_gateway.centres.gbt26875_path import GbtPath
from callpoint_gateway.configuration.centres import Centre, CentrePath
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.protocols.report import Carrier
from callpoint_gateway.transport.receiver_link import OpenLink, open_tcp, open_udp

# A slow receiver is given so much longer when it has been silent. Not more: whoever waits for the
# next turn waits for this, over two rows of paths.
LONGER_S: Final = 2.0

OpenPath = Callable[[CentrePath, str, dict[str, int]], Carrier]


class Opening(NamedTuple):
    """What a path of a centre is opened with.

    What the carrier puts into ``memory`` outlives a restart. ``facts``: what a centre may ask
    for, if it may.
    """

    centre: Centre
    way: CentrePath
    account: str
    clock: Clock
    memory: dict[str, int]
    facts: Facts | None

    def now(self) -> float:
        """Return Unix seconds."""
        return self.clock.wall_ms() / 1000

    @property
    def open_link(self) -> OpenLink:
        """What opens the connection."""
        return open_udp if self.way.transport == "udp" else open_tcp


def _dc09(given: Opening) -> Carrier:
    centre = given.centre
    return Dc09Path(
        *given.way.address,
        given.account,
        now=given.now,
        encoding=centre.encoding,
        key=centre.key,
        receiver=centre.receiver,
        prefix=centre.prefix,
        timestamps=centre.timestamps,
        first_timeout=centre.timeout_s,
        longest_timeout=centre.timeout_s + LONGER_S,
        open_link=given.open_link,
        blocks=centre.blocks,
        utf8=centre.utf8,
        category=centre.category,
        memory=given.memory,
    )


def _cap(given: Opening) -> Carrier:
    centre, url = given.centre, given.way.url
    assert url is not None
    assert centre.cap is not None
    return CapPath(url, centre.cap, centre.timeout_s, given.memory)


def _gbt26875(given: Opening) -> Carrier:
    centre = given.centre
    assert centre.gbt is not None
    assert given.facts is not None
    return GbtPath(
        *given.way.address,
        centre.gbt,
        given.facts,
        name=centre.name,
        now=given.now,
        timeout_s=centre.timeout_s,
        memory=given.memory,
        open_link=given.open_link,
    )


OPENERS: Final[dict[str, Callable[[Opening], Carrier]]] = {
    "dc09": _dc09,
    "cap": _cap,
    "gbt26875": _gbt26875,
}


def opener(centre: Centre, clock: Clock, facts: Facts | None = None) -> OpenPath:
    """Return what opens a path of ``centre`` for an account.

    ``facts``: for a protocol whose centres ask.
    """
    open_one = OPENERS[centre.protocol]
    return lambda way, account, memory: open_one(
        Opening(centre, way, account, clock, memory, facts)
    )
