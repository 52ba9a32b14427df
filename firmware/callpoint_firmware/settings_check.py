"""Checks the settings file and puts its values in their places; needed at the start only.

``app`` forgets this module again: it takes more memory than all that is kept of it.
"""

from binascii import unhexlify

from callpoint_firmware.addresses import is_numeric
from callpoint_firmware.settings import Zone
from callpoint_protocol.device_settings import (
    KEYS,
    KINDS,
    LOOP_KEYS,
    MAX_AFTER_S,
    MAX_AWAKE_S,
    MAX_LATCH_S,
    MAX_MADE_S,
    MAX_PORT,
    MAX_PULLUP_OHM,
    MAX_SLEEP_HEARTBEAT_S,
    MIN_AFTER_S,
    MIN_AWAKE_S,
    MIN_PULLUP_OHM,
    MIN_SLEEP_HEARTBEAT_S,
    MODULUS,
    SECOND_KEYS,
    SLEEP_KEYS,
    TLS_KEYS,
    UPDATE_KEYS,
    ZONE_KEYS,
    foreign_keys,
    host_fault,
    used_twice,
)
from callpoint_protocol.names import (
    MAX_DEBOUNCE_MS,
    MAX_HARDWARE,
    MAX_LEFT_OPEN_S,
    MAX_ZONE,
    SETTINGS,
)
from callpoint_protocol.seal import MAX_KEY, MIN_KEY
from callpoint_protocol.topics import valid_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from callpoint_firmware.settings import Settings

DEFAULTS = {"hb": 60, "db": 50, "hd": 2_000, "gs": 1, "sn": 1, "ip": 0, "po": 0}


def _known(where: str, content: Any, keys: Iterable[str]) -> None:
    if not isinstance(content, dict):
        raise ValueError("%s: not an object" % where)
    for key in content:
        if key not in keys:
            raise ValueError("%s: unknown key; one of %s" % (key, " ".join(keys)))


def _text(content: dict[str, Any], key: str, default: str | None = None) -> str:
    value = content.get(key, default)
    if not isinstance(value, str) or not value:
        raise ValueError("%s: a text is needed" % key)
    return value


def _number(
    content: dict[str, Any], key: str, low: int, high: int, default: int | None = None
) -> int:
    value = content.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError("%s: not a whole number from %d to %d" % (key, low, high))
    return value


def _second(content: dict[str, Any]) -> dict[str, Any]:
    """Check the second path: a numeric address, so that nothing has to be looked up."""
    _known("second", content, SECOND_KEYS)
    try:
        key = unhexlify(_text(content, "key"))
    except ValueError:
        key = b""
    if not MIN_KEY <= len(key) <= MAX_KEY:
        raise ValueError("key: %d to %d hex digits" % (2 * MIN_KEY, 2 * MAX_KEY))
    host = _text(content, "host")
    if not is_numeric(host):
        raise ValueError("host: the second path needs an IPv4 address")
    return {
        "host": host,
        "port": _number(content, "port", 1, MAX_PORT, 5_683),
        "key": key,
        "after_s": _number(content, "after_s", MIN_AFTER_S, MAX_AFTER_S, 10),
    }


def _update(content: dict[str, Any]) -> dict[str, Any]:
    """Check who may sign an update: RSA-2048 moduli as hex text."""
    _known("update", content, UPDATE_KEYS)
    keys = content.get("keys")
    try:
        keys = [unhexlify(key) for key in keys]
    except (TypeError, ValueError):
        keys = []
    if not keys or any(len(key) != MODULUS for key in keys):
        raise ValueError("keys: RSA-2048 moduli of %d hex digits" % (2 * MODULUS))
    product = _text(content, "product")
    if not valid_id(product):
        raise ValueError("product: 1 to 32 of a-z 0-9 - _")
    return {
        "keys": keys,
        "product": product,
        "hardware": _number(content, "hardware", 0, MAX_HARDWARE),
    }


def _zone(zone: Zone, content: dict[str, Any]) -> Zone:
    _known("zones", content, ZONE_KEYS)
    zone.number = _number(content, "zone", 0, MAX_ZONE)
    kind = _text(content, "kind")
    if kind not in KINDS:
        raise ValueError("kind: one of %s" % " ".join(sorted(KINDS)))
    zone.kind = KINDS[kind]
    zone.loop = _loop(content) if "loop" in content else None
    zone.input = None if zone.loop else _text(content, "input")
    zone.active = _number(content, "active", 0, 1, 1)
    zone.fault = _text(content, "fault") if "fault" in content else None
    zone.debounce = (
        _number(content, "debounce", 0, MAX_DEBOUNCE_MS) if "debounce" in content else None
    )
    for key in foreign_keys(zone.kind):
        if key in content:
            raise ValueError("%s: not for kind %s" % (key, kind))
    zone.left_open_s = _number(content, "left_open_s", 0, MAX_LEFT_OPEN_S, 0)
    zone.release = _text(content, "release") if "release" in content else None
    if "release_active" in content and not zone.release:
        raise ValueError("release_active: there is no release")
    zone.release_active = _number(content, "release_active", 0, 1, zone.active)
    zone.latch_s = _number(content, "latch_s", 0, MAX_LATCH_S, 0)
    return zone


def _loop(content: dict[str, Any]) -> tuple[str, list[int], bytes]:
    from callpoint_protocol.loop_presets import windows

    loop = content["loop"]
    _known("loop", loop, LOOP_KEYS)
    if "input" in content:
        raise ValueError("input: not together with a loop")
    preset = _text(loop, "preset")
    if "fault" in content and preset.endswith("fault"):
        raise ValueError("fault: %s tells of faults itself" % preset)
    borders, classes = windows(preset, _number(loop, "pullup", MIN_PULLUP_OHM, MAX_PULLUP_OHM))
    return _text(loop, "input"), borders, classes


def fill(settings: Settings, content: dict[str, Any]) -> None:
    """Put the settings of a file in their places; ValueError names the key that is wrong."""
    _known("settings", content, KEYS)
    settings.site = _text(content, "site")
    settings.device = _text(content, "device")
    for key in ("site", "device"):
        if not valid_id(content[key]):
            raise ValueError("%s: 1 to 32 of a-z 0-9 - _" % key)
    settings.host = _text(content, "host")
    fault = host_fault(settings.host)
    if fault:
        raise ValueError("host: " + fault)
    settings.port = _number(content, "port", 1, MAX_PORT, 8883 if content.get("tls") else 1883)
    settings.user = content.get("user")
    settings.password = content.get("password")
    settings.tls = content.get("tls")
    if settings.tls is not None:
        _known("tls", settings.tls, TLS_KEYS)
    settings.board = content.get("board", {})
    settings.made = _number(content, "made", 0, MAX_MADE_S, 0)
    settings.sleep = None
    if "sleep" in content:
        sleep = content["sleep"]
        _known("sleep", sleep, SLEEP_KEYS)
        settings.sleep = (
            _number(sleep, "heartbeat_s", MIN_SLEEP_HEARTBEAT_S, MAX_SLEEP_HEARTBEAT_S, 3_600)
            * 1000,
            _number(sleep, "awake_s", MIN_AWAKE_S, MAX_AWAKE_S, 20) * 1000,
        )
    settings.second = None
    if "second" in content:
        settings.second = _second(content["second"])
    settings.update = None
    if "update" in content:
        settings.update = _update(content["update"])
    zones = content.get("zones")
    if not isinstance(zones, list) or not zones:
        raise ValueError("zones: at least one is needed")
    settings.zones = [_zone(Zone(), zone) for zone in zones]
    if len({zone.number for zone in settings.zones}) < len(zones):
        raise ValueError("zone: two zones have the same number")
    pins = [part for zone in settings.zones for part in (zone.input, zone.fault, zone.release)]
    twice = used_twice(pins) or used_twice([zone.loop and zone.loop[0] for zone in settings.zones])
    if twice:
        raise ValueError("zones: %s is used twice" % twice)
    for zone in settings.zones:
        if settings.sleep and (zone.loop or zone.latch_s or zone.left_open_s):
            raise ValueError("sleep: zone %d must be watched all the time" % zone.number)
    settings.values = dict(DEFAULTS)
    given = content.get("settings", {})
    _known("settings", given, [key for key, _, _ in SETTINGS])
    for key, low, high in SETTINGS:
        settings.values[key] = _number(given, key, low, high, DEFAULTS[key])
    for zone in settings.zones:
        if zone.debounce is not None:
            settings.values["d%d" % zone.number] = zone.debounce
        if zone.left_open_s:
            settings.values["lo%d" % zone.number] = zone.left_open_s
    settings.defaults = dict(settings.values)  # what a configuration leaves out
