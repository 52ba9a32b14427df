"""What the settings of a board may say of its network, the same on device and host."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_MAX_SSID = 32
_MIN_PASSWORD = 8
_MAX_PASSWORD = 64
_MAX_HOSTNAME = 32


def _size(text: object) -> int:
    """Return the bytes of a text, -1 if it is none."""
    return len(text.encode()) if isinstance(text, str) else -1


def network_fault(options: "dict[str, Any]", is_address: "Callable[[str], bool]") -> str | None:
    """Say what is wrong with a board's network, the key first, None if nothing is."""
    if "ssid" in options and not 0 < _size(options["ssid"]) <= _MAX_SSID:
        return "ssid: a text of 1 to %d bytes" % _MAX_SSID
    password = _size(options.get("password", ""))
    if password and not _MIN_PASSWORD <= password <= _MAX_PASSWORD:
        return "password: a text of %d to %d bytes" % (_MIN_PASSWORD, _MAX_PASSWORD)
    if "static" in options:
        static = options["static"]
        good = isinstance(static, (list, tuple)) and len(static) == 4
        if not good or not all(isinstance(part, str) and is_address(part) for part in static):
            return "static: IPv4 addresses: own, mask, gateway, DNS"
    if not 0 < _size(options.get("hostname", "-")) <= _MAX_HOSTNAME:
        return "hostname: 1 to %d letters" % _MAX_HOSTNAME
    return None
