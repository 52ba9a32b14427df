"""GB/T 26875.3 as a protocol of ``[[centre]]``, with a table ``[centre.gbt]``."""

from typing import ClassVar

from callpoint_gateway.centres.gbt26875.facts import Facts, component_number, text_of
from callpoint_gateway.centres.gbt26875.path import GbtPath
from callpoint_gateway.centres.gbt26875.settings import GbtSettings
from callpoint_gateway.centres.protocol import (
    CarrierRequest,
    CentreProtocol,
    CentreServices,
    OpenCarrier,
    Reading,
)
from callpoint_gateway.configuration.centres import Centre, Mistake
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.protocols.report import Carrier, Report
from callpoint_gateway.words.said import said


class Gbt26875(CentreProtocol):
    """An address at a fire centre, which reads and orders as well."""

    path_keys: ClassVar = ("host", "port")
    table: ClassVar = "gbt"
    settings: ClassVar = GbtSettings
    one_memory: ClassVar = True
    asks_for_duty: ClassVar = True
    numbers_devices: ClassVar = True
    tell_apart: ClassVar = said("centre.number")

    def mistake(self, centre: Centre) -> Mistake | None:
        """Every kind that has a component must be a kind."""
        mistake = centre.own(GbtSettings).mistake()
        return ((self.table, "components"), mistake) if mistake else None

    def reading(self, centre: Centre, register: Register, account: str, report: Report) -> Reading:
        """A fire centre knows a component by its address alone."""
        device = register.device(report.device)
        number = component_number(report.device, device.number if device else None, report.sensor)
        place = register.place_of(report.device, report.sensor)
        return Reading("", str(number), text_of(place, report.device), str(number))

    def carrier_opener(self, services: CentreServices) -> OpenCarrier:
        """Return what opens a connection that answers from what is known here."""
        site = services.site
        facts = Facts(
            site.register,
            site.journals.alarms,
            site.journals.telemetry,
            site.zone,
            services.sensors,
            services.silent,
            services.shielded,
            services.exercising,
            services.duty,
        )
        site.journals.when_closed(facts.close)
        return facts_opener(facts)


def facts_opener(facts: Facts) -> OpenCarrier:
    """Return what opens a connection that answers from ``facts``."""

    def open_carrier(request: CarrierRequest) -> Carrier:
        centre = request.centre
        return GbtPath(
            *request.way.address,
            centre.own(GbtSettings),
            facts,
            name=centre.name,
            now=request.now,
            timeout_s=centre.timeout_s,
            memory=request.memory,
            open_link=request.open_link,
        )

    return open_carrier
