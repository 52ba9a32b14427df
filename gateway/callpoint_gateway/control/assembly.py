"""Opens the control socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callpoint_gateway.control.socket import Control
from callpoint_gateway.host.service_error import ServiceError


@asynccontextmanager
async def answering(control: Control) -> AsyncIterator[None]:
    """Answer the registered questions until the end. ServiceError: the socket cannot be made."""
    try:
        await control.start()
    except OSError as error:
        raise ServiceError(
            f"no socket can be made in {control.state_dir}: {error.strerror}; set state_dir in "
            "[gateway] to a folder on a Linux file system"
        ) from error
    try:
        yield
    finally:
        await control.close()
