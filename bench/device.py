"""Rows of the device: memory, flash, size, and how fast it is back after an outage.

Memory is measured on the 32-bit interpreter, whose objects are as large as an ESP32's, with the
firmware mapped in place, as it is frozen on a device. ESP32 hardware is not measured.
"""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from callpoint_cli.firmware import romfs
from callpoint_cli.rig import Rig
from callpoint_cli.tools import find_tool, tool

CHECKOUT = Path(__file__).resolve().parent.parent
SCRIPT = CHECKOUT / "firmware/tests/device_memory.py"
TREE = CHECKOUT / "build/mpy"
ROUNDS = 100
ZONES = [
    {"zone": 1, "kind": "panic", "input": "button"},
    {"zone": 2, "kind": "door", "input": "door"},
]
_IMPORT = "import sys; sys.path.insert(0, ''); from callpoint_firmware import app, settings"


def firmware_kb() -> float:
    """Return the size of everything that runs on a device but the boards, in KB."""
    parts = ("callpoint_firmware", "callpoint_protocol")
    return sum(file.stat().st_size for part in parts for file in (TREE / part).glob("*.mpy")) / 1e3


def import_heap_kib() -> int:
    """Return the smallest heap, in KiB, in which the application imports from ``.mpy`` files."""
    low, high = 16, 256
    while low < high:
        middle = (low + high) // 2
        done = subprocess.run(
            [str(tool("micropython32")), "-X", f"heapsize={middle}k", "-c", _IMPORT],
            cwd=TREE,
            capture_output=True,
            check=False,
        )
        low, high = (low, middle) if done.returncode == 0 else (middle + 1, high)
    return low


async def memory(folder: Path, heap: str, rounds: int, every: int) -> list[dict[str, Any]]:
    """Run the application over TLS in a heap; return what it said it holds."""
    rig = Rig(folder / "rig", tls=True)
    rig.board("button", ZONES)
    device = rig.boards.pop()
    image = folder / "image"
    content = romfs(TREE)
    image.write_bytes(content + b"\xff" * (-len(content) % 4096))
    settings = json.loads(device.settings.read_text())
    settings["settings"]["db"] = 5
    device.settings.write_text(json.dumps(settings))
    async with rig:
        process = await asyncio.create_subprocess_exec(
            *(str(tool("micropython32")), "-X", f"heapsize={heap}", str(SCRIPT)),
            *(str(image), str(device.settings), str(rounds), str(every)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        said, complaints = await process.communicate()
    if process.returncode:
        raise RuntimeError(complaints.decode(errors="replace"))
    return [json.loads(line) for line in said.splitlines()]


def has_32_bit() -> bool:
    """Only amd64 machines run the 32-bit interpreter."""
    return find_tool("micropython32") is not None


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        print(firmware_kb(), import_heap_kib())
        for line in asyncio.run(
            memory(Path(name), sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
        ):
            print(line)
