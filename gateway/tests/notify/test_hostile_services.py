"""Services that redirect, never end, or answer what nobody understands, over Apprise."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


@contextmanager
def dripping(begins: bytes) -> Iterator[int]:
    """Serve an answer that begins so, and goes on byte by byte without ever ending."""
    ended, listening = threading.Event(), socket.create_server(("127.0.0.1", 0))

    def drip(client: socket.socket) -> None:
        with client, suppress(OSError):
            client.sendall(begins)
            while not ended.is_set():
                client.sendall(b"a")
                time.sleep(0.05)

    def accept() -> None:
        with suppress(OSError):
            while True:
                client = listening.accept()[0]
                threading.Thread(target=drip, args=(client,), daemon=True).start()

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        ended.set()
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        listening.close()


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("url", "begins"),
    [
        ("ntfy://127.0.0.1:{port}/alarms", b"HTTP/1.1 200 OK\r\nX-A: "),
        ("mailto://127.0.0.1:{port}?from=a@b.example&to=c@d.example", b"220-"),
    ],
)
def test_a_service_that_drips_its_answer_holds_no_thread(
    tmp_path: Path, url: str, begins: bytes
) -> None:
    with dripping(begins) as port:
        private(tmp_path / "drip.url", url.format(port=port))
        slow = Channel(name="drip", url_file=str(tmp_path / "drip.url"), timeout_s=0.5)
        # Without the bound this never returns.
        with pytest.raises(Undelivered, match="in time"):
            sender(slow).send(MESSAGE)
