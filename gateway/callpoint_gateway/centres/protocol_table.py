"""The protocols of ``[[centre]]`` by their names. A new one is a folder here and a line below."""

from typing import Final

from callpoint_gateway.centres.cap.protocol import Cap
from callpoint_gateway.centres.dc09.protocol import Dc09
from callpoint_gateway.centres.gbt26875.protocol import Gbt26875
from callpoint_gateway.centres.protocol import CentreProtocol

PROTOCOLS: Final[dict[str, CentreProtocol]] = {
    "dc09": Dc09(),
    "cap": Cap(),
    "gbt26875": Gbt26875(),
}
