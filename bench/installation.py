"""Measures how long a clean machine takes to become a gateway: `apt install`, `callpoint setup`.

The machine is a root folder of Debian 12 in which systemd runs (``packaging/root_tests``). Only
root can make one.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

PACKAGING: Final = Path(__file__).resolve().parent.parent / "packaging"
RELEASE: Final = "bookworm"
sys.path[:0] = [str(PACKAGING), str(PACKAGING / "root_tests"), str(PACKAGING.parent / "bootstrap")]

from machines import base  # noqa: E402

from build_deb import build  # noqa: E402


def can() -> bool:
    """Say whether this can be measured here."""
    return os.geteuid() == 0


def seconds(folder: Path) -> dict[str, float]:
    """Return the seconds of ``install`` and ``setup``."""
    base(RELEASE)
    package = build(folder, "amd64")
    measure = PACKAGING / "root_tests/measure.py"
    printed = subprocess.check_output(
        ["unshare", "--net", sys.executable, measure, RELEASE, package], text=True
    )
    found: dict[str, float] = json.loads(printed)
    return found
