"""The names of the site's own programs and files, which no device may have."""

from typing import Final

GATEWAY_USER: Final = "callpoint-gateway"
# The user of a program that shows alarm panels and arms with them, such as Home Assistant.
PANEL_USER: Final = "callpoint-panel"
BROKER_USERS: Final = (GATEWAY_USER, PANEL_USER)
_PREFIX: Final = "callpoint-"
# Files of the authority and of the broker have these names.
_FILES: Final = ("ca", "issuing", "issued", "broker", "clients", "crl", "gateway")


def own_name(name: str) -> bool:
    """Say whether a name belongs to the site's own programs or files."""
    return name.startswith(_PREFIX) or name in _FILES
