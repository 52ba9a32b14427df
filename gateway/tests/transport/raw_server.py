"""A TCP server that answers each request with bytes of the test's choice."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

SHORT_S = 0.05
# What a connection is answered, piece by piece.
Pieces = Callable[[], Iterable[bytes]]


class RawServer:
    """``pieces`` may be changed between requests; ``requests`` are what has arrived."""

    def __init__(self, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
        self.port: int = listener.getsockname()[1]
        self.pieces: Pieces = lambda: ()
        self.requests: list[bytes] = []
        self.connections = 0
        self._listener = listener
        self._tls = tls
        self._ended = False

    def serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._ended:
                connection.close()
                return
            self.connections += 1
            with suppress(OSError):
                if self._tls is not None:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                with connection:
                    self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(60)
        while request := connection.recv(65_536):
            self.requests.append(request)
            while b"\r\n\r\n" not in request or not request.split(b"\r\n\r\n", 1)[1]:
                request += (more := connection.recv(65_536))
                if not more:
                    return
            for piece in self.pieces():
                connection.sendall(piece)
            if not self.keeps:
                return

    #: Whether a connection is left open after an answer.
    keeps = False

    def end(self) -> None:
        self._ended = True
        socket.create_connection(("127.0.0.1", self.port)).close()


@contextmanager
def raw_server(tls: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    """Serve until the end; a client that hangs up ends what is being said."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(listener, tls)
        thread = threading.Thread(target=server.serve)
        thread.start()
        try:
            yield server
        finally:
            server.end()
            thread.join()
