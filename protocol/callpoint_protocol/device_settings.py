"""What a device's settings may hold: keys, kinds and bounds, the same on device and host.

The host refuses a file that the device would refuse. Numbers are inclusive. ``firmware/README.md``
says what each key means; ``loop_presets`` has the loops.
"""

from callpoint_protocol.names import (
    DOOR,
    GAS,
    INTRUSION,
    MEDICAL,
    PANIC,
    SMOKE,
    TAMPER,
    WATER,
)

MAX_PORT = 65_535
MAX_MADE_S = 0xFFFFFFFF  # when the settings were made, Unix seconds
MIN_PULLUP_OHM = 100
MAX_PULLUP_OHM = 100_000
MAX_LATCH_S = 86_400
MIN_SLEEP_HEARTBEAT_S = 60
MAX_SLEEP_HEARTBEAT_S = 86_400
MIN_AWAKE_S = 5
MAX_AWAKE_S = 300
MIN_AFTER_S = 1
MAX_AFTER_S = 3_600
MODULUS = 256  # bytes of an RSA-2048 key that signs updates

KINDS = {
    "panic": PANIC,
    "medical": MEDICAL,
    "smoke": SMOKE,
    "door": DOOR,
    "intrusion": INTRUSION,
    "tamper": TAMPER,
    "gas": GAS,
    "water": WATER,
}

KEYS = (
    "site",
    "device",
    "host",
    "port",
    "user",
    "password",
    "tls",
    "zones",
    "settings",
    "board",
    "sleep",
    "second",
    "update",
    "made",
)
ZONE_KEYS = (
    "zone",
    "kind",
    "input",
    "loop",
    "active",
    "fault",
    "debounce",
    "left_open_s",
    "release",
    "release_active",
    "latch_s",
)
LOOP_KEYS = ("input", "preset", "pullup")
TLS_KEYS = ("ca", "cert", "key", "hostname")
SLEEP_KEYS = ("heartbeat_s", "awake_s")
SECOND_KEYS = ("host", "port", "key", "after_s")
UPDATE_KEYS = ("keys", "product", "hardware")
_DOOR_KEYS = ("left_open_s", "release", "release_active")
_LATCH_KEYS = ("latch_s",)


def foreign_keys(kind: int) -> tuple[str, ...]:
    """Return the keys that a zone of this kind may not have."""
    if kind == DOOR:
        return _LATCH_KEYS
    if kind in (PANIC, MEDICAL):
        return _DOOR_KEYS + _LATCH_KEYS
    return _DOOR_KEYS


def used_twice(parts: list[str | None]) -> str | None:
    """Return the first name of a pin or loop that stands in two places; None parts are absent."""
    seen: list[str] = []
    for part in parts:
        if part in seen:
            return part
        if part:
            seen.append(part)
    return None


def host_fault(host: str) -> str | None:
    """Say what is wrong with the address or name of a broker, None if nothing is."""
    if host.endswith(".local"):
        return "a name that ends in .local is not looked up; give the address or a name in DNS"
    for label in host.split("."):
        if not 0 < len(label) < 64:
            return "an IPv4 address or a name, without scheme, port or blank"
        for letter in label:
            if not ("a" <= letter.lower() <= "z" or "0" <= letter <= "9" or letter in "-_"):
                return "an IPv4 address or a name, without scheme, port or blank"
    return None
