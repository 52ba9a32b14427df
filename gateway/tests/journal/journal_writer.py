"""Writes events to a journal until it is killed, printing each that has been answered."""

import sys
import threading
from pathlib import Path

from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import EventBody, NewEntry, Quality, Stored, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names

BOOT = 65537
DEVICE = "button-1"


def write_for_ever(path: Path, first: int) -> None:
    """Submit event after event, a few at a time under way."""
    journal = Journal(path, SystemClock(), chained=True)
    room = threading.Semaphore(20)
    seq = first
    while True:
        room.acquire()
        body = EventBody("estate", names.PANIC, names.ALARM, 1, 0, 1, 0, seq, Quality.AGE)

        def answered(stored: list[Stored], seq: int = seq) -> None:
            print(seq, flush=True)
            room.release()

        journal.submit([NewEntry(Type.EVENT, body, DEVICE, BOOT, seq)], answered)
        seq += 1


if __name__ == "__main__":
    write_for_ever(Path(sys.argv[1]), int(sys.argv[2]))
