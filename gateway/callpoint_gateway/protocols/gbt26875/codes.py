"""The numbers of GB/T 26875.3-2011: what is sent, of what, and in which state."""

from enum import IntEnum, IntFlag
from typing import Final

from callpoint_protocol import names

FIRE_ALARM_SYSTEM: Final = 1
# Numbers from 128 on mean what the centre and the site agree on.
BY_AGREEMENT: Final = 128

SMOKE: Final = 42
MANUAL_CALL_POINT: Final = 23
GAS: Final = 11
GENERAL: Final = 0

# What a zone's component is unless [centre.gbt] says otherwise.
COMPONENTS: Final = {
    names.SMOKE: SMOKE,
    names.PANIC: MANUAL_CALL_POINT,
    names.GAS: GAS,
    names.MEDICAL: BY_AGREEMENT,
    names.DOOR: BY_AGREEMENT + 1,
    names.INTRUSION: BY_AGREEMENT + 2,
    names.TAMPER: BY_AGREEMENT + 3,
    names.WATER: BY_AGREEMENT + 4,
}
# The alarms that are fire alarms to a fire centre; others are signals that it supervises.
FIRE_KINDS: Final = (names.SMOKE, names.PANIC, names.GAS)


class Unit(IntEnum):
    """The type flag of the application data."""

    SYSTEM_STATUS = 1
    COMPONENT_STATUS = 2
    ANALOGUE = 3
    OPERATION = 4
    SYSTEM_VERSION = 5
    SYSTEM_TEXT = 6
    COMPONENT_TEXT = 7
    SYSTEM_TIME = 8
    DEVICE_STATUS = 21
    DEVICE_OPERATION = 24
    DEVICE_VERSION = 25
    DEVICE_TEXT = 26
    DEVICE_TIME = 28
    READ_SYSTEM_STATUS = 61
    READ_COMPONENT_STATUS = 62
    READ_ANALOGUE = 63
    READ_OPERATIONS = 64
    READ_SYSTEM_VERSION = 65
    READ_SYSTEM_TEXT = 66
    READ_COMPONENT_TEXT = 67
    READ_SYSTEM_TIME = 68
    READ_DEVICE_STATUS = 81
    READ_DEVICE_OPERATIONS = 84
    READ_DEVICE_VERSION = 85
    READ_DEVICE_TEXT = 86
    READ_DEVICE_TIME = 88
    INITIALISE = 89
    SET_CLOCK = 90
    DUTY_CHECK = 91


class Status(IntFlag):
    """Bits of a system's or a component's status word."""

    NORMAL = 1 << 0  # 0: under test
    FIRE = 1 << 1
    FAULT = 1 << 2
    SHIELDED = 1 << 3
    SUPERVISION = 1 << 4
    STARTED = 1 << 5
    FEEDBACK = 1 << 6
    DELAYED = 1 << 7
    POWER_FAULT = 1 << 8


class DeviceState(IntFlag):
    """Bits of the transmission device's own status."""

    NORMAL = 1 << 0  # 0: under test
    FIRE = 1 << 1
    FAULT = 1 << 2
    MAIN_POWER_FAULT = 1 << 3
    BACKUP_POWER_FAULT = 1 << 4
    CHANNEL_FAULT = 1 << 5  # between it and the centre
    LINE_FAULT = 1 << 6  # between it and what it watches


class Done(IntFlag):
    """Bits of an operation record."""

    RESET = 1 << 0
    MUTE = 1 << 1
    MANUAL_ALARM = 1 << 2
    CLEARED = 1 << 3
    SELF_TEST = 1 << 4
    ANSWERED = 1 << 5  # of a system: confirmed; of the device: the duty check answered
    TEST = 1 << 6


class Quantity(IntEnum):
    """What an analogue value is, with what one unit of it is."""

    COUNT = 1  # 1
    HEIGHT = 2  # 0.01 m
    TEMPERATURE = 3  # 0.1 degrees Celsius
    PRESSURE_MPA = 4  # 0.1 MPa
    PRESSURE_KPA = 5  # 0.1 kPa
    GAS = 6  # 0.1 % of the lower explosive limit
    TIME = 7  # 1 s
    VOLTAGE = 8  # 0.1 V
    CURRENT = 9  # 0.1 A
    FLOW_L_S = 10  # 0.1 l/s
    FLOW_M3_MIN = 11  # 0.1 m3/min
    WIND = 12  # 1 m/s
