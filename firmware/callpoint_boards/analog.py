"""Voltages: the median of five readings, against Wi-Fi's noise and the odd wild one."""

import machine
from micropython import const

_READINGS = const(5)
_NOMINAL_MV = const(3_300)
_LEAST_MV = const(1_000)  # no chip runs on less: nothing is connected


def median_uv(converter: machine.ADC) -> int:
    """Return microvolts at the pin."""
    readings = sorted(converter.read_uv() for _ in range(_READINGS))
    return readings[_READINGS // 2]


def adc(gpio: int) -> machine.ADC:
    """Return a converter of the whole range, 150 to 2450 mV (ESP32, approximately linear)."""
    converter = machine.ADC(machine.Pin(gpio))
    converter.atten(machine.ADC.ATTN_11DB)
    return converter


class Supply:
    """The supply behind a divider of two resistors."""

    def __init__(self, gpio: int, divider: int) -> None:
        self._adc = adc(gpio)
        self._divider = divider

    def millivolts(self) -> int | None:
        """Return the supply in mV, None if nothing is connected to the divider."""
        found = median_uv(self._adc) * self._divider // 1000
        return found if found >= _LEAST_MV else None


class Loop:
    """A supervised loop between the pin and ground, with a pull-up to the rail.

    ``rail_mv`` is the regulated voltage; 0 says that the rail is the supply itself, as with a
    battery and no regulator, and is measured each time.
    """

    def __init__(self, gpio: int, rail_mv: int, supply: Supply) -> None:
        self._adc = adc(gpio)
        self._rail_mv = rail_mv
        self._supply = supply

    def read(self) -> int:
        """Return the voltage in thousandths of the rail, 0 to 1000."""
        rail_mv = self._rail_mv or self._supply.millivolts() or _NOMINAL_MV
        return min(1_000, median_uv(self._adc) // rail_mv)
