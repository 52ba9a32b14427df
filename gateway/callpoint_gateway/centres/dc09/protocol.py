"""SIA DC-09 as a protocol of ``[[centre]]``. Its keys stand in the centre itself."""

from typing import ClassVar, Final

from callpoint_gateway.centres.dc09.path import Dc09Path
from callpoint_gateway.centres.protocol import (
    CarrierRequest,
    CentreProtocol,
    CentreServices,
    OpenCarrier,
    Reading,
)
from callpoint_gateway.configuration.centres import Centre, Mistake
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.protocols.dc09.codes import code_for
from callpoint_gateway.protocols.dc09.message import Encoding, extended_blocks
from callpoint_gateway.protocols.report import Carrier, Report
from callpoint_gateway.words.said import said

# A slow receiver is given so much longer when it has been silent. Not more: whoever waits for the
# next turn waits for this, over two rows of paths.
LONGER_S: Final = 2.0


class Dc09(CentreProtocol):
    """An account at a receiver."""

    path_keys: ClassVar = ("host", "port")
    tell_apart: ClassVar = said("centre.zone")
    tells_openings: ClassVar = True
    tells_cancellations: ClassVar = True

    def mistake(self, centre: Centre) -> Mistake | None:
        """A receiver knows a site by its account."""
        return ((), said("config.missing", key="account")) if centre.account is None else None

    def reading(self, centre: Centre, register: Register, account: str, report: Report) -> Reading:
        """A receiver knows a zone by account, partition and number, and the code by its kind."""
        own = (account or centre.account or "").upper()
        number = f"{report.partition}/{report.zone}"
        told = [
            block
            for block in extended_blocks(
                report, Encoding.SIA_DCS, letters=centre.blocks, utf8=centre.utf8
            )
            if block[0] not in "SXY"
        ]
        text = "; ".join(dict.fromkeys(block[1:] for block in told))
        code = code_for(report.kind, report.state)
        known = [own, number, code.dcs if code else ""]
        # A late event in Contact ID has no room for a text.
        if centre.encoding is Encoding.SIA_DCS:
            known.append(text)
        wanted = {"I", "L"} & set(centre.blocks)
        missing = wanted and not any(block[0] in wanted for block in told)
        return Reading(own, number, None if missing else text, " ".join(known))

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
        receiver=centre.receiver or None,
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
