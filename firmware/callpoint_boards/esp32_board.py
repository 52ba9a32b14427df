"""The board of every ESP32: what ``callpoint_firmware.board`` asks for, from a pin map.

Everything is plain MicroPython of the ESP32 port; chips differ in their pin maps and in how they
wake: ESP32 and S3 by EXT0 and EXT1, the C3 by GPIO where the build can. ``README.md`` lists what
the identity's ``board`` may hold.
"""

import asyncio
import json
import time

import esp32
import machine
from micropython import const

from callpoint_boards.analog import Loop, Supply
from callpoint_boards.line import Line
from callpoint_boards.ntp import Time
from callpoint_boards.wifi import Wifi
from callpoint_firmware.clock import Clock
from callpoint_protocol.names import (
    CAUSE_HARD,
    CAUSE_POWER,
    CAUSE_SOFT,
    CAUSE_WAKE,
    CAUSE_WATCHDOG,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from callpoint_firmware.app import Application
    from callpoint_firmware.board import Task
    from callpoint_firmware.settings import Settings
    from callpoint_firmware.spool import Event

_DUTY = const(32_768)
_LOOK_MS = const(20)
_EPOCH_S = 946_684_800 if time.gmtime(0)[0] == 2000 else 0
_CAUSES = {
    machine.PWRON_RESET: CAUSE_POWER,
    machine.HARD_RESET: CAUSE_HARD,
    machine.WDT_RESET: CAUSE_WATCHDOG,
    machine.DEEPSLEEP_RESET: CAUSE_WAKE,
    machine.SOFT_RESET: CAUSE_SOFT,
}


def partition(label: str) -> esp32.Partition:
    """Return a data partition by its label; OSError says which is missing."""
    found = esp32.Partition.find(esp32.Partition.TYPE_DATA, label=label)
    if not found:
        raise OSError("partition " + label + " is missing; write the partition table")
    return found[0]


class Input:
    """A contact to ground with the chip's pull-up: closed reads 0."""

    def __init__(self, gpio: int) -> None:
        self.pin = machine.Pin(gpio, machine.Pin.IN, machine.Pin.PULL_UP)
        self.last = self.pin.value()

    def value(self) -> int:
        self.last = self.pin.value()
        return self.last

    def moved(self) -> bool:
        """Say whether the level is another than the one that was last read."""
        return self.pin.value() != self.last

    def irq(self, callback: Callable[[Any], None]) -> None:
        self.pin.irq(callback, machine.Pin.IRQ_RISING | machine.Pin.IRQ_FALLING)


class Lamp:
    def __init__(self, gpio: int) -> None:
        self._pin = machine.Pin(gpio, machine.Pin.OUT, value=0)

    def show(self, name: str, on: bool) -> None:
        self._pin.value(1 if on else 0)


class Sounder:
    """A piezo: one tone, on and off."""

    def __init__(self, gpio: int, tone_hz: int) -> None:
        self._tone = machine.PWM(machine.Pin(gpio), freq=tone_hz, duty_u16=0)

    def show(self, name: str, on: bool) -> None:
        self._tone.duty_u16(_DUTY if on else 0)


class Board:
    """``pins``: a pin map (``devkit``, ``c3``, ``s3``); ``images``: the firmware's two places."""

    def __init__(self, pins: Any, settings: Settings, images: Any) -> None:
        options = settings.board
        options.setdefault("hostname", settings.device)  # or all boards are one name for DHCP
        self._chip = pins.CHIP
        self.clock = Clock()
        self._set_floor(settings.made)
        self.supply = Supply(pins.SUPPLY, pins.SUPPLY_DIVIDER)
        rail_mv = options.get("rail_mv", 3_300)
        self.lamp = Lamp(pins.LAMP)
        self.sounder = Sounder(pins.SOUNDER, pins.TONE_HZ)
        self.flash = partition("spool")
        self.state = partition("state")
        self.images = images
        self.inputs = {name: Input(pins.INPUTS[name]) for name in pins.INPUTS}
        self.loops = {name: Loop(pins.LOOPS[name], rail_mv, self.supply) for name in pins.LOOPS}
        self.reset_cause = _CAUSES.get(machine.reset_cause(), CAUSE_HARD)
        self.unique_id = machine.unique_id()
        self.woken_by = self._woken_by()
        self.wifi = Wifi(options, self.clock, not settings.sleep)
        self._ntp = options.get("ntp")
        self._made = settings.made
        self._moved: str | None = None  # what kept the board from sleeping
        self._watchdog: machine.WDT | None = None
        self.provisioning = (Line(), self.wifi, pins.CHIP) if options.get("improv", 1) else None

    def edge_flag(self) -> asyncio.ThreadSafeFlag:
        return asyncio.ThreadSafeFlag()

    def supply_mv(self) -> int | None:
        return self.supply.millivolts()

    def rssi(self) -> int | None:
        return self.wifi.rssi()

    def dns(self) -> tuple[str, int] | None:
        server = self.wifi.dns()
        return (server, 53) if server else None

    def raised(self, event: Event) -> None:
        """Nobody else is told on a real board."""

    def watchdog(self, ms: int) -> machine.WDT:
        self._watchdog = machine.WDT(timeout=ms)
        return self._watchdog

    def reset(self) -> None:
        machine.reset()

    def tasks(self, application: Application) -> list[Task]:
        self.wifi.use_store(application.store)
        self.wifi.watch(lambda: application.link.up)
        tasks = [("wifi", self.wifi.run())]
        if self._ntp:
            clock = Time(self._time_server, self.clock, _set_rtc, self._made, self.dns)
            tasks.append(("time", clock.run()))
        return tasks

    def _time_server(self) -> str | None:
        return self._ntp if self.wifi.address() else None

    @staticmethod
    def _set_floor(made: int) -> None:
        """Certificates are checked by the system clock: it is never before the identity's time."""
        if made and time.time() + _EPOCH_S < made:
            _set_rtc(made)

    # Sleep.

    @property
    def can_sleep(self) -> bool:
        """A C3 can wake by a contact with newer builds only."""
        return self._chip != "esp32c3" or hasattr(esp32, "wake_on_gpio")

    def sleep(self, names: list[str], ms: int) -> None:
        """Sleep until one of these contacts moves or the time is over.

        The wake level of each is opposite to the level that was last read, so that a contact that
        has moved since then is not slept over. Returns only if one has; the next call then sleeps
        against the new level. Never between the activation of a slot and its start.
        """
        if self.images.pending:
            machine.reset()
        self.wifi.off()
        high = [name for name in names if self.inputs[name].last]
        low = [name for name in names if name not in high]
        deep = self._wake_by(high, low)
        while not self._has_moved(names):
            if deep or ms <= 0:
                machine.RTC().memory(json.dumps([high, low, self._moved]).encode())
                machine.deepsleep(max(ms, 1))
            machine.lightsleep(_LOOK_MS)
            ms -= _LOOK_MS
            if self._watchdog:
                self._watchdog.feed()

    def _wake_by(self, high: list[str], low: list[str]) -> bool:
        """Arm the chip for all of these; False if it cannot wake by every one of them.

        It wakes on *all low* or *any high*, so two that are high would have to close together. The
        C3 has one level for all its pins. Then the contacts are looked at between light sleeps:
        that takes more current, and a contact is not slept over.
        """
        if len(high) > 1 or (self._chip == "esp32c3" and high and low):
            high, low = [], []
            armed = False
        else:
            armed = True
        pins = [self.inputs[name].pin for name in high + low]
        try:
            if self._chip == "esp32c3":
                level = esp32.WAKEUP_ALL_LOW if high else esp32.WAKEUP_ANY_HIGH
                if pins:
                    esp32.wake_on_gpio(tuple(pins), level)  # type: ignore[attr-defined]
            else:
                first = pins.pop(0) if high else None  # None takes back what was armed before
                esp32.wake_on_ext0(first, esp32.WAKEUP_ALL_LOW)
                esp32.wake_on_ext1(tuple(pins), esp32.WAKEUP_ANY_HIGH)
        except ValueError:
            return False  # a pin that cannot wake
        return armed

    def _has_moved(self, names: list[str]) -> bool:
        """Note what has moved: it may be back before the next start can see it."""
        for name in names:
            if self.inputs[name].moved():
                self.inputs[name].value()
                self._moved = name
                return True
        return False

    def _woken_by(self) -> str | None:
        """Return the one input that can have ended the sleep, None if that is not certain."""
        if self.reset_cause != CAUSE_WAKE:
            return None
        try:
            high, low, moved = json.loads(machine.RTC().memory())
        except (TypeError, ValueError):
            return None
        if moved in self.inputs:
            return moved
        reason = machine.wake_reason()
        if reason == machine.TIMER_WAKE:
            return None
        if self._chip == "esp32c3":
            candidates = high + low
        else:
            candidates = high if reason == machine.EXT0_WAKE else low
        return candidates[0] if len(candidates) == 1 else None


def _set_rtc(unix_s: int) -> None:
    year, month, day, hour, minute, second = time.gmtime(unix_s - _EPOCH_S)[:6]
    machine.RTC().datetime((year, month, day, 0, hour, minute, second, 0))
