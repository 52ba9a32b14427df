"""Every code, name and bound on the wire (protocol version 1).

The same file runs on MicroPython, so it holds plain integers, tuples and dicts only.
The written specification is ``protocol/README.md``; the two must say the same.
"""

VERSION = 1
ROOT = "callpoint/v1"

# Bounds. Lengths are in bytes of UTF-8, numbers are inclusive.
MAX_BODY = 1024
MAX_ID = 32
MAX_BOOT = 0xFFFFFFFF
MAX_SEQ = 0xFFFFFFFF
MAX_ZONE = 255
MAX_DETAIL = 0xFFFF
MAX_COUNT = 255
MAX_AGE_MS = 315_360_000_000  # ten years: a spool that old is a fault, not an event
MIN_TIME_MS = 1_577_836_800_000  # 2020-01-01T00:00:00Z: an earlier clock was never set
MAX_TIME_MS = 4_102_444_800_000  # 2100-01-01T00:00:00Z

# Channels: the last part of a topic.
EVENT = "event"
TELEMETRY = "telemetry"
STATUS = "status"
ACK = "ack"
CMD = "cmd"
CFG = "cfg"
GET = "get"
IMG = "img"
CRT = "crt"
UP_CHANNELS = (EVENT, TELEMETRY, STATUS, GET)
DOWN_CHANNELS = (ACK, CMD, CFG, IMG, CRT)

# Event kinds: what was sensed.
PANIC = 1
MEDICAL = 2
SMOKE = 3
DOOR = 4
INTRUSION = 5
TAMPER = 6
GAS = 7
WATER = 8
DEVICE = 9
BATTERY = 10
SUPERVISION = 11
TEST = 12
KINDS = {
    PANIC: "panic",
    MEDICAL: "medical",
    SMOKE: "smoke",
    DOOR: "door",
    INTRUSION: "intrusion",
    TAMPER: "tamper",
    GAS: "gas",
    WATER: "water",
    DEVICE: "device",
    BATTERY: "battery",
    SUPERVISION: "supervision",
    TEST: "test",
}

# Event states: what happened to it. A trouble has a restore of its own, because one zone
# (a smoke relay with a fault contact) can have an alarm and a trouble at the same time.
ALARM = 1
RESTORE = 2
TROUBLE = 3
TROUBLE_RESTORE = 4
TESTED = 5
NOTICE = 6
STATES = {
    ALARM: "alarm",
    RESTORE: "restore",
    TROUBLE: "trouble",
    TROUBLE_RESTORE: "trouble_restore",
    TESTED: "test",
    NOTICE: "status",
}

# Which states a kind may have. Anything else is refused: a combination nobody agreed on
# would otherwise reach an alarm centre as a code nobody agreed on.
_SENSED = (ALARM, RESTORE, TROUBLE, TROUBLE_RESTORE, TESTED)
_SUPERVISED = (TROUBLE, TROUBLE_RESTORE)
ALLOWED = {
    PANIC: _SENSED,
    MEDICAL: _SENSED,
    SMOKE: _SENSED,
    DOOR: (NOTICE, TROUBLE, TROUBLE_RESTORE, TESTED),
    INTRUSION: _SENSED,
    TAMPER: _SENSED,
    GAS: _SENSED,
    WATER: _SENSED,
    DEVICE: _SUPERVISED,
    BATTERY: _SUPERVISED,
    SUPERVISION: _SUPERVISED,
    TEST: (TESTED,),
}

# A person's life may depend on these: they go first after an outage and wait for a person.
LIFE_KINDS = (PANIC, MEDICAL, SMOKE, GAS)

# Meaning of an event's detail, by kind; that of a trouble is another than that of an alarm.
GESTURE_SINGLE = 1
GESTURE_HOLD = 2
GESTURE_DOUBLE = 3
GESTURES = {GESTURE_SINGLE: "single", GESTURE_HOLD: "hold", GESTURE_DOUBLE: "double"}
CLOSED = 0
OPEN = 1
POSITIONS = {CLOSED: "closed", OPEN: "open"}
# What may be wrong with a supervised loop, whatever is sensed on it. A trouble of a fault
# contact has detail 0.
LOOP_SHORT = 16
LOOP_OPEN = 17
LOOP_LOW = 18
LOOP_HIGH = 19
LOOP_MASKED = 20
LOOP_FAULTS = {
    LOOP_SHORT: "loop_short",
    LOOP_OPEN: "loop_open",
    LOOP_LOW: "loop_low",
    LOOP_HIGH: "loop_high",
    LOOP_MASKED: "loop_masked",
}
LEFT_OPEN = 2
FORCED = 3
DOOR_FAULTS = {
    LEFT_OPEN: "left_open",
    FORCED: "forced",
    LOOP_SHORT: "loop_short",
    LOOP_OPEN: "loop_open",
    LOOP_LOW: "loop_low",
    LOOP_HIGH: "loop_high",
    LOOP_MASKED: "loop_masked",
}
FAULT_STUCK_INPUT = 1
FAULT_SPOOL_LOSS = 2
FAULT_RESTART = 3
FAULT_CONFIGURATION = 4
FAULT_CLOCK = 5
FAULT_SAFE_MODE = 7
FAULT_UPDATE_SIGNATURE = 16
FAULT_UPDATE_PRODUCT = 17
FAULT_UPDATE_HARDWARE = 18
FAULT_UPDATE_SEQUENCE = 19
FAULT_UPDATE_SIZE = 20
FAULT_UPDATE_DIGEST = 21
FAULT_UPDATE_RETURNED = 22
FAULT_UPDATE_FLASH = 23
FAULTS = {
    FAULT_STUCK_INPUT: "stuck_input",
    FAULT_SPOOL_LOSS: "spool_loss",
    FAULT_RESTART: "abnormal_restart",
    FAULT_CONFIGURATION: "configuration_refused",
    FAULT_CLOCK: "clock_lost",
    FAULT_SAFE_MODE: "safe_mode",
    FAULT_UPDATE_SIGNATURE: "update_signature",
    FAULT_UPDATE_PRODUCT: "update_product",
    FAULT_UPDATE_HARDWARE: "update_hardware",
    FAULT_UPDATE_SEQUENCE: "update_sequence",
    FAULT_UPDATE_SIZE: "update_size",
    FAULT_UPDATE_DIGEST: "update_digest",
    FAULT_UPDATE_RETURNED: "update_returned",
    FAULT_UPDATE_FLASH: "update_flash",
}
TEST_MANUAL = 1
TEST_PERIODIC = 2
TEST_WALK = 3
TEST_WALK_END = 4
TESTS = {
    TEST_MANUAL: "manual",
    TEST_PERIODIC: "periodic",
    TEST_WALK: "walk",
    TEST_WALK_END: "walk_end",
}
# Battery detail is millivolts; every other kind has detail 0.

# Event flags (a bit set).
FLAG_ON_TEST = 1
MAX_FLAGS = 1

# Acknowledgement stages, in the order in which they come.
STORED = 1
CENTRE = 2
OPERATOR = 3
REFUSED = 4
STAGES = {STORED: "stored", CENTRE: "centre", OPERATOR: "operator", REFUSED: "refused"}

# Device status.
ONLINE = 1
LOST = 2
SLEEPING = 3
STATUSES = {ONLINE: "online", LOST: "lost", SLEEPING: "sleeping"}

# Why a device started.
CAUSE_POWER = 1
CAUSE_HARD = 2
CAUSE_WATCHDOG = 3
CAUSE_WAKE = 4
CAUSE_SOFT = 5
CAUSES = {
    CAUSE_POWER: "power",
    CAUSE_HARD: "hard",
    CAUSE_WATCHDOG: "watchdog",
    CAUSE_WAKE: "wake",
    CAUSE_SOFT: "soft",
}

# Commands: every one is bounded in time.
IDENTIFY = 1
SELF_TEST = 2
WALK_TEST = 3
SIREN = 4
RESTART = 5
REPORT = 6
UPDATE = 7
WIFI = 8
COMMANDS = {
    IDENTIFY: "identify",
    SELF_TEST: "self_test",
    WALK_TEST: "walk_test",
    SIREN: "siren",
    RESTART: "restart",
    REPORT: "report",
    UPDATE: "update",
    WIFI: "wifi",
}
# What became of the network that a device was told of: it waits, is used, or was tried in vain.
WIFI_WAITS = 1
WIFI_USED = 2
WIFI_VAIN = 3
# The update: a device asks for a package in chunks of at most this many bytes.
IMAGE_CHUNK = 1024
MAX_PACKAGE = 0xFFFFFFFF
MAX_HARDWARE = 0xFFFF
MAX_COMMAND_S = 14_400  # four hours: the longest walk test

# Telemetry readings: key, lowest, highest. Units are in protocol/README.md.
READINGS = (
    ("up", 0, 0xFFFFFFFF),  # uptime, s
    ("mv", 0, 65_535),  # battery, mV
    ("rs", -127, 0),  # received signal strength, dBm
    ("tc", -400, 1_250),  # temperature, tenths of a degree Celsius
    ("hf", 0, 0xFFFFFFFF),  # free heap, bytes
    ("sd", 0, 0xFFFF),  # events waiting in the spool
    ("rc", 1, 5),  # reset cause
    ("ci", 0, 0xFFFFFFFF),  # number of the last command that was obeyed
    ("cr", 0, 0xFFFFFFFF),  # revision of the configuration in force
    ("ce", 0, 0xFFFFFFFF),  # CRC-32 of the certificate in use, DER
    ("wn", 1, 3),  # what became of the network that it was told of
)
MAX_DEBOUNCE_MS = 1_000
MAX_LEFT_OPEN_S = 86_400
# Desired configuration: key, lowest, highest.
SETTINGS = (
    ("hb", 5, 86_400),  # heartbeat interval, s
    ("db", 0, MAX_DEBOUNCE_MS),  # debounce of every input, ms
    ("hd", 500, 10_000),  # how long a hold is, ms
    ("gs", 1, 3),  # the gesture that raises a panic
    ("sn", 0, 1),  # sounder enabled
    ("ip", 0, 0xFFFFFFFF),  # the broker's IPv4 address, 0 the device's own setting
    ("po", 0, 65_535),  # the broker's port, 0 the device's own setting
)
# Desired configuration of one zone: the key is followed by the zone's number.
ZONE_SETTINGS = (
    ("d", 0, MAX_DEBOUNCE_MS),  # debounce, ms
    ("lo", 0, MAX_LEFT_OPEN_S),  # how long a door may stay open, s; 0: for ever
)
