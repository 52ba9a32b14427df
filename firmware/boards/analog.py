"""Voltages: the median of five readings, against Wi-Fi's noise and the odd wild one."""

import machine
from micropython import const

_READINGS = const(5)
_NOMINAL_UV = const(3_300_000)


def median_uv(converter):
    """Return microvolts at the pin."""
    readings = sorted(converter.read_uv() for _ in range(_READINGS))
    return readings[_READINGS // 2]


def adc(gpio):
    """Return a converter of the whole range, 150 to 2450 mV (ESP32, approximately linear)."""
    converter = machine.ADC(machine.Pin(gpio))
    converter.atten(machine.ADC.ATTN_11DB)
    return converter


class Supply:
    """The supply behind a divider of two resistors."""

    def __init__(self, gpio, divider):
        self._adc = adc(gpio)
        self._divider = divider

    def millivolts(self):
        return median_uv(self._adc) * self._divider // 1000


class Loop:
    """A supervised loop between the pin and ground, with a pull-up to the 3.3 V rail."""

    def __init__(self, gpio):
        self._adc = adc(gpio)

    def read(self):
        """Return the voltage in thousandths of the rail, 0 to 1000."""
        return min(1_000, median_uv(self._adc) * 1_000 // _NOMINAL_UV)
