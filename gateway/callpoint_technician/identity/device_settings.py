"""Checks the settings of a device before they are written to it.

The device checks them again (``callpoint_firmware.settings``), but then it may hang on a ceiling.
This refuses every file that the device would refuse. It also refuses a certificate without its
key or with another key, which the device finds out only when it connects.
"""

import ipaddress
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from callpoint_gateway.configuration.names import own_name
from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.words.decoding import decoding_mistake, shared_check
from callpoint_gateway.words.said import Said, of, said
from callpoint_gateway.words.unknown import near
from callpoint_protocol import device_settings as bounds
from callpoint_protocol import names, seal, topics
from callpoint_protocol.loop_presets import windows

_PATH = re.compile(r"^(.*?)(?: - at `\$\.?(.*)`)?$")
_UNKNOWN = re.compile(r"unknown field `(.*)`$")
_MISSING = re.compile(r"missing required field `(.*)`$")
_MODULUS = rf"^[0-9a-fA-F]{{{2 * bounds.MODULUS}}}\Z"

Text = Annotated[str, Meta(min_length=1)]
Port = Annotated[int, Meta(ge=1, le=bounds.MAX_PORT)]
Level = Annotated[int, Meta(ge=0, le=1)]


class SettingsError(Exception):
    """The settings are wrong. ``why`` begins with the key, and holds no value."""

    def __init__(self, key: str, what: Said) -> None:
        self.why = of(key, what) if key else what
        super().__init__(self.why)


class Tls(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Names of files, relative to the settings; in an image, the contents of the files."""

    ca: Text
    cert: Text | UnsetType = UNSET
    key: Text | UnsetType = UNSET
    hostname: Text | UnsetType = UNSET


class Loop(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A supervised loop: its name on the board, its resistors, the pull-up in ohms."""

    input: Text
    preset: Text
    pullup: Annotated[int, Meta(ge=bounds.MIN_PULLUP_OHM, le=bounds.MAX_PULLUP_OHM)]


class Zone(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One zone, on a pin or on a supervised loop. Times in seconds, debounce in ms."""

    zone: Annotated[int, Meta(ge=0, le=names.MAX_ZONE)]
    kind: str
    input: Text | UnsetType = UNSET
    loop: Loop | UnsetType = UNSET
    active: Level | UnsetType = UNSET
    fault: Text | UnsetType = UNSET
    debounce: Annotated[int, Meta(ge=0, le=names.MAX_DEBOUNCE_MS)] | UnsetType = UNSET
    left_open_s: Annotated[int, Meta(ge=0, le=names.MAX_LEFT_OPEN_S)] | UnsetType = UNSET
    release: Text | UnsetType = UNSET
    release_active: Level | UnsetType = UNSET
    latch_s: Annotated[int, Meta(ge=0, le=bounds.MAX_LATCH_S)] | UnsetType = UNSET


class Sleep(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """When a battery device sleeps and wakes; times in seconds."""

    heartbeat_s: (
        Annotated[int, Meta(ge=bounds.MIN_SLEEP_HEARTBEAT_S, le=bounds.MAX_SLEEP_HEARTBEAT_S)]
        | UnsetType
    ) = UNSET
    awake_s: Annotated[int, Meta(ge=bounds.MIN_AWAKE_S, le=bounds.MAX_AWAKE_S)] | UnsetType = UNSET


class Second(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The second path over CoAP; ``key`` is in hex."""

    host: Text
    key: Text
    port: Port | UnsetType = UNSET
    after_s: Annotated[int, Meta(ge=bounds.MIN_AFTER_S, le=bounds.MAX_AFTER_S)] | UnsetType = UNSET


class Update(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Which updates a device takes: the signing keys, product and hardware revision."""

    keys: Annotated[list[Annotated[str, Meta(pattern=_MODULUS)]], Meta(min_length=1)]
    product: str
    hardware: Annotated[int, Meta(ge=0, le=names.MAX_HARDWARE)]


class DeviceSettings(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """All settings of a device; each kind of board has its own keys in ``board``."""

    site: str
    device: str
    host: Text
    zones: Annotated[list[Zone], Meta(min_length=1)]
    port: Port | UnsetType = UNSET
    user: Text | UnsetType = UNSET
    password: Text | UnsetType = UNSET
    tls: Tls | UnsetType = UNSET
    settings: dict[str, int] | UnsetType = UNSET
    board: dict[str, Any] | UnsetType = UNSET
    sleep: Sleep | UnsetType = UNSET
    second: Second | UnsetType = UNSET
    update: Update | UnsetType = UNSET
    made: Annotated[int, Meta(ge=0, le=bounds.MAX_MADE_S)] | UnsetType = UNSET


_OBJECTS: dict[str, type[msgspec.Struct]] = {
    "": DeviceSettings,
    "tls": Tls,
    "zones": Zone,
    "zones.loop": Loop,
    "sleep": Sleep,
    "second": Second,
    "update": Update,
}


def _explained(complaint: str) -> SettingsError:
    """Return the error with msgspec's message and the key. It never quotes a value."""
    found = _PATH.match(complaint)
    text, place = (found[1], found[2] or "") if found else (complaint, "")
    what = decoding_mistake(text)
    if unknown := _UNKNOWN.search(text):
        valid = _OBJECTS[re.sub(r"\[\d+\]", "", place)].__struct_fields__
        what = unknown_key(unknown[1], valid)
    elif missing := _MISSING.search(text):
        place = f"{place}.{missing[1]}" if place else missing[1]
        what = said("device_settings.needed")
    return SettingsError(place, what)


def unknown_key(name: str, known: Iterable[str]) -> Said:
    """Return what to say of a key that is not one of those known."""
    return said("device_settings.unknown_key", name=name, near=near(name, known))


def _is_key(text: str) -> bool:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        return False
    return 2 * len(key) == len(text) and seal.MIN_KEY <= len(key) <= seal.MAX_KEY


def is_address(text: str) -> bool:
    """Say whether a text is an IPv4 address."""
    try:
        return str(ipaddress.IPv4Address(text)) == text
    except ValueError:
        return False


def _check_zone(zone: Zone, place: str) -> None:
    if zone.kind not in bounds.KINDS:
        valid = ", ".join(sorted(bounds.KINDS))
        raise SettingsError(f"{place}.kind", said("device_settings.one_of", valid=valid))
    for key in bounds.foreign_keys(bounds.KINDS[zone.kind]):
        if getattr(zone, key) is not UNSET:
            raise SettingsError(
                f"{place}.{key}", said("device_settings.not_for_kind", kind=zone.kind)
            )
    if zone.release_active is not UNSET and not zone.release:
        raise SettingsError(f"{place}.release_active", said("device_settings.no_release"))
    if not zone.loop:
        if not zone.input:
            raise SettingsError(f"{place}.input", said("device_settings.needed"))
        return
    if zone.input:
        raise SettingsError(f"{place}.input", said("device_settings.not_with_loop"))
    if zone.fault and zone.loop.preset.endswith("fault"):
        what = said("device_settings.loop_tells", preset=zone.loop.preset)
        raise SettingsError(f"{place}.fault", what)
    try:
        windows(zone.loop.preset, zone.loop.pullup)
    except ValueError as error:
        key, _, text = str(error).partition(": ")
        raise SettingsError(f"{place}.loop.{key}", shared_check(text)) from None


def _check(found: DeviceSettings) -> None:
    """Check what the types do not express. SettingsError names the key."""
    for name, identifier in (("site", found.site), ("device", found.device)):
        if not topics.valid_id(identifier):
            raise SettingsError(name, said("file.id"))
    if own_name(found.device):
        raise SettingsError("device", said("register.own_name", id=found.device))
    for index, zone in enumerate(found.zones):
        _check_zone(zone, f"zones[{index}]")
        if any(zone.zone == other.zone for other in found.zones[:index]):
            raise SettingsError("zones", said("device_settings.zone_twice", zone=zone.zone))
        if found.sleep and (zone.loop or zone.latch_s or zone.left_open_s):
            raise SettingsError("sleep", said("device_settings.awake", zone=zone.zone))
    pins = [
        part or None for zone in found.zones for part in (zone.input, zone.fault, zone.release)
    ]
    loops = [zone.loop.input if zone.loop else None for zone in found.zones]
    if twice := bounds.used_twice(pins) or bounds.used_twice(loops):
        raise SettingsError("zones", said("device_settings.twice", name=twice))
    if fault := bounds.host_fault(found.host):
        raise SettingsError("host", shared_check(fault))
    limits = {key: (low, high) for key, low, high in names.SETTINGS}
    for key, value in (found.settings or {}).items():
        if key not in limits:
            raise SettingsError("settings", unknown_key(key, limits))
        low, high = limits[key]
        if not low <= value <= high:
            what = said("device_settings.whole", low=low, high=high)
            raise SettingsError(f"settings.{key}", what)
    if found.second:
        if not _is_key(found.second.key):
            what = said("device_settings.hex_key", low=2 * seal.MIN_KEY, high=2 * seal.MAX_KEY)
            raise SettingsError("second.key", what)
        if not is_address(found.second.host):
            raise SettingsError("second.host", said("device_settings.second_host"))
    if found.update and not topics.valid_id(found.update.product):
        raise SettingsError("update.product", said("file.id"))
    if found.password and not found.user:
        raise SettingsError("password", said("device_settings.needs_user"))
    if found.tls and bool(found.tls.cert) != bool(found.tls.key):
        raise SettingsError("tls", said("device_settings.cert_and_key"))


def parse(text: bytes) -> DeviceSettings:
    """Return the settings in a JSON text. SettingsError names the key and shows no value."""
    try:
        found = msgspec.json.decode(text, type=DeviceSettings)
    except msgspec.ValidationError as error:
        raise _explained(str(error)) from None
    except UnicodeDecodeError:
        raise SettingsError("", said("config.not_text")) from None
    except NOT_JSON as error:
        what = said("device_settings.not_json", why=decoding_mistake(str(error)))
        raise SettingsError("", what) from None
    _check(found)
    return found


def read(path: Path) -> DeviceSettings:
    """Read a settings file; OSError if it cannot be read."""
    return parse(path.read_bytes())
