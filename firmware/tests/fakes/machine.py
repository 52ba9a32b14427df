"""A fake of the ESP32 port's ``machine``."""

import chip

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
EXT0_WAKE, EXT1_WAKE, TIMER_WAKE = 2, 3, 4
SLEEP, DEEPSLEEP = 2, 4


class Pin:
    IN, OUT, OPEN_DRAIN = 1, 3, 7
    PULL_UP, PULL_DOWN = 2, 1
    IRQ_RISING, IRQ_FALLING, WAKE_LOW, WAKE_HIGH = 1, 2, 4, 5

    def __init__(self, id, mode=-1, pull=-1, *, value=None, drive=None, hold=None):
        if pull in (self.PULL_UP, self.PULL_DOWN) and 34 <= id <= 39:
            raise ValueError("GPIO 34 to 39 have no pulls")
        if mode == self.OUT and 34 <= id <= 39:
            raise ValueError("pin can only be input")
        self.id = id
        self.mode = mode
        if value is not None:
            chip.outputs[id] = value

    def value(self, level=None):
        if level is None:
            return chip.levels.get(self.id, 1)
        chip.outputs[self.id] = level

    def irq(self, handler=None, trigger=3, wake=None):
        if wake is not None and not 2 <= wake <= 7:
            raise ValueError("bad wake value")
        if trigger in (self.WAKE_LOW, self.WAKE_HIGH) and wake is not None:
            return
        chip.handlers[self.id] = (handler, trigger, self)


class ADC:
    ATTN_0DB, ATTN_2_5DB, ATTN_6DB, ATTN_11DB = 0, 1, 2, 3

    def __init__(self, pin):
        self._id = pin.id
        self._top = 950_000

    def atten(self, value):
        self._top = (950_000, 1_250_000, 1_750_000, 2_450_000)[value]

    def read_uv(self):
        """Below about 100 mV it reads 0; above its range it saturates; steps of 1 mV."""
        volts = chip.volts.get(self._id, 0)
        if volts < 100_000:
            return 0
        return min(volts, self._top + 650_000) // 1000 * 1000


class PWM:
    def __init__(self, pin, freq=5000, duty_u16=32768):
        self._id = pin.id
        chip.outputs[self._id] = duty_u16

    def duty_u16(self, value):
        chip.outputs[self._id] = value


class WDT:
    """It cannot be stopped; making it again changes its time."""

    def __init__(self, id=0, timeout=5000):
        if id != 0 or timeout <= 0:
            raise ValueError
        chip.watchdogs.append(timeout)

    def feed(self):
        chip.fed += 1


class RTC:
    def memory(self, data=None):
        if data is None:
            return chip.rtc_memory
        chip.rtc_memory = bytes(data)

    def datetime(self, value=None):
        if value is None:
            return chip.rtc_datetime
        chip.rtc_datetime = value


def reset_cause():
    return chip.reset_cause


def wake_reason():
    return chip.wake_reason


def unique_id():
    return b"\x24\x6f\x28\x01\x02\x03"


def reset():
    raise chip.Reset


def deepsleep(ms=0):
    raise chip.Asleep(ms)


def lightsleep(ms=0):
    """Returns; interrupts of edges are not seen meanwhile."""
    chip.light_sleeps.append(ms)
    if chip.meanwhile:
        chip.meanwhile(len(chip.light_sleeps))
