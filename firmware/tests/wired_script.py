"""Runs on MicroPython: play what happens to the parts of a wired board; print the events.

``wired_script.py <firmware> <protocol>``. Each line of stdin is a scenario, answered by a line::

    {"zones": [..], "content"?: {more settings}, "configured"?: {values}, "starts": [start, ..]}

and a start is::

    {"until": ms, "levels"?: {name: level or ratio}, "woken_by"?: name,
     "happens"?: [[ms, name, level or ratio, dropped?], ..], "stalls"?: [[from, to], ..]}

Between starts the power is off; only the store lasts. Time is simulated: the inputs are looked at
when they ask for it and when an interrupt has set their flag. In a stall nothing of that runs, and
the edges of a pin become one interrupt at its end. The answer has a list of events for each
start, [ms when raised, kind, state, zone, detail, count, ms when it happened], or "error".
"""

import json
import sys

sys.path += sys.argv[1:3]

from nor_flash import NorFlash

from callpoint_firmware.inputs import Inputs
from callpoint_firmware.settings import Settings
from callpoint_firmware.store import Store
from callpoint_firmware.wiring import wire

NEVER = 1 << 29
CONTENT = {"site": "s", "device": "d", "host": "h"}


class Clock:
    now = 0

    def monotonic_ms(self):
        return self.now


class Flag:
    on = False

    def set(self):
        self.on = True


class Pin:
    def __init__(self, level):
        self.level = level
        self.latched = False
        self.callback = None

    def value(self):
        return self.level

    def irq(self, callback):
        self.callback = callback


class Loop:
    def __init__(self, ratio):
        self.ratio = ratio

    def read(self):
        return self.ratio


class Board:
    def __init__(self, zones, start):
        self.inputs = {}
        self.loops = {}
        self.woken_by = start.get("woken_by")
        levels = start.get("levels", {})
        for zone in zones:
            for name, rest in (
                (zone.input, 1 - zone.active),
                (zone.fault, 1 - zone.active),
                (zone.release, 1 - zone.release_active),
            ):
                if name:
                    self.inputs[name] = Pin(levels.get(name, rest))
            if zone.loop:
                name, borders, _ = zone.loop
                self.loops[name] = Loop(levels.get(name, (borders[1] + borders[2]) // 2))


class Events:
    def __init__(self, clock):
        self.clock = clock
        self.raised = []

    def raise_event(self, kind, state, zone, detail=0, count=1, at_ms=None):
        self.raised.append([self.clock.now, kind, state, zone, detail, count, at_ms])


class Answers:
    def touched(self, down):
        pass


def end_of_stall(stalls, at):
    for begins, ends in stalls:
        if begins <= at < ends:
            return ends
    return at


def play(settings, start, store):
    clock, flag = Clock(), Flag()
    board, events = Board(settings.zones, start), Events(clock)
    inputs = Inputs(clock, settings.values, flag, clock.monotonic_ms)
    wire(board, settings, inputs, events, Answers(), store)
    stalls = start.get("stalls", [])
    happens = start.get("happens", [])
    done = look = 0
    while True:
        due = clock.now if flag.on else look
        due = end_of_stall(stalls, max(due, clock.now))
        for pin in board.inputs.values():
            if pin.latched:
                due = min(due, end_of_stall(stalls, clock.now))
        happening = happens[done] if done < len(happens) else (NEVER,)
        if min(due, happening[0]) > start["until"]:
            return events.raised
        if happening[0] <= due:
            clock.now = happening[0]
            done += 1
            if happening[1] in board.loops:
                board.loops[happening[1]].ratio = happening[2]
                continue
            pin = board.inputs[happening[1]]
            pin.level = happening[2]
            if len(happening) > 3 and happening[3]:
                continue
            if end_of_stall(stalls, clock.now) > clock.now:
                pin.latched = True
            else:
                pin.callback(pin)
            continue
        clock.now = due
        for pin in board.inputs.values():
            if pin.latched:
                pin.latched = False
                pin.callback(pin)
        flag.on = False
        look = clock.now + inputs.step()


def answer(scenario):
    try:
        content = dict(CONTENT)
        content["zones"] = scenario["zones"]
        content.update(scenario.get("content", {}))
        Settings(content)
        flash = NorFlash(2)
        played = []
        for start in scenario["starts"]:
            settings = Settings(content)
            settings.values.update(scenario.get("configured", {}))
            played.append(play(settings, start, Store(flash)))
        return played
    except ValueError as error:
        return {"error": str(error)}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
