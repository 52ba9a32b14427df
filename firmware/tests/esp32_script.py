"""Runs on MicroPython: the ESP32 board on fakes of the chip; prints one JSON line per finding.

``esp32_script.py <firmware> <protocol> <fakes>``
"""

import asyncio
import json
import sys

sys.path.insert(0, sys.argv[3])
sys.path += sys.argv[1:3]

import chip
import esp32
import machine

from boards import c3, devkit, esp32_board, s3
from callpoint_firmware import app
from callpoint_firmware.inputs import Inputs
from callpoint_firmware.settings import Settings
from callpoint_protocol import names


def found(name, value):
    print(json.dumps([name, value]))


def known(**more):
    content = {
        "site": "s",
        "device": "d",
        "host": "127.0.0.1",
        "port": 1,
        "zones": [
            {"zone": 1, "kind": "panic", "input": "button", "active": 0},
            {"zone": 2, "kind": "door", "input": "door"},
        ],
        "made": 1_900_000_000,  # later than the clock of the machine that tests
        "board": {"map": "devkit", "ssid": "lab", "password": "secret12", "improv": 0},
    }
    content.update(more)
    return Settings(content)


class Clock:
    now = 0

    def monotonic_ms(self):
        return self.now


def inputs():
    """Nine edges before the interpreter looks: one is dropped, and the level is still seen."""
    board = esp32_board.Board(devkit, known())
    seen = []
    clock = Clock()
    lines = Inputs(clock, {"db": 50}, board.edge_flag())
    lines.add(board.inputs["button"], 0, lambda active, edges, at: seen.append([active, edges]))
    for number in range(9):
        chip.drive(devkit.INPUTS["button"], number % 2)
    found("dropped", chip.dropped)
    chip.run_queue()
    lines.step()
    for clock.now in range(50, 300, 50):
        lines.step()
    found("seen", seen)
    chip.drive(devkit.INPUTS["button"], 1)
    chip.queue.clear()  # that interrupt is lost altogether
    clock.now = 350
    lines.step()
    found("seen without an interrupt", seen[-1][0])
    try:
        machine.Pin(1, machine.Pin.IN).irq(print, hard=True)
    except TypeError:
        found("irq takes no hard", True)


def voltages():
    board = esp32_board.Board(devkit, known())
    chip.volts[devkit.SUPPLY] = 1_650_000
    found("supply", board.supply_mv())
    gpio = devkit.LOOPS["loop1"]
    readings = []
    for volts in (0, 80_000, 1_650_000, 2_200_000, 3_300_000):
        chip.volts[gpio] = volts
        readings.append(board.loops["loop1"].read())
    found("loop", readings)


def causes():
    result = []
    for chip.reset_cause in (1, 2, 3, 4, 5):
        result.append(esp32_board.Board(devkit, known()).reset_cause)
    chip.reset_cause = 1
    found("causes", result)
    found("clock floor", chip.rtc_datetime[:3])


def sleep(pins, levels, names_of, reason):
    board = esp32_board.Board(pins, known())
    for name in levels:
        chip.levels[pins.INPUTS[name]] = levels[name]
    chip.wake.clear()
    try:
        board.sleep(names_of, 5_000)
    except chip.Asleep as asleep:
        ms = asleep.args[0]
    chip.reset_cause, chip.wake_reason = machine.DEEPSLEEP_RESET, reason
    woken = esp32_board.Board(pins, known()).woken_by
    chip.reset_cause = 1
    wake = {key: [repr(part) for part in chip.wake[key]] for key in sorted(chip.wake)}
    return [ms, sorted(wake.items()), woken]


def sleeping():
    door = ["door"]
    found("door closed", sleep(devkit, {"door": 0}, door, machine.EXT1_WAKE))
    found("door open", sleep(devkit, {"door": 1}, door, machine.EXT0_WAKE))
    found("timer", sleep(devkit, {"door": 1}, door, machine.TIMER_WAKE)[2])
    both = ["door", "button"]
    found("two", sleep(s3, {"door": 0, "button": 1}, both, machine.EXT0_WAKE))
    found("c3", esp32_board.Board(c3, known()).can_sleep)
    # A contact that moves just before the chip would sleep: it does not.
    board = esp32_board.Board(devkit, known())
    chip.levels[devkit.INPUTS["door"]] = 0
    rtc = machine.RTC.memory

    def moved(self, data=None):
        chip.levels[devkit.INPUTS["door"]] = 1
        return rtc(self, data)

    machine.RTC.memory = moved
    board.sleep(door, 5_000)
    machine.RTC.memory = rtc
    found("moved", "returned")


def slots():
    board = esp32_board.Board(devkit, known())
    images = board.images
    found("running", images.running)
    try:
        images.activate()
    except OSError as fault:
        found("refused", fault.args[0])
    images.flash.ioctl(6, 0)
    images.flash.writeblocks(0, b"\xe9" + bytes(31), 0)
    images.activate()
    found("boot", esp32.Partition.boot)
    images.confirm()
    images.confirm()  # with nothing to confirm: harmless
    esp32.Partition.running = "ota_1"
    found("then running", esp32_board.Board(devkit, known()).images.running)
    esp32.Partition.running = "ota_0"


async def application():
    """The whole application on the board: a press is in flash and on the lamp."""
    chip.levels.clear()
    settings = known()
    board = esp32_board.Board(devkit, settings)
    chip.volts[devkit.SUPPLY] = 1_650_000
    running = app.Application(board, settings)
    task = asyncio.create_task(running.run())
    await asyncio.sleep_ms(120)
    chip.drive(devkit.INPUTS["button"], 0)
    chip.run_queue()
    for _ in range(100):
        await asyncio.sleep_ms(10)
        kinds = []
        position = running.spool.after(-1)
        while position >= 0:
            kinds.append(list(running.spool.read(position)[:2]))
            position = running.spool.after(position)
        if [names.PANIC, names.ALARM] in kinds:
            break
    found("event", [names.PANIC, names.ALARM] in kinds)
    found("lamp", [running.answers.shown, chip.outputs[devkit.LAMP]])
    found("watchdog", [chip.watchdogs[-1], chip.fed > 0])
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass


inputs()
voltages()
causes()
sleeping()
slots()
asyncio.run(application())
