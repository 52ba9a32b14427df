"""Measures how long a plan of 500 units takes to identities, certificates and labels."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from callpoint_gateway.broker.authority import Authority
from callpoint_gateway.host.clock import SystemClock

UNITS: Final = 500
_CONFIGURATION: Final = """
[gateway]
site = "estate"
state_dir = "state"
register = "register.toml"
[renewal]
certificates_dir = "certificates"
[coap]
keys_file = "coap.keys"
[console]
public_url = "http://127.0.0.1:8480"
"""
_BOARDS: Final = """
host = "192.0.2.1"
second_host = "192.0.2.1"
[[network]]
ssid = "estate"
password = "not-a-secret"
"""


def seconds(folder: Path) -> float:
    """Return the seconds from a table of ``UNITS`` to all that boards and walls need."""
    Authority(folder / "certificates", SystemClock())
    (folder / "gateway.toml").write_text(_CONFIGURATION)
    boards = folder / "boards.toml"
    boards.write_text(_BOARDS)
    boards.chmod(0o600)
    rows = [f"3号楼,{n // 100},{n},d-{n},c3,panic + tamper,mains" for n in range(UNITS)]
    (folder / "units.csv").write_text("\n".join(["楼栋,单元,房号,设备编号,板型,接线,供电", *rows]))
    there = ["-c", str(folder / "gateway.toml")]
    began = time.monotonic()
    for words in (
        ["plan", "import", str(folder / "units.csv")],
        ["labels", str(folder / "labels.html"), "--size", "a4-3x8"],
    ):
        command = [sys.executable, "-m", "callpoint_cli.main", *words, *there]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    took = time.monotonic() - began
    assert len(list((folder / "identities").glob("*.bin"))) == UNITS
    return took
