"""Runs on MicroPython: play edges into the inputs by a clock of its own; print the events.

``inputs_script.py <firmware> <protocol> <kind> <gesture>`` and on stdin one line per step:
``<at ms> <level>`` for an edge (with a third word its interrupt is dropped), ``<at ms>`` for
a look at the lines.
"""

import asyncio
import json
import sys

sys.path += sys.argv[1:3]

from callpoint_firmware.button import Button
from callpoint_firmware.door import Door
from callpoint_firmware.inputs import Inputs
from callpoint_firmware.positions import Positions
from callpoint_protocol.names import PANIC


class Clock:
    now = 0

    def monotonic_ms(self):
        return self.now


class Pin:
    level = 0
    callback = None

    def value(self):
        return self.level

    def irq(self, callback):
        self.callback = callback

    def drive(self, level, dropped):
        self.level = level
        if not dropped:
            self.callback(self)


class Events:
    def raise_event(self, kind, state, zone, detail=0, count=1, at_ms=None):
        print(json.dumps([at_ms, kind, state, detail, count]))


def touched(down):
    print(json.dumps(["touched", down]))


kind = int(sys.argv[3])
values = {"db": 50, "hd": 2000, "gs": int(sys.argv[4])}
clock = Clock()
pin = Pin()
inputs = Inputs(clock, values, asyncio.ThreadSafeFlag(), clock.monotonic_ms)
kept = Positions(None)
if kind == PANIC:
    button = Button(kind, 1, Events(), values, touched, kept)
    inputs.add(pin, 1, button.changed)
    inputs.add_timed(button.due)
else:
    inputs.add(pin, 1, Door(1, Events(), values, kept).changed)
for line in sys.stdin:
    words = line.split()
    clock.now = int(words[0])
    if len(words) > 1:
        pin.drive(int(words[1]), len(words) > 2)
    else:
        inputs.step()
