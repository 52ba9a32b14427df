"""CAP 1.2 as a protocol of ``[[centre]]``, with a table ``[centre.cap]``."""

from typing import ClassVar

from callpoint_gateway.centres.cap.path import CapPath
from callpoint_gateway.centres.cap.settings import CapSettings
from callpoint_gateway.centres.protocol import (
    CarrierRequest,
    CentreProtocol,
    CentreServices,
    OpenCarrier,
    Reading,
)
from callpoint_gateway.configuration.centres import Centre, Mistake
from callpoint_gateway.configuration.http_server import http_server
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.protocols.cap.message import where
from callpoint_gateway.protocols.report import Carrier, Report
from callpoint_gateway.words.said import of, said


class Cap(CentreProtocol):
    """A URL over HTTPS."""

    path_keys: ClassVar = ("url",)
    table: ClassVar = "cap"
    settings: ClassVar = CapSettings
    one_memory: ClassVar = True

    def mistake(self, centre: Centre) -> Mistake | None:
        """Return what is wrong with the token or the authority."""
        if self.table not in centre.tables:
            return None
        settings = centre.own(CapSettings)
        if wrong := settings.mistake():
            return (self.table, wrong[0]), wrong[1]
        for url in [way.url for way in centre.ways if settings.token_file and way.url]:
            if _in_clear(url):
                what = of("token_file", said("centre.token_in_clear"))
                return (self.table, "token_file"), what
        return None

    def reading(self, centre: Centre, register: Register, account: str, report: Report) -> Reading:
        """Who reads CAP knows a zone by the ids of its device and its own number."""
        known = f"{report.device} {report.zone}"
        return Reading("", known, where(report), f"{report.device} {report.sensor}")

    def carrier_opener(self, services: CentreServices) -> OpenCarrier:
        """Who reads CAP asks for nothing."""
        return open_carrier


def _in_clear(url: str) -> bool:
    try:
        server = http_server(url)
    except ValueError:
        return False  # refused with its own words
    return not (server.secure or server.on_this_machine)


def open_carrier(request: CarrierRequest) -> Carrier:
    """Return the path that the table describes."""
    centre, url = request.centre, request.way.url
    assert url is not None
    settings = centre.own(CapSettings)
    return CapPath(url, settings, centre.timeout_s, request.memory, request.now)
