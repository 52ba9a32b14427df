"""Opens the status page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callpoint_gateway.configuration.config import StatusSettings
from callpoint_gateway.health.parts import GatewayParts
from callpoint_gateway.health.status_page import StatusPage
from callpoint_gateway.host.service_error import ServiceError
from callpoint_gateway.words.said import said, said_by


@asynccontextmanager
async def open_status_page(
    settings: StatusSettings | None, parts: GatewayParts
) -> AsyncIterator[None]:
    """Answer ``/health``, ``/ready`` and ``/metrics`` until the end, if [status] is configured.

    ServiceError: the port cannot be listened on.
    """
    if settings is None:
        yield
        return
    # Imported here, so that only a site with [status] pays for the library's memory.
    from callpoint_gateway.health.metrics import Metrics

    metrics = Metrics(parts)
    page = StatusPage(
        {"/health": metrics.health, "/ready": metrics.ready, "/metrics": metrics.page}
    )
    try:
        await page.start(settings.listen, settings.port)
    except OSError as error:
        where = f"{settings.listen}:{settings.port}"
        raise ServiceError(said("service.status_page", where=where, why=said_by(error))) from error
    try:
        yield
    finally:
        await page.close()
