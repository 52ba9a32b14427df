"""Opens the line to the district, if the configuration has one."""

from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from callpoint_gateway.configuration.site import Site
from callpoint_gateway.control.socket import Control
from callpoint_gateway.host.service_error import ServiceError
from callpoint_gateway.journal.chain import Chain
from callpoint_gateway.supervision.faults import Faults
from callpoint_gateway.upstream.given_plans import FILE as PLANS
from callpoint_gateway.upstream.given_plans import GivenPlansFile
from callpoint_gateway.upstream.own_plans.file import FILE as OWN_PLANS
from callpoint_gateway.upstream.own_plans.file import OwnPlansFile
from callpoint_gateway.upstream.own_plans.requests import (
    register_requests as answer_about_own_plans,
)
from callpoint_gateway.upstream.plan_requests import register_requests
from callpoint_gateway.words.said import said


@contextmanager
def open_upstream(
    site: Site, faults: Faults, control: Control
) -> Iterator[Sequence[Coroutine[Any, Any, None]]]:
    """Yield what the line does until it is cancelled; nothing without ``[upstream]``.

    ServiceError: the extra ``upstream`` is not installed.
    """
    settings = site.config.upstream
    if settings is None:
        yield []
        return
    try:
        # It costs a gateway without a district nothing.
        from callpoint_gateway.upstream.present_register import PresentRegister
        from callpoint_gateway.upstream.site_line import site_line
    except ModuleNotFoundError as error:
        raise ServiceError(said("upstream.extra")) from error
    register_requests(control, GivenPlansFile(site.state_dir / PLANS, site.clock), site.register)
    own_plans = OwnPlansFile(site.state_dir / OWN_PLANS)
    present = PresentRegister(site, own_plans)
    answer_about_own_plans(control, own_plans, present.news.set)
    chain = Chain(site.journals.alarms.path)
    try:
        yield [site_line(site, settings, faults, control, chain, present).run()]
    finally:
        chain.close()
