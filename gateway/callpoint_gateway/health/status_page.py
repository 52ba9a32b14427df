"""A small HTTP server: answers GET for ``/health``, ``/ready`` and ``/metrics``.

Not the console: no path of it changes anything or shows a place. A request has 8 KiB and
1 s, its answer 5 s, and there are at most 16 at a time, so that nobody can hold memory or the
loop. Who comes then takes the place of who has said nothing for the longest time.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping

from callpoint_gateway.host.unexpected import end_all

MAX_REQUEST = 8 * 1024
HEAD_S = 1.0
REQUEST_S = 5.0
MAX_OPEN = 16
TEXT = "text/plain; charset=utf-8"

# Status code, type of the content, content.
HttpReply = tuple[int, str, bytes]

log = logging.getLogger(__name__)

_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


def _plain(code: int, text: str) -> HttpReply:
    return code, TEXT, f"{text}\n".encode()


class StatusPage:
    """Serves the pages over HTTP until closed."""

    def __init__(self, pages: Mapping[str, Callable[[], HttpReply]]) -> None:
        """``pages``: functions by path. They run in the event loop, so they must be quick."""
        self._pages = pages
        self._server: asyncio.Server | None = None
        self._asking: set[asyncio.Task[None]] = set()
        self._silent: dict[asyncio.Task[None], None] = {}  # no whole request yet, the oldest first

    async def start(self, listen: str, port: int) -> int:
        """Listen and return the port. OSError: the address cannot be listened on."""
        self._server = await asyncio.start_server(self._serve, listen, port, limit=MAX_REQUEST)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def close(self) -> None:
        """Stop listening."""
        if self._server is None:
            return
        self._server.close()
        await end_all(self._asking)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._asking.add(task)
        try:
            if len(self._asking) > MAX_OPEN and not self._hung_up_on_silent():
                return
            async with asyncio.timeout(REQUEST_S):
                head = await self._head(reader, task)
                code, kind, content = self.answer(head)
                writer.write(
                    f"HTTP/1.1 {code} {_REASONS[code]}\r\nContent-Type: {kind}\r\n"
                    f"Content-Length: {len(content)}\r\nCache-Control: no-store\r\n"
                    "Connection: close\r\n\r\n".encode()
                    + content
                )
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the request is too slow or too long, or the client has gone
        except asyncio.CancelledError:
            pass  # by ``close``; asyncio's server would report it as an error
        finally:
            self._asking.discard(task)
            writer.close()

    async def _head(self, reader: asyncio.StreamReader, task: asyncio.Task[None]) -> bytes:
        self._silent[task] = None
        try:
            async with asyncio.timeout(HEAD_S):
                return await reader.readuntil(b"\r\n\r\n")
        finally:
            self._silent.pop(task, None)

    def _hung_up_on_silent(self) -> bool:
        """Make room by ending who has said nothing for the longest time."""
        oldest = next(iter(self._silent), None)
        if oldest is None:
            return False
        del self._silent[oldest]
        oldest.cancel()
        return True

    def answer(self, request: bytes) -> HttpReply:
        """Return status code, content type and content for the head of an HTTP request."""
        words = request.split(b"\r\n", 1)[0].split(b" ")
        if len(words) != 3 or not words[2].startswith(b"HTTP/1."):
            return _plain(400, "no HTTP request")
        if words[0] != b"GET":
            return _plain(405, "only GET")
        page = self._pages.get(words[1].partition(b"?")[0].decode("latin-1"))
        if page is None:
            return _plain(404, "there are: " + ", ".join(sorted(self._pages)))
        try:
            return page()
        except Exception:
            # The client must get an answer although the page failed.
            log.exception("the page %s failed", words[1].decode("latin-1"))
            return _plain(500, "the gateway failed to say it; its log says why")
