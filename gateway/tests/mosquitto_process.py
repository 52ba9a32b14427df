"""A real Mosquitto for as long as a test needs it, of either release of Debian."""

import os
import shlex
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callpoint_rig.tools import tool

# Mosquitto 2.0.11 and 2.0.21.
RELEASES = ("mosquitto-bookworm", "mosquitto-trixie")


def _shifted(program: str) -> list[str]:
    """Return the command of a Mosquitto whose clock is what FAKETIME says.

    It is loaded by the loader of its own release: the shell in front of it has another one.
    """
    command = shlex.split(tool(program).read_text().splitlines()[-1])
    loader, *words = command[1:-1]  # without exec and "$@"
    (library,) = Path(words[-1]).parents[2].glob("usr/lib/*/faketime/libfaketimeMT.so.1")
    return [loader, "--preload", str(library), *words]


@contextmanager
def running(
    configuration: Path, port: int, program: str, wall: str | None = None
) -> Iterator[subprocess.Popen[str]]:
    """``wall``: what its wall clock says when it starts, "2031-01-01 00:00:00"."""
    environment = {"FAKETIME": f"@{wall}", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC"}
    with subprocess.Popen(
        [*([tool(program)] if wall is None else _shifted(program)), "-c", configuration],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | (environment if wall else {}),
    ) as broker:
        try:
            while True:
                assert broker.poll() is None, broker.stderr and broker.stderr.read()
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
            yield broker
        finally:
            broker.kill()
