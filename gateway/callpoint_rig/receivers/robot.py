"""HTTP services that the notifier sends to, and a DingTalk robot with its limit."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

MINUTE_S: Final = 60.0
BLOCKED_S: Final = 600.0


class HttpService:
    """An HTTP server that keeps the body of each request that it took."""

    def __init__(self) -> None:
        self.taken: list[tuple[float, str, str]] = []  # monotonic s, path, body
        self.status, self.answer = 200, b"{}"
        self.delay_s: Callable[[], float] = lambda: 0.0
        self._lock = threading.Lock()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length", "0"))
                self.respond(self.rfile.read(size).decode())

            def do_GET(self) -> None:
                self.respond("")

            def respond(self, body: str) -> None:
                status, answer = service.judged(self.path, body)
                time.sleep(service.delay_s())
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *words: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *what: object) -> None:
                """A client that was killed is no news."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def judged(self, path: str, body: str) -> tuple[int, bytes]:
        """Return status and answer; keep the request if it is taken."""
        with self._lock:
            status, answer = self.decide(time.monotonic())
            if status == 200 and answer == self.answer:
                self.taken.append((time.monotonic(), path, body))
            return status, answer

    def decide(self, now_s: float) -> tuple[int, bytes]:
        """Return what is answered to a request at a moment."""
        return self.status, self.answer

    @contextmanager
    def running(self) -> Iterator["HttpService"]:
        """Serve as long as the block lasts."""
        self._thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    @property
    def bodies(self) -> list[str]:
        """The bodies of what it took."""
        return [body for _, _, body in self.taken]


class DingTalk(HttpService):
    """A robot: 20 messages in any minute, or none for ten. It refuses with status 200."""

    def __init__(self, most: int = 20) -> None:
        super().__init__()
        self.answer = b'{"errcode":0,"errmsg":"ok"}'
        self._most = most
        self._blocked_until_s = 0.0
        self.times_blocked = 0

    def decide(self, now_s: float) -> tuple[int, bytes]:
        """Count a message, or refuse it."""
        recent = sum(1 for at_s, _, _ in self.taken if now_s - at_s < MINUTE_S)
        if now_s >= self._blocked_until_s and recent >= self._most:
            self._blocked_until_s = now_s + BLOCKED_S
            self.times_blocked += 1
        if now_s < self._blocked_until_s:
            return 200, b'{"errcode":130101,"errmsg":"send too fast"}'
        return 200, self.answer

    @property
    def texts(self) -> list[str]:
        """The texts of the messages that it took."""
        return [json.loads(body)["text"]["content"] for body in self.bodies]
