"""Services that redirect, never end, or answer what nobody understands, over Apprise."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from callpoint_gateway.configuration.notify import Channel
from callpoint_notify.channels.build import sender
from callpoint_notify.channels.channel import Outgoing, Undelivered
from callpoint_rig.receivers.robot import HttpService

from .notify_process import private

MESSAGE = Outgoing("estate-7", "Urgent", "one\ntwo", "13800138000")
MANY = 64 * 1024 * 1024


class Hostile(BaseHTTPRequestHandler):
    """Answers as its server says; counts what it could send."""

    sent = 0
    asked = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer()

    do_GET = do_POST

    def answer(self) -> None:
        """Answer."""

    def log_message(self, *words: object) -> None:
        pass


@contextmanager
def serving(handler: type[Hostile]) -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def channel(folder: Path, port: int) -> Channel:
    private(folder / "ntfy.url", f"ntfy://127.0.0.1:{port}/alarms\n")
    return Channel(name="push", url_file=str(folder / "ntfy.url"))


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_no_delivery_and_leads_nowhere(tmp_path: Path, status: int) -> None:
    with HttpService().running() as inside:

        class Redirects(Hostile):
            def answer(self) -> None:
                self.send_response(status)
                self.send_header("Location", f"http://127.0.0.1:{inside.port}/secret")
                self.send_header("Content-Length", "0")
                self.end_headers()

        with serving(Redirects) as port, pytest.raises(Undelivered, match=f"HTTP {status}"):
            sender(channel(tmp_path, port)).send(MESSAGE)
        assert not inside.bodies


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_of_an_answer_without_end_only_the_beginning_is_read(tmp_path: Path) -> None:
    class Endless(Hostile):
        def answer(self) -> None:
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(MANY // 65_536):
                    self.wfile.write(b"x" * 65_536)
                    Endless.sent += 65_536
            except ConnectionError:
                pass

    with serving(Endless) as port:
        sender(channel(tmp_path, port)).send(MESSAGE)
        assert Endless.sent < MANY
