"""Who this device is, where its broker is and what is wired to it, from one JSON file.

``Settings(content)`` refuses a wrong value with a ValueError that starts with the key.
``README.md`` lists the keys.
"""

import json
from binascii import unhexlify

from callpoint_firmware.addresses import is_numeric
from callpoint_protocol.names import (
    DOOR,
    GAS,
    INTRUSION,
    MAX_ZONE,
    MEDICAL,
    PANIC,
    SETTINGS,
    SMOKE,
    TAMPER,
    WATER,
)
from callpoint_protocol.seal import MAX_KEY, MIN_KEY
from callpoint_protocol.topics import valid_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from callpoint_firmware.board import Values

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
DEFAULTS = {"hb": 60, "db": 50, "hd": 2_000, "gs": 1, "sn": 1, "ip": 0, "po": 0}
_KEYS = (
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
_ZONE_KEYS = (
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
_SLEEP_KEYS = ("heartbeat_s", "awake_s")
_SECOND_KEYS = ("host", "port", "key", "after_s")
_UPDATE_KEYS = ("keys", "product", "hardware")
_DOOR_KEYS = ("left_open_s", "release", "release_active")
_LOOP_KEYS = ("input", "preset", "pullup")
_TLS_KEYS = ("ca", "cert", "key", "hostname")


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


def _contents(value: Any) -> bytes:
    """Certificates may stand in the file as a path, or be handed over as bytes."""
    if isinstance(value, bytes):
        return value
    with open(value, "rb") as file:
        return file.read()


def _second(content: dict[str, Any]) -> dict[str, Any]:
    """Check the second path: a numeric address, so that nothing has to be looked up."""
    _known("second", content, _SECOND_KEYS)
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
        "port": _number(content, "port", 1, 65_535, 5_683),
        "key": key,
        "after_s": _number(content, "after_s", 1, 3_600, 10),
    }


def _update(content: dict[str, Any]) -> dict[str, Any]:
    """Check who may sign an update: RSA-2048 moduli as hex text."""
    _known("update", content, _UPDATE_KEYS)
    keys = content.get("keys")
    try:
        keys = [unhexlify(key) for key in keys]
    except (TypeError, ValueError):
        keys = []
    if not keys or any(len(key) != 256 for key in keys):
        raise ValueError("keys: RSA-2048 moduli of 512 hex digits")
    product = _text(content, "product")
    if not valid_id(product):
        raise ValueError("product: 1 to 32 of a-z 0-9 - _")
    return {"keys": keys, "product": product, "hardware": _number(content, "hardware", 0, 65_535)}


class Zone:
    """One sensed thing: on ``input``, the board's name of a pin, or on a supervised ``loop``.

    ``active`` is the alarm level of the pin and of the pin of the fault contact. ``loop`` is
    (the board's name of the loop, borders of its windows, their classes).
    """

    def __init__(self, content: dict[str, Any]) -> None:
        _known("zones", content, _ZONE_KEYS)
        self.number = _number(content, "zone", 0, MAX_ZONE)
        kind = _text(content, "kind")
        if kind not in KINDS:
            raise ValueError("kind: one of %s" % " ".join(sorted(KINDS)))
        self.kind = KINDS[kind]
        self.loop = self._loop(content) if "loop" in content else None
        self.input = None if self.loop else _text(content, "input")
        self.active = _number(content, "active", 0, 1, 1)
        self.fault = _text(content, "fault") if "fault" in content else None
        self.debounce = _number(content, "debounce", 0, 1_000) if "debounce" in content else None
        if self.kind == DOOR:
            misfits = ["latch_s"]
        elif self.kind in (PANIC, MEDICAL):
            misfits = list(_DOOR_KEYS) + ["latch_s"]
        else:
            misfits = list(_DOOR_KEYS)
        for key in misfits:
            if key in content:
                raise ValueError("%s: not for kind %s" % (key, kind))
        self.left_open_s = _number(content, "left_open_s", 0, 86_400, 0)
        self.release = _text(content, "release") if "release" in content else None
        if "release_active" in content and not self.release:
            raise ValueError("release_active: there is no release")
        self.release_active = _number(content, "release_active", 0, 1, self.active)
        self.latch_s = _number(content, "latch_s", 0, 86_400, 0)

    @staticmethod
    def _loop(content: dict[str, Any]) -> tuple[str, list[int], bytes]:
        from callpoint_firmware.loop import windows

        loop = content["loop"]
        _known("loop", loop, _LOOP_KEYS)
        if "input" in content:
            raise ValueError("input: not together with a loop")
        preset = _text(loop, "preset")
        if "fault" in content and preset.endswith("fault"):
            raise ValueError("fault: %s tells of faults itself" % preset)
        borders, classes = windows(preset, _number(loop, "pullup", 100, 100_000))
        return _text(loop, "input"), borders, classes


class Settings:
    def __init__(self, content: dict[str, Any]) -> None:
        _known("settings", content, _KEYS)
        self.site = _text(content, "site")
        self.device = _text(content, "device")
        for key in ("site", "device"):
            if not valid_id(content[key]):
                raise ValueError("%s: 1 to 32 of a-z 0-9 - _" % key)
        self.host = _text(content, "host")
        self.port = _number(content, "port", 1, 65_535, 8883 if content.get("tls") else 1883)
        self.user = content.get("user")
        self.password = content.get("password")
        self.tls = content.get("tls")
        if self.tls is not None:
            _known("tls", self.tls, _TLS_KEYS)
        self.board = content.get("board", {})
        self.made = _number(content, "made", 0, 0xFFFFFFFF, 0)
        self.sleep = None
        if "sleep" in content:
            sleep = content["sleep"]
            _known("sleep", sleep, _SLEEP_KEYS)
            self.sleep = (
                _number(sleep, "heartbeat_s", 60, 86_400, 3_600) * 1000,
                _number(sleep, "awake_s", 5, 300, 20) * 1000,
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

    def ssl_context(self) -> tuple[Any, str | None]:
        """Return the context for TLS and the name to verify, or (None, None) without TLS."""
        if self.tls is None:
            return None, None
        import tls

        context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(_contents(self.tls["ca"]))
        if "cert" in self.tls:
            context.load_cert_chain(_contents(self.tls["cert"]), _contents(self.tls["key"]))
        return context, self.tls.get("hostname", self.host)


def load(path: str) -> Settings:
    """Read settings from a file; ValueError says what is wrong with them."""
    with open(path) as file:
        return Settings(json.load(file))
