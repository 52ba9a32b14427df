"""Measures the firmware: memory, flash, size, and the time to recover after an outage.

Memory is measured on the 32-bit interpreter, whose objects are as large as an ESP32's. The
firmware is mapped in place, as if frozen into a device. ESP32 hardware is not measured.
"""

import asyncio
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from callpoint_cli.technician.firmware import romfs
from callpoint_protocol import names
from callpoint_rig.rig import Rig
from callpoint_rig.tools import find_tool, tool
from callpoint_rig.virtual_board import VirtualBoard
from callpoint_technician.image.compiled import compile_file, own_build
from callpoint_technician.image.stock import application

CHECKOUT = Path(__file__).resolve().parent.parent
SCRIPT = CHECKOUT / "firmware/tests/device_memory.py"
TREE = CHECKOUT / "build/mpy"
ROUNDS, EVERY = 100, 20  # 2,000 events and 20 lost links
PIECES = (1_024, 1_536, 2_048, 3_072, 4_096)
ROUND_S = 20.0
BOARD = ("memory_board.py", "pieces.py")
PRESSES = 50
OUTAGES = 3
SOON_S = 60.0
PAUSE_S = 20.0
ZONES = [
    {"zone": 1, "kind": "panic", "input": "button"},
    {"zone": 2, "kind": "door", "input": "door"},
]
_IMPORT = "import sys; sys.path.insert(0, ''); from callpoint_firmware import app, settings"


def firmware_kb() -> float:
    """Return KB of all modules that run on a device, without the boards."""
    parts = ("callpoint_firmware", "callpoint_protocol")
    return sum(file.stat().st_size for part in parts for file in (TREE / part).glob("*.mpy")) / 1e3


def _smallest(command: Callable[[int], list[str]]) -> int:
    """Return the smallest heap, in KiB, in which a command succeeds."""
    low, high = 16, 256
    while low < high:
        middle = (low + high) // 2
        done = subprocess.run(command(middle), cwd=TREE, capture_output=True, check=False)
        low, high = (low, middle) if done.returncode == 0 else (middle + 1, high)
    return low


def import_heap_kib(folder: Path) -> tuple[int, int]:
    """Return the smallest heaps that import the application: in place, and from ``.mpy`` files."""
    folder.mkdir(parents=True, exist_ok=True)
    image = in_place_image(folder)

    def start(heap: int) -> list[str]:
        return [str(tool("micropython32")), "-X", f"heapsize={heap}k"]

    in_place = _smallest(lambda heap: [*start(heap), str(SCRIPT), str(image), "-", "0", "1", "0"])
    return in_place, _smallest(lambda heap: [*start(heap), "-c", _IMPORT])


def _with_board(tree: dict[str, bytes], folder: Path, lean: bool) -> Path:
    """Write a compiled tree and the board of the measurement into a new folder."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "tree"
    for name in BOARD:
        source = SCRIPT.with_name(name).read_text("utf-8")
        tree = tree | {name.replace(".py", ".mpy"): compile_file(source, name, folder, lean)}
    for path, code in tree.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(code)
    return target


def in_place_image(folder: Path) -> Path:
    """Write the compiled tree as ROMFS, in whole sectors, for code that runs in place."""
    tree = {path.relative_to(TREE).as_posix(): path.read_bytes() for path in TREE.rglob("*.mpy")}
    image = folder / "image"
    content = romfs(_with_board(tree, folder, lean=False))
    image.write_bytes(content + b"\xff" * (-len(content) % 4096))
    return image


def slot_tree(folder: Path) -> Path:
    """Write the files of a stock board's slot, whose code is loaded into the heap."""
    return _with_board(application(own_build()), folder, lean=True)


async def memory(
    folder: Path,
    heap: str,
    rounds: int,
    every: int,
    image_of: Callable[[Path], Path] = in_place_image,
    piece: int = 0,
) -> list[dict[str, Any]]:
    """Run the application over TLS in a heap; return the memory use that it printed.

    ``piece``: bytes of the largest free piece of the heap once the link stands; 0: as it is.
    Raises RuntimeError when the application fails.
    """
    rig = Rig(folder / "rig", tls=True)
    rig.board("button", ZONES)
    device = rig.boards.pop()
    image = image_of(folder)
    settings = json.loads(device.settings.read_text())
    settings["settings"]["db"] = 5
    device.settings.write_text(json.dumps(settings))
    async with rig:
        process = await asyncio.create_subprocess_exec(
            *(str(tool("micropython32")), "-X", f"heapsize={heap}", str(SCRIPT)),
            *(str(image), str(device.settings), str(rounds), str(every), str(piece)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            most = PAUSE_S + rounds * ROUND_S / 5
            printed, complaints = await asyncio.wait_for(process.communicate(), most)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode:
        raise RuntimeError(complaints.decode(errors="replace"))
    return [json.loads(line) for line in printed.splitlines()]


async def largest_request(folder: Path) -> int:
    """Return the smallest size of the heap's free pieces, in bytes, in which the application
    carries events and makes its link anew."""
    for size in PIECES:
        try:
            await memory(folder / str(size), "112k", 5, 5, piece=size)
        except (RuntimeError, TimeoutError):
            continue
        return size
    raise RuntimeError(f"more than {PIECES[-1]} bytes in one piece")


def flash_per_event() -> tuple[float, float]:
    """Return programs and erases per event, over more than one lap of the spool."""
    script, firmware = CHECKOUT / "firmware/tests/cut_spool.py", CHECKOUT / "firmware"
    protocol = CHECKOUT / "protocol"
    done = subprocess.run(
        [str(tool("micropython")), str(script), str(firmware), str(protocol), "1", "100000", "0"],
        capture_output=True,
        check=True,
    )
    result = json.loads(done.stdout)
    return result["programs"] / result["events"], result["erases"] / result["events"]


async def outages(folder: Path) -> tuple[float, float, list[float]]:
    """Return s from a broker's return to the first queued alarm's lamp, the longest that a turn
    of the loop took in ms, and ms from press to a subscriber of the event."""
    rig = Rig(folder / "rig")
    board = rig.board("button", ZONES)
    worst = 0.0
    async with rig:
        await board.until_up(SOON_S)
        published = await _publish_times(rig, board)
        for _ in range(OUTAGES):
            await rig.broker.kill()
            await _until_down(board)
            await asyncio.sleep(PAUSE_S)  # meanwhile the device's pauses between attempts grow
            seen = len(board.moments)
            await board.press("button")
            await board.set("button", 0)
            await rig.broker.start()
            began = time.monotonic()
            await board.until_lamp("stored", SOON_S, seen)
            worst = max(worst, time.monotonic() - began)
            await board.until_lamp("centre", SOON_S, seen)
        # Neither a frozen broker nor a broker with a frozen peer may block the loop.
        for part in (rig.broker.pid, rig.gateway.pid):
            signal_to(part, signal.SIGSTOP)
            await board.press("door")
            await asyncio.sleep(15)
            signal_to(part, signal.SIGCONT)
            await board.set("door", 0)
        await board.until_up(SOON_S)
        late = (await board.state())["late"]
    return worst, late, published


def signal_to(pid: int, number: signal.Signals) -> None:
    """Send a signal that stops or continues a process."""
    os.kill(pid, number)


async def _until_down(board: VirtualBoard) -> None:
    while (await board.state())["up"]:  # noqa: ASYNC110 - the board pushes no such news
        await asyncio.sleep(0.02)


async def _publish_times(rig: Rig, board: VirtualBoard) -> list[float]:
    loop = asyncio.get_running_loop()
    heard: asyncio.Queue[float] = asyncio.Queue()
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda *_: loop.call_soon_threadsafe(
        heard.put_nowait, time.monotonic() * 1000
    )
    client.connect("127.0.0.1", rig.port)
    client.subscribe(f"{names.ROOT}/+/+/{names.EVENT}", qos=0)
    client.loop_start()
    await asyncio.sleep(0.3)
    took = []
    for _ in range(PRESSES):
        pressed = await board.press("button")
        took.append(await heard.get() - pressed)
        await board.set("button", 0)
        await heard.get()
        await asyncio.sleep(0.06)
        while not heard.empty():
            heard.get_nowait()
    client.disconnect()
    client.loop_stop()
    return took


def has_32_bit() -> bool:
    """Return whether the 32-bit interpreter is there; only amd64 machines run it."""
    return find_tool("micropython32") is not None
