"""Where the MicroPython interpreters are: the 32-bit one on amd64 only."""

import platform
import shutil
import sys
from pathlib import Path

FIRMWARE = Path(__file__).parents[1]
PROTOCOL = FIRMWARE.parent / "protocol"
NAMES = ["micropython"]
if platform.machine() in ("x86_64", "AMD64"):
    NAMES.append("micropython32")


def interpreter(name: str) -> str:
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"{name} is neither beside {sys.executable} nor on the PATH: run make"
    return found
