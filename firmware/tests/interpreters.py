"""Where the MicroPython interpreters are: the 32-bit one on amd64 only."""

import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

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


def said_on_fakes(name: str, script: str) -> tuple[list[Any], str]:
    """Run a script of this folder on the fakes of the chip: its JSON lines, and its complaints."""
    here = Path(__file__).parent
    done = subprocess.run(
        [
            *(interpreter(name), "-X", "heapsize=1m", str(here / script)),
            *(str(FIRMWARE), str(PROTOCOL), str(here / "fakes")),
        ],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr
