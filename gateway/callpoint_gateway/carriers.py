"""Which class carries reports for each ``protocol`` of ``[[centre]]``.

A new protocol is one line here and one in ``centre_settings.PROTOCOLS``, which says what its
paths need. Settings that only it has are a struct in a table of their own in ``Centre``.
"""

from collections.abc import Callable
from typing import Final

from callpoint_gateway.centre_settings import Centre, CentrePath
from callpoint_gateway.clock import Clock
from callpoint_gateway.dc09.path import Path as Dc09Path
from callpoint_gateway.delivery import Carrier

Open = Callable[[Centre, CentrePath, str, Clock], Carrier]
OpenPath = Callable[[CentrePath, str], Carrier]


def _dc09(centre: Centre, way: CentrePath, account: str, clock: Clock) -> Carrier:
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
    )


OPENERS: Final[dict[str, Open]] = {
    "dc09": _dc09,
}


def opener(centre: Centre, clock: Clock) -> OpenPath:
    """Return what opens a path of ``centre`` for an account."""
    open_one = OPENERS[centre.protocol]
    return lambda way, account: open_one(centre, way, account, clock)
