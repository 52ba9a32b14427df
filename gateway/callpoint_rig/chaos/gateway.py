"""``callpoint run`` on a disk and a clock that the harness controls.

    python -m callpoint_rig.chaos.gateway CONTROL run -c gateway.toml

The harness rewrites the file CONTROL (``Hand``, JSON); the gateway reads it 50 times a second.
"""

import sys
import threading
from pathlib import Path

import msgspec

from callpoint_cli.service.run import start
from callpoint_gateway.host.clock import SystemClock
from callpoint_rig.faulty_disk import FaultyDisk

LOOK_S = 0.02


class Hand(msgspec.Struct, frozen=True):
    """State of disk and clock. ``broken_every``: every n-th write and sync fails; 0: none."""

    full: bool = False
    broken_every: int = 0
    off_ms: int = 0


def grip(path: Path, hand: Hand) -> None:
    """Write the control file."""
    new = path.with_suffix(".new")
    new.write_bytes(msgspec.json.encode(hand))
    new.replace(path)


class HeldClock(SystemClock):
    """The machine's clock with a wall clock that is off by ``off_ms``."""

    off_ms = 0

    def wall_ms(self) -> int:
        """Return Unix milliseconds plus ``off_ms``."""
        return super().wall_ms() + self.off_ms


def _obey(path: Path, disk: FaultyDisk, clock: HeldClock) -> None:
    gone = threading.Event()
    while not gone.wait(LOOK_S):
        try:
            hand = msgspec.json.decode(path.read_bytes(), type=Hand)
        except (OSError, msgspec.DecodeError):
            continue
        disk.full = hand.full
        clock.off_ms = hand.off_ms
        if hand.broken_every:
            disk.broken_writes = {disk.writes + hand.broken_every}
            disk.broken_syncs = {disk.syncs + hand.broken_every}


def main(control: Path, configuration: Path) -> None:
    """Run the gateway until SIGTERM."""
    clock = HeldClock()
    with FaultyDisk("chaos", everywhere=True, remember=False) as disk:
        obeying = threading.Thread(target=_obey, args=(control, disk, clock), daemon=True)
        obeying.start()
        start(configuration, None, clock)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[-1]))
