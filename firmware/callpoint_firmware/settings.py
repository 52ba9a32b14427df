"""Who this device is, where its broker is and what is wired to it, from one JSON file.

``Settings(content)`` refuses a wrong value with a ValueError that starts with the key.
``README.md`` lists the keys.
"""

import json
from binascii import unhexlify

from callpoint_firmware.addresses import is_numeric
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

    from callpoint_firmware.board import Values

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


def contents(value: Any) -> bytes:
    """Certificates may stand in the file as a path, or be handed over as bytes."""
    if isinstance(value, bytes):
        return value
    with open(value, "rb") as file:
        return file.read()


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


class Zone:
    """One sensed thing: on ``input``, the board's name of a pin, or on a supervised ``loop``.

    ``active`` is the alarm level of the pin and of the pin of the fault contact. ``loop`` is
    (the board's name of the loop, borders of its windows, their classes).
    """

    def __init__(self, content: dict[str, Any]) -> None:
        _known("zones", content, ZONE_KEYS)
        self.number = _number(content, "zone", 0, MAX_ZONE)
        kind = _text(content, "kind")
        if kind not in KINDS:
            raise ValueError("kind: one of %s" % " ".join(sorted(KINDS)))
        self.kind = KINDS[kind]
        self.loop = self._loop(content) if "loop" in content else None
        self.input = None if self.loop else _text(content, "input")
        self.active = _number(content, "active", 0, 1, 1)
        self.fault = _text(content, "fault") if "fault" in content else None
        self.debounce = (
            _number(content, "debounce", 0, MAX_DEBOUNCE_MS) if "debounce" in content else None
        )
        for key in foreign_keys(self.kind):
            if key in content:
                raise ValueError("%s: not for kind %s" % (key, kind))
        self.left_open_s = _number(content, "left_open_s", 0, MAX_LEFT_OPEN_S, 0)
        self.release = _text(content, "release") if "release" in content else None
        if "release_active" in content and not self.release:
            raise ValueError("release_active: there is no release")
        self.release_active = _number(content, "release_active", 0, 1, self.active)
        self.latch_s = _number(content, "latch_s", 0, MAX_LATCH_S, 0)

    @staticmethod
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


class Settings:
    def __init__(self, content: dict[str, Any]) -> None:
        _known("settings", content, KEYS)
        self.site = _text(content, "site")
        self.device = _text(content, "device")
        for key in ("site", "device"):
            if not valid_id(content[key]):
                raise ValueError("%s: 1 to 32 of a-z 0-9 - _" % key)
        self.host = _text(content, "host")
        fault = host_fault(self.host)
        if fault:
            raise ValueError("host: " + fault)
        self.port = _number(content, "port", 1, MAX_PORT, 8883 if content.get("tls") else 1883)
        self.user = content.get("user")
        self.password = content.get("password")
        self.tls = content.get("tls")
        if self.tls is not None:
            _known("tls", self.tls, TLS_KEYS)
        self.board = content.get("board", {})
        self.made = _number(content, "made", 0, MAX_MADE_S, 0)
        self.sleep = None
        if "sleep" in content:
            sleep = content["sleep"]
            _known("sleep", sleep, SLEEP_KEYS)
            self.sleep = (
                _number(sleep, "heartbeat_s", MIN_SLEEP_HEARTBEAT_S, MAX_SLEEP_HEARTBEAT_S, 3_600)
                * 1000,
                _number(sleep, "awake_s", MIN_AWAKE_S, MAX_AWAKE_S, 20) * 1000,
            )
        self.second = None
        if "second" in content:
            self.second = _second(content["second"])
        self.update = None
        if "update" in content:
            self.update = _update(content["update"])
        zones = content.get("zones")
        if not isinstance(zones, list) or not zones:
            raise ValueError("zones: at least one is needed")
        self.zones = [Zone(zone) for zone in zones]
        if len({zone.number for zone in self.zones}) < len(zones):
            raise ValueError("zone: two zones have the same number")
        pins = [part for zone in self.zones for part in (zone.input, zone.fault, zone.release)]
        twice = used_twice(pins) or used_twice([zone.loop and zone.loop[0] for zone in self.zones])
        if twice:
            raise ValueError("zones: %s is used twice" % twice)
        for zone in self.zones:
            if self.sleep and (zone.loop or zone.latch_s or zone.left_open_s):
                raise ValueError("sleep: zone %d must be watched all the time" % zone.number)
        self.values = dict(DEFAULTS)
        given = content.get("settings", {})
        _known("settings", given, [key for key, _, _ in SETTINGS])
        for key, low, high in SETTINGS:
            self.values[key] = _number(given, key, low, high, DEFAULTS[key])
        for zone in self.zones:
            if zone.debounce is not None:
                self.values["d%d" % zone.number] = zone.debounce
            if zone.left_open_s:
                self.values["lo%d" % zone.number] = zone.left_open_s
        self._defaults = dict(self.values)  # what a configuration leaves out

    def apply(self, values: Values) -> None:
        """Put the values of a configuration in force, and defaults for what it leaves out."""
        self.values.clear()
        self.values.update(self._defaults)
        self.values.update(values)

    def broker(self) -> tuple[str, int]:
        """Return (host, port) of the broker in force: the configuration's, else its own."""
        address = self.values["ip"]
        host = self.host
        if address:
            host = ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))
        return host, self.values["po"] or self.port

    def ssl_context(self, certificate: bytes | None = None) -> tuple[Any, str | None]:
        """Return the context for TLS and the name to verify, or (None, None) without TLS.

        ``certificate``: instead of the one in the settings.
        """
        if self.tls is None:
            return None, None
        import tls

        context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(contents(self.tls["ca"]))
        if "cert" in self.tls:
            own = certificate or contents(self.tls["cert"])
            context.load_cert_chain(own, contents(self.tls["key"]))
        return context, self.tls.get("hostname", self.host)


def load(path: str) -> Settings:
    """Read settings from a file; ValueError says what is wrong with them."""
    with open(path) as file:
        return Settings(json.load(file))
