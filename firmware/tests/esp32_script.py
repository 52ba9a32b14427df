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

from callpoint_boards import c3, devkit, esp32_board, s3
from callpoint_boards.slots import Slots
from callpoint_firmware import app
from callpoint_firmware.inputs import Inputs
from callpoint_firmware.settings import Settings
from callpoint_firmware.sleeper import Sleeper
from callpoint_protocol import names


def found(name, value):
    print(json.dumps([name, value]))


def known_content():
    return {
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


def known(**more):
    content = known_content()
    content.update(more)
    return Settings(content)


class Clock:
    now = 0

    def monotonic_ms(self):
        return self.now


def inputs():
    """Nine edges before the interpreter looks: one is dropped, and the level is still seen."""
    board = esp32_board.Board(devkit, known(), Slots())
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
    board = esp32_board.Board(devkit, known(), Slots())
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
        result.append(esp32_board.Board(devkit, known(), Slots()).reset_cause)
    chip.reset_cause = 1
    found("causes", result)
    found("clock floor", chip.rtc_datetime[:3])


ESP32 = chip.can_wake
S3 = set(range(22))
C3 = set(range(6))


def sleeping_board(pins, wakes, levels):
    chip.can_wake = wakes
    chip.levels.clear()
    chip.wake.clear()
    chip.light_sleeps.clear()
    chip.meanwhile = None
    chip.reset_cause = 1
    for name in levels:
        chip.levels[pins.INPUTS[name]] = levels[name]
    return esp32_board.Board(pins, known(), Slots())


def put_to_sleep(board, names_of, ms=5_000):
    """Return the ms of the deep sleep, or None if it did not come to that."""
    try:
        board.sleep(names_of, ms)
    except chip.Asleep as asleep:
        return asleep.args[0]
    return None


def start_after(pins, reason):
    chip.reset_cause, chip.wake_reason = machine.DEEPSLEEP_RESET, reason
    woken = esp32_board.Board(pins, known(), Slots()).woken_by
    chip.reset_cause = 1
    return woken


def deep(name, pins, wakes, levels, names_of, moves, reason):
    """Sleep, have a contact move, start: what was armed, and what the board says woke it."""
    board = sleeping_board(pins, wakes, levels)
    ms = put_to_sleep(board, names_of)
    before = chip.wakes()
    for moved in moves:
        chip.levels[pins.INPUTS[moved]] ^= 1
    armed = {key: [repr(part) for part in chip.wake[key]] for key in sorted(chip.wake)}
    found(
        name,
        {
            "ms": ms,
            "armed": armed,
            "wakes before and after": [before, chip.wakes()],
            "woken by": start_after(pins, reason),
            "light": len(chip.light_sleeps),
        },
    )


def sleeping():
    door = ["door"]
    deep("door closed", devkit, ESP32, {"door": 0}, door, door, machine.EXT1_WAKE)
    deep("door open", devkit, ESP32, {"door": 1}, door, door, machine.EXT0_WAKE)
    deep("timer", devkit, ESP32, {"door": 1}, door, [], machine.TIMER_WAKE)
    both = ["door", "button"]
    deep("two", s3, S3, {"door": 0, "button": 1}, both, ["button"], machine.EXT0_WAKE)
    three = ["door", "tamper", "button"]
    levels = {"door": 0, "tamper": 0, "button": 1}
    deep("three", devkit, ESP32, levels, three, ["tamper"], machine.EXT1_WAKE)
    found("c3 without", esp32_board.Board(c3, known(), Slots()).can_sleep)
    esp32.wake_on_gpio = esp32._newer_wake_on_gpio
    found("c3 with", esp32_board.Board(c3, known(), Slots()).can_sleep)
    deep("c3 door", c3, C3, {"door": 0}, door, door, 7)
    # What was armed for an open door must not wake the chip when it is closed.
    board = sleeping_board(devkit, ESP32, {"door": 1})
    put_to_sleep(board, door)
    chip.levels[devkit.INPUTS["door"]] = 0
    board.sleep(door, 1)
    found("armed anew", [put_to_sleep(board, door), chip.wakes(), sorted(chip.wake)])
    found("moved before", start_after(devkit, machine.TIMER_WAKE))


def light(name, pins, wakes, levels, names_of, moved):
    """The chip cannot wake for all of them: a short press is seen, and told at the next start."""
    board = sleeping_board(pins, wakes, levels)
    fed = chip.fed
    board.watchdog(20_000)

    def press(count):
        chip.levels[pins.INPUTS[moved]] = levels[moved] ^ (1 if count == 1_000 else 0)

    chip.meanwhile = press
    first = put_to_sleep(board, names_of, 3_600_000)
    looks = len(chip.light_sleeps)
    chip.levels[pins.INPUTS[moved]] = levels[moved]  # it is back already
    while True:
        again = put_to_sleep(board, names_of, 1)
        if again:
            break
    found(name, [first, looks, again, chip.fed - fed, start_after(pins, machine.TIMER_WAKE)])


def not_all_can_wake():
    both = ["door", "button"]
    light("two open", devkit, ESP32, {"door": 1, "button": 1}, both, "button")
    light("c3 mixed", c3, C3, {"door": 0, "button": 1}, both, "door")
    light("no such pin", c3, C3, {"tamper": 0}, ["tamper"], "tamper")
    board = sleeping_board(devkit, ESP32, {"door": 1, "button": 1})
    found("heartbeat", [put_to_sleep(board, both, 1_000), len(chip.light_sleeps), chip.wakes()])
    board = sleeping_board(devkit, ESP32, {"door": 0})
    board.images.pending = True
    try:
        board.sleep(["door"], 5_000)
    except chip.Reset:
        found("slot activated", "reset")
    chip.can_wake = ESP32
    chip.meanwhile = None
    chip.levels.clear()


async def farewell():
    """An alarm that comes while the device says goodbye does not wait for the sleep."""

    class Stub:
        idle = proven = at_rest = True
        alarm = False
        boot = 1

        def note(self):
            pass

        async def publish(self, channel, body, retain):
            self.idle = not self.alarm

        async def close(self):
            pass

    class Asked:
        sleep = (3_600_000, 10_000)
        zones = Settings(known_content()).zones

    for alarm in (False, True):
        board = sleeping_board(devkit, ESP32, {"door": 0})
        link = Stub()
        link.alarm = alarm
        sleeper = Sleeper(board, Asked, link, Stub(), Stub(), *[lambda: False] * 2)
        await sleeper.run()
        try:
            sleeper.sleep()
        except chip.Asleep as asleep:
            found("alarm in the farewell" if alarm else "farewell", asleep.args[0])


def supplies():
    board = esp32_board.Board(devkit, known(), Slots())
    chip.volts[devkit.SUPPLY] = 0
    found("no divider", board.supply_mv())
    unregulated = {"map": "devkit", "rail_mv": 0, "improv": 0}
    board = esp32_board.Board(devkit, known(board=unregulated), Slots())
    chip.volts[devkit.LOOPS["loop1"]] = 1_350_000
    chip.volts[devkit.SUPPLY] = 1_350_000
    found("battery rail", board.loops["loop1"].read())


def slots():
    board = esp32_board.Board(devkit, known(), Slots())
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
    found("then running", esp32_board.Board(devkit, known(), Slots()).images.running)
    esp32.Partition.running = "ota_0"


async def application():
    """The whole application on the board: a press is in flash and on the lamp."""
    chip.levels.clear()
    settings = known()
    board = esp32_board.Board(devkit, settings, Slots())
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
            event = running.spool.read(position)
            kinds.append([event.kind, event.state])
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
not_all_can_wake()
asyncio.run(farewell())
supplies()
slots()
asyncio.run(application())
