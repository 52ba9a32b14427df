"""A virtual board that prints when an event was stored in flash, was sent and was answered.

    micropython traced_board.py settings.json

It prints a line for each on stderr: step, boot, seq, and the wall clock in microseconds. It runs
under MicroPython and wraps functions of the firmware.
"""

import sys
import time

_HERE = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
sys.path.append(_HERE + "/../firmware/callpoint_boards")

import virtual  # noqa: E402 - the path must be known first

from callpoint_firmware.answers import Answers  # noqa: E402
from callpoint_firmware.link import Link  # noqa: E402
from callpoint_firmware.spool import Spool  # noqa: E402

_append, _publish, _reached = Spool.append, Link._publish, Answers.reached


def _note(step, boot, seq):
    sys.stderr.write(f"trace {step} {boot} {seq} {time.time_ns() // 1000}\n")


def append(self, *words):
    event = _append(self, *words)
    if event:
        _note("flash", event.boot, event.seq)
    return event


async def publish(self, event):
    await _publish(self, event)
    _note("published", event.boot, event.seq)


def reached(self, boot, first, last, stage):
    _reached(self, boot, first, last, stage)
    _note(f"shown{stage}", boot, last)


Spool.append = append
Link._publish = publish
Answers.reached = reached
virtual.start(sys.argv[1])
