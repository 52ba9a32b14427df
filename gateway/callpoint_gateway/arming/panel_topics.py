"""Where alarm panels are in the broker; what they mean stands in ``panel``."""

from typing import Final

ROOT: Final = "callpoint/panel"
# Where Home Assistant looks for announcements.
DISCOVERY: Final = "homeassistant/alarm_control_panel"


def availability(site: str) -> str:
    """Return the topic that says whether the gateway is there."""
    return f"{ROOT}/{site}/availability"


def commands(site: str) -> str:
    """Return what is to be subscribed to."""
    return f"{ROOT}/{site}/+/set"
