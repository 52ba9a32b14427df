"""Starts the renewal of the certificate for the district, if the configuration has one."""

from collections.abc import Coroutine, Sequence
from typing import Any

from callpoint_gateway.configuration.site import Site
from callpoint_gateway.enrolment.renewal import SOURCE, UpstreamRenewal
from callpoint_gateway.supervision.faults import Faults


def renewal_work(site: Site, faults: Faults) -> Sequence[Coroutine[Any, Any, None]]:
    """Return what renews until cancelled; nothing without a certificate in ``[upstream]``."""
    settings = site.config.upstream
    if settings is None or settings.certificate_file is None:
        return []
    return [UpstreamRenewal(settings, site.clock, faults.supervise(SOURCE, 0)).run()]
