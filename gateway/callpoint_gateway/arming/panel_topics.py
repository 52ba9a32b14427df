"""Where alarm panels are in the broker; what they mean stands in ``panel``."""

from typing import Final

ROOT: Final = "callpoint/panel"
# Where Home Assistant looks for announcements.
DISCOVERY: Final = "homeassistant/alarm_control_panel"
DISCOVERY_OF_EVENTS: Final = "homeassistant/event"


def availability(site: str) -> str:
    """Return the topic that says whether the gateway is there."""
    return f"{ROOT}/{site}/availability"


def commands(site: str) -> str:
    """Return what is to be subscribed to."""
    return f"{ROOT}/{site}/+/set"


def panel_topic(site: str, partition: str, what: str) -> str:
    """Return a topic of a partition."""
    return f"{ROOT}/{site}/{partition}/{what}"


def shown_topics(site: str, partition: str) -> tuple[str, str]:
    """Return where a partition's state and its attributes are retained."""
    return panel_topic(site, partition, "state"), panel_topic(site, partition, "attributes")


def announcements(site: str, partition: str) -> tuple[str, str]:
    """Return where a partition's panel and its refusals are announced, retained."""
    identity = f"callpoint_{site}_{partition}"
    return (
        f"{DISCOVERY}/{identity}/config",
        f"{DISCOVERY_OF_EVENTS}/{identity}_refused/config",
    )
