"""What only an ESP32 of the project can do with its settings, checked before they are packed."""

from collections.abc import Sequence
from typing import Any

from callpoint_gateway.words.decoding import shared_check
from callpoint_gateway.words.said import said
from callpoint_gateway.words.unknown import near
from callpoint_protocol.board_settings import network_fault
from callpoint_technician.identity.device_settings import (
    DeviceSettings,
    SettingsError,
    is_address,
    unknown_key,
)

_KEYS = ("map", "ssid", "password", "ntp", "static", "hostname", "improv", "rail_mv")
_FULL = ("button", "door", "relay", "relay_fault", "tamper", "release")
PARTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "devkit": (_FULL, ("loop1", "loop2", "loop3")),
    "s3": (_FULL, ("loop1", "loop2", "loop3")),
    "c3": (("button", "door", "tamper"), ("loop1", "loop2")),
}
"""Inputs and loops by pin map, as ``callpoint_boards`` has them."""
_MAX_RAIL_MV = 10_000
_A_DAY_S = 86_400


def _check_input(key: str, pin_map: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        what = said("device_settings.no_input", map=pin_map, name=name, near=near(name, known))
        raise SettingsError(key, what)


def _check_values(board: dict[str, Any]) -> None:
    for key in board:
        if key not in _KEYS:
            raise SettingsError("board", unknown_key(key, _KEYS))
    if fault := network_fault(board, is_address):
        key, _, text = fault.partition(": ")
        raise SettingsError(f"board.{key}", shared_check(text))
    ntp = board.get("ntp", "-")
    if not isinstance(ntp, str) or not ntp:
        raise SettingsError("board.ntp", said("device_settings.ntp"))
    if board.get("improv", 1) not in (0, 1):
        raise SettingsError("board.improv", said("device_settings.zero_or_one"))
    rail = board.get("rail_mv", 0)
    if isinstance(rail, bool) or not isinstance(rail, int) or not 0 <= rail <= _MAX_RAIL_MV:
        what = said("device_settings.whole", low=0, high=_MAX_RAIL_MV)
        raise SettingsError("board.rail_mv", what)


def check(found: DeviceSettings, now_s: int) -> None:
    """Check ``board``, the names of pins and the time; SettingsError says which key is wrong."""
    board: dict[str, Any] = found.board or {}
    _check_values(board)
    pin_map = board.get("map", "devkit")
    if pin_map not in PARTS:
        what = said("device_settings.no_map", name=str(pin_map), near=near(str(pin_map), PARTS))
        raise SettingsError("board.map", what)
    inputs, loops = PARTS[pin_map]
    for index, zone in enumerate(found.zones):
        for key, name in (("input", zone.input), ("fault", zone.fault), ("release", zone.release)):
            if name:
                _check_input(f"zones[{index}].{key}", pin_map, name, inputs)
        if zone.loop:
            _check_input(f"zones[{index}].loop.input", pin_map, zone.loop.input, loops)
    if found.host.startswith("127.") or found.host == "localhost":
        raise SettingsError("host", said("device_settings.itself"))
    if found.made and found.made > now_s + _A_DAY_S:
        raise SettingsError("made", said("device_settings.made_later"))
