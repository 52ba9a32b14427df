"""Opens the control socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callpoint_gateway.control.socket import Control
from callpoint_gateway.host.service_error import ServiceError
from callpoint_gateway.words.said import said, said_by


@asynccontextmanager
async def answering(control: Control) -> AsyncIterator[None]:
    """Answer the registered questions until the end. ServiceError: the socket cannot be made."""
    try:
        await control.start()
    except OSError as error:
        raise ServiceError(
            said("service.no_socket", folder=str(control.state_dir), why=said_by(error))
        ) from error
    try:
        yield
    finally:
        await control.close()
