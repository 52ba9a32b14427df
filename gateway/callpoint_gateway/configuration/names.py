"""Names that belong to the site's own programs, so that no device may have them."""

from typing import Final

GATEWAY_USER: Final = "callpoint-gateway"
# Whoever shows alarm panels and arms with them: Home Assistant, say.
PANEL_USER: Final = "callpoint-panel"
BROKER_USERS: Final = (GATEWAY_USER, PANEL_USER)
_PREFIX: Final = "callpoint-"
# Files of the authority and of the broker have these names.
_FILES: Final = ("ca", "issuing", "issued", "broker", "clients", "crl", "gateway")


def own_name(name: str) -> bool:
    """Say whether a name is of the site's own programs and files."""
    return name.startswith(_PREFIX) or name in _FILES
