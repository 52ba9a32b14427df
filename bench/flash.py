"""How long a batch of boards takes beside the lines, and whether a killed flasher errs."""

import json
import random
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import NamedTuple

from callpoint_rig.workbench import (
    Technician,
    blank_boards,
    device_of,
    make_identities,
    make_image,
    ticked,
)

BOARDS, PORTS, BAUD = 20, 4, 460_800
KILLS = 20
_APPLICATION = 400_000  # of which half compresses to nothing
_LONG_S = 300.0


class Batch(NamedTuple):
    """Seconds: of the whole command, of the line that was busy longest, of the host per board."""

    took_s: float
    slowest_line_s: float
    own_s: list[float]


def _command(folder: Path) -> list[str]:
    words = ["flash", str(folder / "identities"), "--image", str(folder / "image"), "--no-wait"]
    return [sys.executable, "-m", "callpoint_cli.main", *words]


def batch(folder: Path) -> Batch:
    """Flash 20 boards over 4 ports, each port a process of its own."""
    devices = make_identities(folder / "identities", BOARDS)
    make_image(folder / "image", _APPLICATION)
    sockets = []
    ports: list[str] = []
    for number in range(PORTS):
        (folder / str(number)).mkdir()
        words = [str(folder), str(number), str(BOARDS // PORTS), str(BAUD)]
        command = [sys.executable, "-m", "callpoint_rig.workbench", *words]
        sockets.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        ports += ["--port", str(folder / str(number) / "tty0")]
    for port in ports[1::2]:
        while not Path(port).exists():
            time.sleep(0.05)
    began = time.monotonic()
    subprocess.run(
        [*_command(folder), *ports], check=True, stdout=subprocess.DEVNULL, timeout=_LONG_S
    )
    took_s = time.monotonic() - began
    found = [json.loads(socket.communicate(timeout=_LONG_S)[0]) for socket in sockets]
    assert sorted(device for each in found for *_, device in each) == devices
    lines = [sum(line_s for _, _, line_s, _ in each) for each in found]
    own_s = [board_s - line_s for each in found for _, board_s, line_s, _ in each]
    return Batch(took_s, max(lines), own_s)


def wrong_after_kills(folder: Path) -> int:
    """Kill the flasher 20 times at random, then let it finish; return identities twice or lost."""
    devices = make_identities(folder / "identities", BOARDS)
    make_image(folder / "image", 40_000)
    boards = blank_boards(BOARDS)
    twice = 0
    done = partial(ticked, folder / "identities" / "batch")
    with Technician(folder, boards, PORTS, BAUD, done) as technician:
        command = [*_command(folder), *technician.ports]
        for _ in range(KILLS):
            flasher = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            try:
                flasher.wait(random.uniform(0.5, 3))
            except subprocess.TimeoutExpired:
                flasher.kill()
                flasher.wait()
            named = [device for board in boards if (device := device_of(board))]
            twice += len(named) - len(set(named))
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=_LONG_S)
    found = {device_of(board) for board in boards}
    return twice + len(set(devices) - found)
