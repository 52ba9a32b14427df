"""What only an ESP32 of the project can do with its settings, checked before they are packed."""

import difflib
from collections.abc import Iterable
from typing import Any

from callpoint_cli.technician.device_settings import DeviceSettings, SettingsError, is_address
from callpoint_protocol.board_settings import network_fault

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


def _one_of(key: str, value: object, known: Iterable[str]) -> None:
    known = list(known)
    if value in known:
        return
    near = difflib.get_close_matches(str(value), known, 1, 0.5)
    hint = f"did you mean '{near[0]}'?" if near else "there are " + ", ".join(known)
    raise SettingsError(f"{key}: {hint}")


def _check_values(board: dict[str, Any]) -> None:
    for key in board:
        if key not in _KEYS:
            _one_of(f"board: unknown key '{key}'", key, _KEYS)
    if fault := network_fault(board, is_address):
        raise SettingsError(f"board.{fault}")
    ntp = board.get("ntp", "-")
    if not isinstance(ntp, str) or not ntp:
        raise SettingsError("board.ntp: an address or a name")
    if board.get("improv", 1) not in (0, 1):
        raise SettingsError("board.improv: 0 or 1")
    rail = board.get("rail_mv", 0)
    if isinstance(rail, bool) or not isinstance(rail, int) or not 0 <= rail <= _MAX_RAIL_MV:
        raise SettingsError(f"board.rail_mv: not a whole number from 0 to {_MAX_RAIL_MV}")


def check(found: DeviceSettings, now_s: int) -> None:
    """Check ``board``, the names of pins and the time; SettingsError says which key is wrong."""
    board: dict[str, Any] = found.board or {}
    _check_values(board)
    pin_map = board.get("map", "devkit")
    _one_of("board.map", pin_map, PARTS)
    inputs, loops = PARTS[pin_map]
    for index, zone in enumerate(found.zones):
        for key, name in (("input", zone.input), ("fault", zone.fault), ("release", zone.release)):
            if name:
                _one_of(f"zones[{index}].{key}: {pin_map} has no {name}", name, inputs)
        if zone.loop:
            name = zone.loop.input
            _one_of(f"zones[{index}].loop.input: {pin_map} has no {name}", name, loops)
    if found.host.startswith("127.") or found.host == "localhost":
        raise SettingsError("host: the device itself; give the address of the broker")
    if found.made and found.made > now_s + _A_DAY_S:
        raise SettingsError("made: later than now; leave it out, and it is the time of the build")
