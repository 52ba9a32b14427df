"""The board of every ESP32: what ``callpoint_firmware.board`` asks for, from a pin map.

Everything is plain MicroPython of the ESP32 port; chips differ in their pin maps and in how they
wake: ESP32 and S3 by EXT0 and EXT1, the C3 by GPIO where the build can.
"""

import asyncio
import json
import time

import esp32
import machine
from micropython import const

from boards.analog import Loop, Supply
from boards.line import Line
from boards.ntp import Time
from boards.slots import Slots
from boards.wifi import Wifi
from callpoint_firmware.clock import Clock
from callpoint_protocol.names import (
    CAUSE_HARD,
    CAUSE_POWER,
    CAUSE_SOFT,
    CAUSE_WAKE,
    CAUSE_WATCHDOG,
)

_DUTY = const(32_768)
_EPOCH_S = 946_684_800 if time.gmtime(0)[0] == 2000 else 0
_CAUSES = {
    machine.PWRON_RESET: CAUSE_POWER,
    machine.HARD_RESET: CAUSE_HARD,
    machine.WDT_RESET: CAUSE_WATCHDOG,
    machine.DEEPSLEEP_RESET: CAUSE_WAKE,
    machine.SOFT_RESET: CAUSE_SOFT,
}


def partition(label):
    """Return a data partition by its label; OSError says which is missing."""
    found = esp32.Partition.find(esp32.Partition.TYPE_DATA, label=label)
    if not found:
        raise OSError("partition " + label + " is missing; write partitions-4MiB.csv")
    return found[0]


class Input:
    """A contact to ground with the chip's pull-up: closed reads 0."""

    def __init__(self, gpio):
        self.pin = machine.Pin(gpio, machine.Pin.IN, machine.Pin.PULL_UP)
        self.value = self.pin.value

    def irq(self, callback):
        self.pin.irq(callback, machine.Pin.IRQ_RISING | machine.Pin.IRQ_FALLING)


class Lamp:
    def __init__(self, gpio):
        self._pin = machine.Pin(gpio, machine.Pin.OUT, value=0)

    def show(self, name, on):
        self._pin.value(1 if on else 0)


class Sounder:
    """A piezo: one tone, on and off."""

    def __init__(self, gpio, tone_hz):
        self._tone = machine.PWM(machine.Pin(gpio), freq=tone_hz, duty_u16=0)

    def show(self, name, on):
        self._tone.duty_u16(_DUTY if on else 0)


class Board:
    """``pins`` is a pin map (``devkit``, ``c3``, ``s3``), ``known`` the device's settings."""

    def __init__(self, pins, known):
        options = known.board
        self._chip = pins.CHIP
        self.clock = Clock()
        self._set_floor(known.made)
        self.supply = Supply(pins.SUPPLY, pins.SUPPLY_DIVIDER)
        self.lamp = Lamp(pins.LAMP)
        self.sounder = Sounder(pins.SOUNDER, pins.TONE_HZ)
        self.flash = partition("spool")
        self.state = partition("state")
        self.images = Slots()
        self.inputs = {name: Input(pins.INPUTS[name]) for name in pins.INPUTS}
        self.loops = {name: Loop(pins.LOOPS[name]) for name in pins.LOOPS}
        self.reset_cause = _CAUSES.get(machine.reset_cause(), CAUSE_HARD)
        self.unique_id = machine.unique_id()
        self.woken_by = self._woken_by()
        self.wifi = Wifi(options, self.clock)
        self._ntp = options.get("ntp")
        self.provisioning = (Line(), self.wifi, pins.CHIP) if options.get("improv", 1) else None
        self.application = None

    def edge_flag(self):
        return asyncio.ThreadSafeFlag()

    def supply_mv(self):
        return self.supply.millivolts()

    def rssi(self):
        return self.wifi.rssi()

    def dns(self):
        server = self.wifi.dns()
        return (server, 53) if server else None

    def raised(self, event):
        """Nobody else is told on a real board."""

    def watchdog(self, ms):
        return machine.WDT(timeout=ms)

    def reset(self):
        machine.reset()

    def tasks(self, kept):
        self.wifi.use_store(kept)
        clock = Time(lambda: self._ntp and self.wifi.address() and self._ntp, self.clock, _set_rtc)
        return (("wifi", self.wifi.run()), ("time", clock.run()))

    @staticmethod
    def _set_floor(made):
        """Certificates are checked by the system clock: it is never before the identity's time."""
        if made and time.time() + _EPOCH_S < made:
            _set_rtc(made)

    # Sleep.

    @property
    def can_sleep(self):
        """A C3 can wake by a contact with newer builds only."""
        return self._chip != "esp32c3" or hasattr(esp32, "wake_on_gpio")

    def sleep(self, names, ms):
        """Sleep deeply until one of these contacts moves or the time is over.

        ``names``: at most one of them may be open (high) at that moment, since the chip wakes on
        *all low* or *any high*. Returns only if a contact has moved since it was read.
        """
        high = [name for name in names if self.inputs[name].value()]
        low = [name for name in names if name not in high]
        self.wifi.off()
        if self._chip == "esp32c3":
            pins = tuple(self.inputs[name].pin for name in high or low)
            level = esp32.WAKEUP_ALL_LOW if high else esp32.WAKEUP_ANY_HIGH
            esp32.wake_on_gpio(pins, level)  # type: ignore[attr-defined]
        else:
            if high:
                esp32.wake_on_ext0(self.inputs[high[0]].pin, esp32.WAKEUP_ALL_LOW)
            if low:
                pins = tuple(self.inputs[name].pin for name in low)
                esp32.wake_on_ext1(pins, esp32.WAKEUP_ANY_HIGH)
        machine.RTC().memory(json.dumps([high[:1], low]).encode())
        for name in names:
            if bool(self.inputs[name].value()) != (name in high):
                return
        machine.deepsleep(ms)

    def _woken_by(self):
        """Return the one input that can have ended the sleep, None if that is not certain."""
        if self.reset_cause != CAUSE_WAKE:
            return None
        try:
            high, low = json.loads(machine.RTC().memory())
        except ValueError:
            return None
        reason = machine.wake_reason()
        if reason == machine.EXT0_WAKE and high:
            return high[0]
        if reason == machine.EXT1_WAKE and len(low) == 1:
            return low[0]
        return None


def _set_rtc(unix_s):
    year, month, day, hour, minute, second = time.gmtime(unix_s - _EPOCH_S)[:6]
    machine.RTC().datetime((year, month, day, 0, hour, minute, second, 0))
