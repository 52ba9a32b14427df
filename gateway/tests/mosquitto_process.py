"""A real Mosquitto for as long as a test needs it."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callpoint_rig.tools import tool


@contextmanager
def running(configuration: Path, port: int) -> Iterator[None]:
    with subprocess.Popen(
        [tool("mosquitto"), "-c", configuration], stderr=subprocess.PIPE, text=True
    ) as broker:
        try:
            while True:
                assert broker.poll() is None, broker.stderr and broker.stderr.read()
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
            yield
        finally:
            broker.kill()
