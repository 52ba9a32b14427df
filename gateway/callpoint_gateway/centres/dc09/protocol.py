"""SIA DC-09 as a protocol of ``[[centre]]``. Its keys stand in the centre itself."""

from typing import ClassVar, Final

from callpoint_gateway.centres.dc09.path import Dc09Path
from callpoint_gateway.centres.protocol import (
    CarrierRequest,
    CentreProtocol,
    CentreServices,
    OpenCarrier,
)
from callpoint_gateway.configuration.centres import Centre, Mistake
from callpoint_gateway.protocols.report import Carrier

# A slow receiver is given so much longer when it has been silent. Not more: whoever waits for the
# next turn waits for this, over two rows of paths.
LONGER_S: Final = 2.0


class Dc09(CentreProtocol):
    """An account at a receiver."""

    path_keys: ClassVar = ("host", "port")
    tells_openings: ClassVar = True
    tells_cancellations: ClassVar = True

    def mistake(self, centre: Centre) -> Mistake | None:
        """A receiver knows a site by its account."""
        return ((), "missing key `account`") if centre.account is None else None

    def carrier_opener(self, services: CentreServices) -> OpenCarrier:
        """Receivers ask for nothing."""
        return open_carrier


def open_carrier(request: CarrierRequest) -> Carrier:
    """Return the path that the centre's own keys describe."""
    centre = request.centre
    return Dc09Path(
        *request.way.address,
        request.account,
        now=request.now,
        encoding=centre.encoding,
        key=centre.key,
        receiver=centre.receiver,
        prefix=centre.prefix,
        timestamps=centre.timestamps,
        first_timeout=centre.timeout_s,
        longest_timeout=centre.timeout_s + LONGER_S,
        open_link=request.open_link,
        blocks=centre.blocks,
        utf8=centre.utf8,
        category=centre.category,
        memory=request.memory,
    )
