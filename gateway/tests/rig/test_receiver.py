"""The independent receiver of the rig: what it has answered is known, also when it is killed."""

import json
import socket
import subprocess
import sys

from callpoint_gateway.protocols.dc09.frame import build
from callpoint_gateway.protocols.dc09.message import Encoding, event_frame
from callpoint_gateway.protocols.report import Report
from callpoint_protocol import names
from callpoint_rig.receivers import pysia_receiver
from callpoint_rig.tools import MORTAL

SOON_S = 60.0
# Nobody answers any more: standard output takes nothing.
SILENT_S = 1.0


def test_what_is_acknowledged_has_been_printed_before() -> None:
    """Standard output is not read, until it is full: then it must not acknowledge either."""
    command = [*MORTAL, sys.executable, pysia_receiver.__file__, "--account", "1234"]
    with subprocess.Popen([*command, "--any-time"], stdout=subprocess.PIPE) as receiver:
        assert receiver.stdout is not None
        port = json.loads(receiver.stdout.readline())["listening"]
        acknowledged = 0
        with socket.create_connection(("127.0.0.1", port), SOON_S) as link:
            while True:
                report = Report(names.PANIC, names.ALARM, 1, 0)
                frame = event_frame(report, acknowledged % 9999 + 1, "1234", Encoding.SIA_DCS)
                link.sendall(build(frame))
                link.settimeout(SILENT_S)
                try:
                    assert b'"ACK"' in link.recv(1000)
                except TimeoutError:
                    break
                acknowledged += 1
        receiver.kill()
        printed = [line for line in receiver.stdout.read().splitlines(True) if line[-1:] == b"\n"]
    assert len(printed) >= acknowledged > 10
