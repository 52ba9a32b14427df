"""The enrolment service of a district, in a thread of the test."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from callpoint_district.engine.enrolment_service import EnrolmentService
from callpoint_district.engine.folder import EngineFolder
from callpoint_gateway.host.unexpected import end_all
from callpoint_rig.ports import free_port

SOON_S = 60.0
HOST = "127.0.0.1"


@contextmanager
def enrolment_at(files: EngineFolder) -> Iterator[int]:
    """Yield the port where enrolments are taken for an engine's folder."""
    port = free_port()
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    began = threading.Event()

    async def serve() -> None:
        ended = asyncio.Event()
        loops.append((asyncio.get_running_loop(), ended))
        task = asyncio.ensure_future(EnrolmentService(files, HOST, port).serve())
        while not task.done() and not listens(port):
            await asyncio.sleep(0.01)
        began.set()
        await ended.wait()
        await end_all([task])

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert began.wait(SOON_S)
    loop, ended = loops[0]
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(SOON_S)
        assert not thread.is_alive()


def listens(port: int) -> bool:
    """Say whether somebody listens at a port, without a connection that the other side counts."""
    with socket.socket() as tried:
        try:
            tried.bind((HOST, port))
        except OSError:
            return True
    return False
